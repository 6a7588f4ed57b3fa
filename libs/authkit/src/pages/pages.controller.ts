import { applyDecorators, Controller, Get, Inject, Req, Res, SetMetadata, type Type } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import { Public } from '../access/decorators.js';
import { isKnownTag } from '../http/entity-tag.js';
import { nodeRequest, RequestContext, type RequestLike } from '../kernel/request-context.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import { RESOLVED_OPTIONS } from '../options/tokens.js';
import { BROWSER_FILES, type BrowserFileName } from './browser-files.js';
import { pageHeaders } from './page-headers.js';
import { languageOf } from './page-language.js';
import { PAGE, type PageName } from './page-names.js';
import { PageRenderer } from './page-renderer.js';

const HTML = 'text/html; charset=utf-8';
const TYPES: Record<BrowserFileName, string> = {
  'authkit.js': 'text/javascript; charset=utf-8',
  'authkit.css': 'text/css; charset=utf-8',
  'authkit.svg': 'image/svg+xml; charset=utf-8',
};

/** A GET that anybody may send and that changes nothing: programs that open the links of mails send it too. */
const Shows = (name: PageName | BrowserFileName, type: string, summary: string): MethodDecorator =>
  applyDecorators(
    Get(name),
    Public(),
    SetMetadata(PAGE, name),
    ApiOperation({ summary, security: [] }),
    ApiProduces(type.split(';')[0]),
    ApiOkResponse({ schema: { type: 'string' } }),
  );

/** GET of every page, of their script, their stylesheet and their icon, below the given path. */
export function pagesController(path: string): Type<object> {
  @ApiTags('auth pages')
  @Controller(`${path}/pages`)
  class PagesController {
    private readonly headers: Readonly<Record<string, string>>;

    constructor(
      private readonly pages: PageRenderer,
      private readonly adapterHost: HttpAdapterHost,
      @Inject(RESOLVED_OPTIONS) options: ResolvedOptions,
    ) {
      this.headers = pageHeaders(options);
    }

    @Shows('sign-in', HTML, 'Page to sign in')
    signIn(@Req() request: RequestLike, @Res() response: object): void {
      this.show('sign-in', request, response);
    }

    @Shows('register', HTML, 'Page to make an account')
    register(@Req() request: RequestLike, @Res() response: object): void {
      this.show('register', request, response);
    }

    @Shows('forgot', HTML, 'Page to ask for a link to a new password')
    forgot(@Req() request: RequestLike, @Res() response: object): void {
      this.show('forgot', request, response);
    }

    @Shows('reset', HTML, 'Page to choose a new password; the token is in the fragment')
    reset(@Req() request: RequestLike, @Res() response: object): void {
      this.show('reset', request, response);
    }

    @Shows('verify', HTML, 'Page to verify the e-mail address; the token is in the fragment')
    verify(@Req() request: RequestLike, @Res() response: object): void {
      this.show('verify', request, response);
    }

    @Shows('confirm-email', HTML, 'Page to confirm a new e-mail address; the token is in the fragment')
    confirmEmail(@Req() request: RequestLike, @Res() response: object): void {
      this.show('confirm-email', request, response);
    }

    @Shows('cancel-email', HTML, 'Page to stop a change of the e-mail address; the token is in the fragment')
    cancelEmail(@Req() request: RequestLike, @Res() response: object): void {
      this.show('cancel-email', request, response);
    }

    @Shows('not-me', HTML, 'Page to say that a login was somebody else’s; the token is in the fragment')
    notMe(@Req() request: RequestLike, @Res() response: object): void {
      this.show('not-me', request, response);
    }

    @Shows('cancel-deletion', HTML, 'Page to keep an account; the token is in the fragment')
    cancelDeletion(@Req() request: RequestLike, @Res() response: object): void {
      this.show('cancel-deletion', request, response);
    }

    @Shows('sessions', HTML, 'Page of the account: sessions, password, address, data')
    sessions(@Req() request: RequestLike, @Res() response: object): void {
      this.show('sessions', request, response);
    }

    @Shows('authkit.js', TYPES['authkit.js'], 'The script of the pages')
    script(@Req() request: RequestLike, @Res() response: object): void {
      this.send('authkit.js', request, response);
    }

    @Shows('authkit.css', TYPES['authkit.css'], 'The stylesheet of the pages')
    stylesheet(@Req() request: RequestLike, @Res() response: object): void {
      this.send('authkit.css', request, response);
    }

    @Shows('authkit.svg', TYPES['authkit.svg'], 'The icon of the pages')
    icon(@Req() request: RequestLike, @Res() response: object): void {
      this.send('authkit.svg', request, response);
    }

    // With @Res(), so that no interceptor of the host's wraps the page in an envelope of its own.
    private show(name: PageName, request: RequestLike, response: object): void {
      const language = languageOf(RequestContext.of(request).languages);
      this.reply(response, this.pages.render(name, language), { ...this.headers, 'Content-Language': language });
    }

    private send(name: BrowserFileName, request: RequestLike, response: object): void {
      const { text, version } = BROWSER_FILES[name];
      const etag = `"${version}"`;
      const { headers, url = '' } = nodeRequest(request);
      // Only under its own version: a node that runs another release must not fill caches with its file for a year.
      const isExact = url.endsWith(`?v=${version}`);
      const cached = { 'Cache-Control': isExact ? 'public, max-age=31536000, immutable' : 'no-cache', ETag: etag };
      if (isKnownTag(headers['if-none-match'], etag)) return this.reply(response, undefined, cached, 304);
      this.reply(response, text, { ...cached, 'Content-Type': TYPES[name], 'X-Content-Type-Options': 'nosniff' });
    }

    private reply(response: object, body: string | undefined, headers: Record<string, string>, status = 200): void {
      const adapter = this.adapterHost.httpAdapter;
      for (const [name, value] of Object.entries(headers)) adapter.setHeader(response, name, value);
      adapter.reply(response, body, status);
    }
  }
  return PagesController;
}
