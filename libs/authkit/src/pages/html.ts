const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Markup that may go into a page as it is; made by {@link html} alone. */
export class Html {
  readonly #markup: string;

  /** For {@link html}, which escapes. */
  constructor(markup: string) {
    this.#markup = markup;
  }

  toString(): string {
    return this.#markup;
  }
}

/** What may stand in a template: texts are escaped, lists joined, and what is null, undefined or false left out. */
export type HtmlValue = Html | string | number | null | undefined | false | readonly HtmlValue[];

/** Template tag for markup in which no value can be markup, unless it is {@link Html}. Quote attributes. */
export function html(parts: TemplateStringsArray, ...values: HtmlValue[]): Html {
  return new Html(parts.map((part, i) => (i === 0 ? part : render(values[i - 1]) + part)).join(''));
}

function render(value: HtmlValue | true): string {
  if (typeof value === 'boolean' || value === null || value === undefined) return '';
  if (value instanceof Html) return value.toString();
  if (typeof value === 'string' || typeof value === 'number') {
    return String(value).replace(/[&<>"']/g, (character) => ENTITIES[character]);
  }
  return value.map(render).join('');
}

/** The same with every "e-mail" in its texts kept on one line: browsers break lines after a hyphen. */
export function unbroken(markup: Html): Html {
  return new Html(markup.toString().replace(/(?<=>[^<]*)\be-mail\b/gi, '<span class="unbroken">$&</span>'));
}

/** Attributes with their values; true is one without a value, false and undefined are left out. */
export function attributes(values: Readonly<Record<string, string | boolean | undefined>>): Html {
  const given = Object.entries(values).filter(([, value]) => value !== undefined && value !== false);
  return new Html(given.map(([name, value]) => (value === true ? name : `${name}="${render(value)}"`)).join(' '));
}
