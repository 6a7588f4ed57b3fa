// @ts-check

/** The one-time token of the link that led here: out of the address bar before anything else can read or keep it. */
const linkToken = takeToken();

// Another link of the same page changes the fragment alone, which loads nothing by itself.
addEventListener('hashchange', () => {
  if (location.hash.startsWith('#token=')) location.reload();
});

/** @returns {string | null} */
function takeToken() {
  if (!location.hash.startsWith('#token=')) return null;
  const token = location.hash.slice('#token='.length);
  history.replaceState(null, '', location.pathname + location.search);
  return token === '' ? null : token;
}
