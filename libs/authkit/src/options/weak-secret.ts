/** Words that betray a placeholder; long enough not to turn up in a random secret. */
const PLACEHOLDER =
  /secret|change[-_ ]?(?:me|this|it)|passw[o0]rd|p@ssw|example|your[-_ ]?(?:key|256|512|jwt|own|super)|default|please|really|testing|development|qwerty|abcdef|0123456|1234567|placeholder|lorem|key[-_]?here|signing[-_ ]?key|jwt[-_]?key|private[-_ ]?key/i;

const MIN_BYTES = 32;
const MIN_DISTINCT = 12;

/**
 * Why a signing secret is too weak, or null when it is not (RFC 8725, section 3.5; ASVS 11.2.3):
 * shorter than the 256-bit key made from it, a placeholder, or too few different characters to be random.
 */
export function weaknessOf(secret: string): string | null {
  if (Buffer.byteLength(secret) < MIN_BYTES) return `is shorter than ${MIN_BYTES} bytes`;
  if (PLACEHOLDER.test(secret)) return 'looks like a placeholder';
  if (new Set(secret).size < MIN_DISTINCT) return `has fewer than ${MIN_DISTINCT} different characters`;
  return null;
}
