// @ts-check

/**
 * The elements of a selector, below `root`.
 *
 * @param {string} selector
 * @param {ParentNode} [root]
 * @returns {HTMLElement[]}
 */
function all(selector, root = document) {
  return [...root.querySelectorAll(selector)].filter((element) => element instanceof HTMLElement);
}

/** @param {string} selector @param {ParentNode} [root] */
function one(selector, root = document) {
  return all(selector, root)[0] ?? null;
}

/** @param {HTMLFormElement} form @returns {HTMLInputElement[]} */
function inputsOf(form) {
  return [...form.elements].filter((element) => element instanceof HTMLInputElement).filter(({ name }) => name !== '');
}

/**
 * What the form sends: its fields without the empty ones that need not be filled in.
 *
 * @param {HTMLFormElement} form
 * @returns {Record<string, string>}
 */
function valuesOf(form) {
  const filled = inputsOf(form).filter(({ value, required }) => required || value !== '');
  return Object.fromEntries(filled.map(({ name, value }) => [name, value]));
}

/** @param {ParentNode} root @param {string} selector @param {string} text */
function say(root, selector, text) {
  const place = one(selector, root);
  if (place) write(place, text);
}

/** Browsers break lines after a hyphen, but not within "e-mail" here. @param {HTMLElement} place @param {string} text */
function write(place, text) {
  const parts = text.split(/\b(e-mail)\b/i).map((part, i) => {
    if (i % 2 === 0) return part;
    const word = document.createElement('span');
    word.className = 'unbroken';
    word.textContent = part;
    return word;
  });
  place.replaceChildren(...parts);
}

/** @param {HTMLInputElement} input @param {string} text empty for none */
function mark(input, text) {
  const place = document.getElementById(`${input.id}-error`);
  if (place) {
    write(place, text);
    place.hidden = text === '';
  }
  if (text === '') input.removeAttribute('aria-invalid');
  else input.setAttribute('aria-invalid', 'true');
}

/** @param {HTMLFormElement} form */
function clear(form) {
  for (const input of inputsOf(form)) mark(input, '');
  say(form, '[data-alert]', '');
  say(form, '[data-status]', '');
}

/** Whether everything that is needed is filled in; says so where it is not. @param {HTMLFormElement} form */
function isComplete(form) {
  const missing = inputsOf(form).filter(({ required, value }) => required && value === '');
  for (const input of missing) mark(input, settings.fields.required);
  missing[0]?.focus();
  return missing.length === 0;
}

/** @param {Reply} reply @returns {string} */
function textOf({ problem, retryAfter }) {
  const text = (problem && settings.problems[problem.code]) ?? problem?.title ?? settings.problems.fallback;
  return text.replace('{minutes}', String(Math.max(1, Math.ceil(retryAfter / 60))));
}

/** @param {FieldProblem} problem */
function fieldText({ code }) {
  return settings.fields[code] ?? settings.problems[code] ?? settings.fields.fallback;
}

/**
 * What is wrong with which field, where the API says it of the call as a whole.
 *
 * @param {HTMLFormElement} form
 * @param {string} code
 * @returns {FieldProblem[]}
 */
function problemsOfFields(form, code) {
  // Of a sign-in nobody learns which of the two is wrong.
  const isSignIn = inputsOf(form).some(({ name }) => name === 'identifier');
  const known = {
    email_taken: ['email', 'newEmail'],
    username_taken: ['username'],
    invalid_credentials: isSignIn ? [] : ['currentPassword', 'password'],
  };
  const named = code === 'invalid_credentials' ? 'wrong_password' : code;
  return (known[code] ?? []).map((field) => ({ field, code: named, detail: '' }));
}

/**
 * Says what went wrong: beside the fields it is about, else above the form.
 *
 * @param {HTMLFormElement} form
 * @param {Reply} reply
 */
function showProblem(form, reply) {
  const problem = reply.problem ?? { code: 'fallback' };
  const named = problem.errors ?? problemsOfFields(form, problem.code);
  const marked = named.flatMap((error) => {
    const input = inputsOf(form).find(({ name }) => name === error.field);
    if (input) mark(input, fieldText(error));
    return input ? [input] : [];
  });
  if (marked.length > 0) return marked[0].focus();
  say(form, '[data-alert]', textOf(reply));
  const again = inputsOf(form).find(({ type, hidden }) => type === 'password' && !hidden);
  if (problem.code === 'invalid_credentials') again?.select();
}

/** Keeps a form, or a button, from doing its work twice. @param {HTMLElement} element @param {() => Promise<void>} work */
async function busy(element, work) {
  if (element.getAttribute('aria-busy') === 'true') return;
  element.setAttribute('aria-busy', 'true');
  try {
    await work();
  } finally {
    element.removeAttribute('aria-busy');
  }
}

/** Puts the outcome in the place of the forms, and tells readers of the screen. @param {string} id */
function showOutcome(id) {
  for (const forms of all('[data-forms]')) forms.hidden = true;
  const place = document.getElementById(id);
  if (!place) return;
  place.hidden = false;
  one('h1', place)?.focus();
}

/** A button beside each password shows it. */
function setUpReveals() {
  for (const button of all('[data-reveal]')) {
    button.addEventListener('click', () => {
      const input = document.getElementById(button.dataset.reveal ?? '');
      if (!(input instanceof HTMLInputElement)) return;
      const show = input.type === 'password';
      input.type = show ? 'text' : 'password';
      button.setAttribute('aria-pressed', String(show));
    });
  }
}
