import type { MailContext, MailLanguage, MailPart, MailText } from './mail-text.js';

/** A mail's subject and its two bodies. */
export interface RenderedMail {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** Gives what a mail says its form: plain text, and HTML that loads nothing from anywhere. */
export function layOut({ subject, parts }: MailText, mail: MailContext, language: MailLanguage): RenderedMail {
  const { facts } = language;
  const rows: [string, string][] = [
    [facts.time, mail.when],
    [facts.ip, mail.origin.ip ?? facts.unknown],
    [facts.device, mail.device ?? facts.unknown],
  ];
  const footer = language.footer(mail.appName);
  const paragraphs = parts.map((part) => (typeof part === 'string' ? part : `${part.label}:\n${part.url}`));
  const factLines = [facts.title, ...rows.map(([name, value]) => `${name}: ${value}`)].join('\n');
  return {
    subject,
    text: `${[...paragraphs, factLines, `-- \n${footer}`].join('\n\n')}\n`,
    html: page(mail.locale, subject, [
      ...parts.map((part) => htmlOf(part, language.copyLink)),
      `<p class="quiet">${escapeHtml(facts.title)}<br>${rows.map(([name, value]) => `${escapeHtml(name)}: ${escapeHtml(value)}`).join('<br>')}</p>`,
      `<p class="quiet">${escapeHtml(footer)}</p>`,
    ]),
  };
}

/** Text as HTML that means nothing but the text. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function htmlOf(part: MailPart, copyLink: string): string {
  if (typeof part === 'string') return `<p>${escapeHtml(part)}</p>`;
  const url = escapeHtml(part.url);
  return `<p><a class="button" href="${url}">${escapeHtml(part.label)}</a></p>
<p class="quiet">${escapeHtml(copyLink)}<br><a href="${url}">${url}</a></p>`;
}

const STYLE = `:root { color-scheme: light dark; supported-color-schemes: light dark; }
body { margin: 0; padding: 24px; background: #fff; color: #1c1c1e; font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 560px; margin: 0 auto; }
a { color: #0b57d0; overflow-wrap: anywhere; }
a.button { display: inline-block; padding: 12px 20px; border-radius: 8px; background: #0b57d0; color: #fff; text-decoration: none; }
.quiet { color: #55555c; font-size: 14px; }
@media (prefers-color-scheme: dark) {
  body { background: #1c1c1e; color: #f2f2f7; }
  a { color: #a8c7fa; }
  a.button { background: #a8c7fa; color: #0b1f3f; }
  .quiet { color: #aeaeb6; }
}`;

function page(locale: string, title: string, blocks: readonly string[]): string {
  return `<!doctype html>
<html lang="${escapeHtml(locale)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<style>
${STYLE}
</style>
</head>
<body>
<main>
${blocks.join('\n')}
</main>
</body>
</html>
`;
}
