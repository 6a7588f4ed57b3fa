import { applyDecorators, Get, Header } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProduces } from '@nestjs/swagger';
import { Public } from 'nest-authkit';

const POLICY = [
  "default-src 'none'",
  "img-src 'self'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** GET of a page of the demo's own, for everybody. */
export const PublicPage = (path: string, summary: string): MethodDecorator =>
  applyDecorators(
    ...served(path, 'text/html; charset=utf-8'),
    Header('Content-Security-Policy', POLICY),
    Header('Referrer-Policy', 'no-referrer'),
    ApiOperation({ summary, security: [] }),
    ApiProduces('text/html'),
    ApiOkResponse({ schema: { type: 'string' } }),
  );

/** GET of what a page loads. */
export const PublicFile = (path: string, type: string): MethodDecorator =>
  applyDecorators(
    ...served(path, type),
    ApiOperation({ summary: 'What a page loads', security: [] }),
    ApiProduces(type),
    ApiOkResponse({ schema: { type: 'string' } }),
  );

function served(path: string, type: string): MethodDecorator[] {
  return [
    Get(path),
    Public(),
    Header('Content-Type', type),
    Header('Cache-Control', 'no-cache'),
    Header('X-Content-Type-Options', 'nosniff'),
  ];
}

/** A document in the looks of the kit's pages; `main` and `script` are put in as they are. */
export const documentOf = (title: string, main: string, script?: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" type="image/svg+xml" href="/auth/pages/authkit.svg">
<link rel="stylesheet" href="/auth/pages/authkit.css">
<link rel="stylesheet" href="/demo.css">
${script === undefined ? '' : `<script src="${script}" defer></script>`}
</head>
<body>
<main class="card wide">
${main}
</main>
</body>
</html>
`;
