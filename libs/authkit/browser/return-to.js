// @ts-check

/**
 * Where a `returnTo` leads: a URL on this origin, or null. Refuses whatever a browser, a proxy or a server may take for
 * another host: `//evil`, `/\evil`, and their percent-encoded twins.
 *
 * @param {string | null} value
 * @returns {string | null}
 */
function safeReturn(value) {
  if (value === null || !isLocal(value)) return null;
  try {
    const url = new URL(value, location.origin);
    const isSafe = isLocal(url.pathname) && isLocal(decodeURIComponent(url.pathname));
    return url.origin === location.origin && isSafe ? url.href : null;
  } catch {
    return null;
  }
}

/**
 * One slash at the start, and nothing that is dropped or turned round on the way: controls, backslashes.
 *
 * @param {string} text
 */
function isLocal(text) {
  // eslint-disable-next-line no-control-regex -- they are what is refused
  return /^\/(?![/\\])[^\\\u0000-\u001f\u007f]*$/.test(text);
}
