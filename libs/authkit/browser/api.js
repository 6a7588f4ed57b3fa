// @ts-check

/**
 * @typedef {{ field: string, code: string, detail: string }} FieldProblem
 * @typedef {{ code: string, title?: string, errors?: FieldProblem[] }} Problem
 * @typedef {{ status: number, data: any, problem: Problem | null, retryAfter: number }} Reply
 * @typedef {{ api: string, signIn: string, home: string, problems: Record<string, string>, fields: Record<string, string> }} Settings
 */

/** @type {Settings} What the server says in the page; read once the page is there. */
let settings;

const LAST_REFRESH = 'authkit:last-refresh';

/**
 * One call of the API, in cookies. Never throws: what goes wrong is a problem.
 *
 * @param {string} method
 * @param {string} path below the API's
 * @param {object} [body]
 * @returns {Promise<Reply>}
 */
async function send(method, path, body) {
  try {
    const response = await fetch(settings.api + path, {
      method,
      headers: { Accept: 'application/json', ...(body && { 'Content-Type': 'application/json' }) },
      body: body && JSON.stringify(body),
      credentials: 'same-origin',
      cache: 'no-store',
      redirect: 'error',
    });
    const type = response.headers.get('Content-Type') ?? '';
    const data = type.includes('json') ? await response.json() : null;
    const retryAfter = Number(response.headers.get('Retry-After') ?? 0);
    const problem = response.ok ? null : { code: 'fallback', ...data };
    return { status: response.status, data, problem, retryAfter };
  } catch {
    return { status: 0, data: null, problem: { code: 'network' }, retryAfter: 0 };
  }
}

/**
 * A call of somebody who is signed in: refreshes once when the access token has expired, and asks for the password where
 * the API wants it once more. Leads to the sign-in page when the session has ended.
 *
 * @param {string} method
 * @param {string} path
 * @param {object} [body]
 * @returns {Promise<Reply>}
 */
async function call(method, path, body) {
  const startedAt = Date.now();
  let reply = await send(method, path, body);
  if (hasNoSession(reply) && (await refresh(startedAt))) reply = await send(method, path, body);
  if (hasNoSession(reply)) goToSignIn();
  if (reply.problem?.code === 'reauthentication_required' && (await askForPassword())) {
    reply = await send(method, path, body);
  }
  return reply;
}

/** @param {Reply} reply a wrong password is 401 too */
function hasNoSession({ status, problem }) {
  return status === 401 && problem?.code !== 'invalid_credentials';
}

/**
 * Rotates the cookies, one tab for all: a token that comes back too late ends the session.
 *
 * @param {number} since a tab that has refreshed after this has done it for us
 * @returns {Promise<boolean>}
 */
async function refresh(since) {
  const rotate = async () => {
    if (Number(recall(LAST_REFRESH)) > since) return true;
    const { status } = await send('POST', '/refresh');
    if (status === 200) remember(LAST_REFRESH, String(Date.now()));
    return status === 200;
  };
  // Only pages from https or localhost have locks; the grace of the API serves the others.
  return navigator.locks ? navigator.locks.request('authkit-refresh', rotate) : rotate();
}

function goToSignIn() {
  const url = new URL(settings.signIn, location.href);
  const hash = location.hash.startsWith('#token=') ? '' : location.hash;
  url.searchParams.set('returnTo', location.pathname + location.search + hash);
  location.assign(url);
}

// Storage may be switched off.

/** @param {string} name */
function recall(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

/** @param {string} name @param {string} value */
function remember(name, value) {
  try {
    localStorage.setItem(name, value);
  } catch {
    // Then each tab refreshes for itself.
  }
}
