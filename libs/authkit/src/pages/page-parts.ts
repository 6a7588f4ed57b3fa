import { html, type Html } from './html.js';
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
  const described = [hint !== undefined && `${id}-hint`, `${id}-error`].filter(Boolean).join(' ');
  const isProse = type === 'text' && autocomplete === 'off';
  return html`<div class="field">
    <label for="${id}">${label}${!required && html` <span class="optional">(${texts.common.optional})</span>`}</label>
    <div class="input">
      <input id="${id}" name="${name}" type="${type}" autocomplete="${autocomplete}" aria-describedby="${described}"${
        required && html` required`
      }${!isProse && html` autocapitalize="none" spellcheck="false"`}>${
        type === 'password' &&
        html`<button type="button" class="reveal" data-reveal="${id}" aria-pressed="false" aria-label="${texts.common.showPassword}" aria-controls="${id}">${texts.common.show}</button>`
      }
    </div>${hint !== undefined && html`<p class="hint" id="${id}-hint">${hint}</p>`}
    <p class="error" id="${id}-error" hidden></p>
  </div>`;
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
  return html`<form method="post" novalidate data-send="${send}"${id !== undefined && html` id="${id}"`}${
    withToken && html` data-with-token`
  }${then !== undefined && html` data-then="${then}"`}${
    thanks !== undefined && html` data-thanks="${thanks}"`
  }${hidden && html` hidden`}>
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
  return html`<a href="${url}"${className !== undefined && html` class="${className}"`}>${text}</a>`;
}

/** A text with what belongs into its gaps. */
export function filled(text: string, values: Readonly<Record<string, string | number>>): string {
  return text.replace(/\{(\w+)\}/g, (gap, name: string) => (Object.hasOwn(values, name) ? String(values[name]) : gap));
}
