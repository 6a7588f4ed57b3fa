import { isAffordable, pbkdf2, sameBytes, scrypt, type ForeignScheme } from './foreign-scheme.js';

/** About two seconds; Django 5.2 writes 1,000,000. */
const MAX_ITERATIONS = 4_000_000;
const DIGEST_BYTES: Readonly<Record<string, number>> = { sha1: 20, sha256: 32 };
const PBKDF2 = /^pbkdf2_(sha1|sha256)\$(\d{1,7})\$([^$]{1,128})\$([A-Za-z0-9+/]{27,43}=)$/;

/** Django's `pbkdf2_sha256$iterations$salt$digest`, and `pbkdf2_sha1$`. */
const djangoPbkdf2 = (digest: 'sha1' | 'sha256'): ForeignScheme => ({
  name: `django-pbkdf2-${digest}`,
  recognises: (hash) => hash.startsWith(`pbkdf2_${digest}$`),
  read(hash) {
    const [, , rounds, salt, encoded] = PBKDF2.exec(hash) ?? [];
    const iterations = Number(rounds);
    if (!(iterations >= 1 && iterations <= MAX_ITERATIONS)) return null;
    const stored = Buffer.from(encoded, 'base64');
    const length = DIGEST_BYTES[digest];
    if (stored.length !== length) return null;
    return async (password, run) => sameBytes(await pbkdf2(password, salt, iterations, length, digest, run), stored);
  },
});

const DJANGO_SCRYPT = /^scrypt\$(\d{1,8})\$([^$]{1,128})\$(\d{1,3})\$(\d{1,3})\$([A-Za-z0-9+/]{86}==)$/;

/** Django's `scrypt$N$salt$r$p$digest`. */
const djangoScrypt: ForeignScheme = {
  name: 'django-scrypt',
  recognises: (hash) => hash.startsWith('scrypt$'),
  read(hash) {
    const [, N, salt, r, p, encoded] = DJANGO_SCRYPT.exec(hash) ?? [];
    const cost = { N: Number(N), r: Number(r), p: Number(p) };
    if (!isAffordable(cost)) return null;
    const stored = Buffer.from(encoded, 'base64');
    return async (password, run) => sameBytes(await scrypt(password, salt, 64, cost, run), stored);
  },
};

const BETTER_AUTH = /^([0-9a-f]{32}):([0-9a-f]{128})$/;
const BETTER_AUTH_COST = { N: 16_384, r: 16, p: 1 };

/** better-auth's `salt:key` in hexadecimal, which nothing else looks like; the salt is its text, the password NFKC. */
const betterAuth: ForeignScheme = {
  name: 'better-auth-scrypt',
  recognises: (hash) => BETTER_AUTH.test(hash),
  read(hash) {
    const [, salt, key] = BETTER_AUTH.exec(hash) ?? [];
    if (key === undefined) return null;
    const stored = Buffer.from(key, 'hex');
    return async (password, run) =>
      sameBytes(await scrypt(password.normalize('NFKC'), salt, 64, BETTER_AUTH_COST, run), stored);
  },
};

/** The schemes that need nothing but the hash. */
export const FOREIGN_SCHEMES: readonly ForeignScheme[] = [
  djangoPbkdf2('sha256'),
  djangoPbkdf2('sha1'),
  djangoScrypt,
  betterAuth,
];
