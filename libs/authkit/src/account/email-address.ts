import { domainToASCII } from 'node:url';
import { isEmail } from 'class-validator';

const MAX_LENGTH = 254;
const PRINTABLE_ASCII = /^[\x21-\x7e]+$/;
const MARKS = /[\s"(),:;<>[\\\]]/;
/** What a URL parser, which domainToASCII is, would decode or cut off. */
const URL_MARKS = /[%/?#]/;

/**
 * The canonical form of one mailbox: trimmed, NFC, lower case, domain in ASCII. Null for anything else: a list, quotes,
 * comments, address literals, a non-ASCII local part (which could fold into someone else's), over 254 characters.
 */
export function canonicalEmail(raw: string): string | null {
  const text = raw.trim();
  const at = text.lastIndexOf('@');
  // Before folding: some letters become ASCII only by lower-casing or normalising.
  const local = text.slice(0, at);
  if (at < 1 || text.length > MAX_LENGTH || !PRINTABLE_ASCII.test(local) || MARKS.test(text)) return null;
  const given = text.slice(at + 1);
  if (URL_MARKS.test(given)) return null;
  const domain = domainToASCII(given.normalize('NFC'));
  const address = `${local}@${domain}`.toLowerCase();
  return address.length <= MAX_LENGTH && isEmail(address, { require_tld: true, allow_ip_domain: false })
    ? address
    : null;
}
