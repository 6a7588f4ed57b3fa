import Bowser from 'bowser';

const MAX_INPUT = 512;
const MAX_PART = 32;

/**
 * What people would call the device behind a User-Agent header: `Chrome on Windows`, `Safari on iPhone`; of an unknown
 * program the name it gives itself, cut short. Null when there is none. Clients write the header: it proves nothing.
 */
export function deviceNameOf(userAgent: string | null): string | null {
  const text = shown(userAgent?.slice(0, MAX_INPUT) ?? '');
  if (text === '') return null;
  const { browser, os, platform } = Bowser.parse(text);
  const program = part(browser.name) || part(/^[^\s/(]+/.exec(text)?.[0]);
  const place = part(platform.model && platform.vendor === 'Apple' ? platform.model : os.name);
  return [program, place].filter(Boolean).join(' on ') || null;
}

/** Without control characters, and those that turn the direction of what follows. */
function shown(text: string): string {
  return text.replace(/\p{C}/gu, ' ').trim();
}

function part(name: string | undefined): string {
  return (name ?? '').slice(0, MAX_PART).trim();
}
