import { attributes, html, type Html } from './html.js';
import type { PageMessages } from './messages/en.js';

// The parts that pages are made of. Their data attributes are what the script looks for: see docs/guides/pages.md.

/** An input with its label, a hint, and room for what is wrong with it. */
export interface Field {
  readonly name: string;
  readonly label: string;
  readonly type?: 'text' | 'email' | 'password';
  readonly autocomplete?: string;
  readonly hint?: string;
  readonly required?: boolean;
  /** In front of the name, where two forms on a page have a field of one name. */
  readonly within?: string;
}

export function field(texts: PageMessages, one: Field): Html {
  const { name, label, type = 'text', autocomplete = 'off', hint, required = true, within = '' } = one;
  const id = within + name;
  const isProse = type === 'text' && autocomplete === 'off';
  const input = {
    ...{ id, name, type, autocomplete, required },
    'aria-describedby': hint === undefined ? `${id}-error` : `${id}-hint ${id}-error`,
    ...(!isProse && { autocapitalize: 'none', spellcheck: 'false' }),
  };
  return html`<div class="field">
    <label for="${id}">${label}${!required && html` <span class="optional">(${texts.common.optional})</span>`}</label>
    <div class="input"><input ${attributes(input)} />${type === 'password' && reveal(texts, id)}</div>
    ${hint !== undefined && html`<p class="hint" id="${id}-hint">${hint}</p>`}
    <p class="error" id="${id}-error" hidden></p>
  </div>`;
}

export const emailField = (texts: PageMessages): Html =>
  field(texts, { name: 'email', label: texts.common.email, type: 'email', autocomplete: 'email' });

function reveal({ common }: PageMessages, id: string): Html {
  const button = { 'data-reveal': id, 'aria-controls': id, 'aria-label': common.showPassword, 'aria-pressed': 'false' };
  return html`<button type="button" class="reveal" ${attributes(button)}>${common.show}</button>`;
}

/** A form that the script sends to the API as JSON. */
export interface Form {
  /** Call below the API's path, such as `POST /password/forgot`. */
  readonly send: string;
  readonly fields?: readonly Html[];
  readonly submit: string;
  /** Adds the token of the link to what is sent. */
  readonly withToken?: boolean;
  /** What is said when it has worked: id of an element of the page that takes the form's place. */
  readonly then?: string;
  /** What is said when it has worked, with the form left where it is. */
  readonly thanks?: string;
  readonly look?: 'primary' | 'secondary' | 'danger';
  readonly hidden?: boolean;
  readonly id?: string;
  readonly intro?: string;
}

export function form(one: Form): Html {
  const { send, fields = [], submit, withToken, then, thanks, look = 'primary', hidden, id, intro } = one;
  const data = { 'data-send': send, 'data-with-token': withToken, 'data-then': then, 'data-thanks': thanks };
  return html`<form method="post" novalidate ${attributes({ id, hidden, ...data })}>
    ${intro !== undefined && html`<p class="intro">${intro}</p>`}
    <div class="notice" role="alert" data-alert></div>
    ${fields}
    <button type="submit" class="${look}">${submit}</button>
    <div class="notice success" role="status" data-status></div>
  </form>`;
}

/** What takes the place of a form that has worked. */
export function outcome(id: string, title: string, text: string, after?: Html): Html {
  return html`<section id="${id}" class="outcome" hidden>
    <h1 tabindex="-1">${title}</h1>
    <p>${text}</p>
    ${after}
  </section>`;
}

export function link(url: string | null, text: string, className?: string): Html | null {
  if (url === null) return null;
  return html`<a ${attributes({ href: url, class: className })}>${text}</a>`;
}

/** A text with what belongs into its gaps. */
export function filled(text: string, values: Readonly<Record<string, string | number>>): string {
  return text.replace(/\{(\w+)\}/g, (gap, name: string) => (Object.hasOwn(values, name) ? String(values[name]) : gap));
}
