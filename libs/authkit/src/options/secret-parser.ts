import { AuthKitConfigError } from '../kernel/errors.js';
import { randomToken } from '../kernel/random.js';
import { weaknessOf } from './weak-secret.js';

/** The secrets in order; a random one in development when none is given. Throws for a weak one in production. */
export function parseSecrets(value: unknown, production: boolean, warnings: string[]): readonly string[] {
  if (value === undefined) {
    if (production) {
      throw new AuthKitConfigError(
        'secret',
        'it is missing',
        'Set it to 32 or more random bytes: openssl rand -base64 48.',
      );
    }
    warnings.push('no secret is set: a random one is used, and every session ends with this process');
    return [randomToken(48)];
  }
  const list: unknown[] = Array.isArray(value) ? value : [value];
  const secrets = list.filter((item): item is string => typeof item === 'string' && item !== '');
  if (secrets.length === 0 || secrets.length !== list.length) {
    throw new AuthKitConfigError(
      'secret',
      'it is not a text or a list of texts',
      'Give one secret, or a list whose first signs.',
    );
  }
  if (new Set(secrets).size !== secrets.length) {
    throw new AuthKitConfigError('secret', 'the same secret is listed twice', 'List every secret once.');
  }
  secrets.forEach((secret, index) => {
    const weakness = weaknessOf(secret);
    if (weakness === null) return;
    const path = secrets.length === 1 ? 'secret' : `secret[${index}]`;
    if (production) throw new AuthKitConfigError(path, `it ${weakness}`, 'Make a random one: openssl rand -base64 48.');
    warnings.push(`${path} ${weakness}; production will refuse it`);
  });
  return secrets;
}
