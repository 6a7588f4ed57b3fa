import { timingSafeEqual } from 'node:crypto';
import { callerFile } from '../kernel/this-file.js';
import type { RunHashJob } from './password-hasher.js';

const HERE = callerFile();

/** Whether the password has the hash it was made for. */
export type ForeignCheck = (password: string, run: RunHashJob) => Promise<boolean>;

/** A password hash format of another system: verified at the first login, never written. */
export interface ForeignScheme {
  readonly name: string;
  /** Whether the text looks like one of its hashes, whole or not. */
  readonly recognises: (hash: string) => boolean;
  /** Null for a hash that is malformed or too costly. */
  readonly read: (hash: string) => ForeignCheck | null;
}

/** Parameters of scrypt (RFC 7914). */
export interface ScryptCost {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

/** At most 128 MiB, and four times what filling them takes: about two seconds, so that a planted hash cannot burn minutes. */
export function isAffordable({ N, r, p }: ScryptCost): boolean {
  const positive = N > 1 && r > 0 && p > 0;
  // The last is RFC 7914's own, without which there is no scrypt.
  return positive && (N & (N - 1)) === 0 && N * r <= 2 ** 20 && N * r * p <= 2 ** 22 && N < 2 ** (16 * r);
}

/** scrypt in a worker; `length` in bytes. */
export async function scrypt(
  password: string,
  salt: string | Buffer,
  length: number,
  cost: ScryptCost,
  run: RunHashJob,
): Promise<Buffer> {
  const maxmem = 256 * cost.N * cost.r + 2 ** 20;
  return derive(run, 'scryptSync', [password, salt, length, { ...cost, maxmem }]);
}

/** PBKDF2 with HMAC (RFC 8018) in a worker; `length` in bytes. */
export async function pbkdf2(
  password: string,
  salt: string,
  iterations: number,
  length: number,
  digest: string,
  run: RunHashJob,
): Promise<Buffer> {
  return derive(run, 'pbkdf2Sync', [password, salt, iterations, length, digest]);
}

async function derive(run: RunHashJob, method: string, args: readonly unknown[]): Promise<Buffer> {
  // Between threads a Buffer arrives as a plain Uint8Array.
  return Buffer.from((await run({ module: 'node:crypto', from: HERE, method, args })) as Uint8Array);
}

export function sameBytes(one: Buffer, other: Buffer): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}
