import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

const derive = promisify<string, Buffer, number, Buffer>(scrypt);
const NOBODY = `${'0'.repeat(32)}:${'0'.repeat(128)}`;

/** As the former system wrote them. */
export async function hashLegacyPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  return `${salt.toString('hex')}:${(await derive(password, salt, 64)).toString('hex')}`;
}

/** Whether it is the password; takes as long without a hash, so that time does not tell who is a member. */
export async function verifyLegacyPassword(password: string, hash: string = NOBODY): Promise<boolean> {
  const [salt, digest] = hash.split(':').map((part) => Buffer.from(part, 'hex'));
  return timingSafeEqual(await derive(password, salt, 64), digest) && hash !== NOBODY;
}
