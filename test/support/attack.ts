import { existsSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { PASSWORD, type TestApp } from './test-app.js';
import type { Reply } from './client.js';

const PROBLEM_KEYS = ['type', 'title', 'status', 'code', 'detail', 'instance', 'requestId', 'errors', 'max_age'];
/** What only the inside of the server knows. */
const INTERNALS =
  /node_modules|\.[cm]?[jt]s:\d|\bat \S+ \(|Error:|QueryFailed|SQLITE|SELECT |INSERT |UPDATE |relation "|\$2[aby]\$|bcrypt|argon2/;

/** What holds for every refusal: a problem with a code and field names, no internals, nothing secret. */
export function expectProblem(reply: Reply, status: number | readonly number[], code?: string): void {
  expect({ text: reply.text, status: reply.status }).toEqual({
    text: reply.text,
    status: typeof status === 'number' ? status : status.find((one) => one === reply.status),
  });
  expect(reply.headers['content-type']).toBe('application/problem+json; charset=utf-8');
  expect(Object.keys(reply.body as object).filter((key) => !PROBLEM_KEYS.includes(key))).toEqual([]);
  expect(reply.body).toMatchObject({
    type: `urn:nest-authkit:problem:${reply.body.code as string}`,
    title: expect.any(String),
    status: reply.status,
    code: code ?? expect.stringMatching(/^[a-z_]+$/),
    requestId: expect.any(String),
  });
  for (const field of (reply.body.errors ?? []) as object[]) {
    expect(field).toEqual({ field: expect.any(String), code: expect.any(String), detail: expect.any(String) });
  }
  expectNoInternals(reply);
}

export function expectNoInternals(reply: Reply): void {
  expect(reply.text).not.toMatch(INTERNALS);
  expect(reply.text).not.toContain(PASSWORD);
}

/** The names of the fields a problem complains of. */
export const fieldsOf = (reply: Reply): string[] =>
  ((reply.body.errors ?? []) as { field: string }[]).map(({ field }) => field);

/** Every row of every table, hashes and seeds too: equal before and after means that nothing has changed. */
export async function stateOf(t: TestApp): Promise<string> {
  // What is on its way out is no change either.
  await t.mails();
  const tables = t.source.entityMetadatas.map(({ tablePath }) => tablePath).sort();
  const rows = await Promise.all(
    tables.map((table) =>
      t.source.query(
        `SELECT * FROM ${table
          .split('.')
          .map((name) => t.source.driver.escape(name))
          .join('.')}`,
      ),
    ),
  );
  return JSON.stringify(Object.fromEntries(tables.map((table, i) => [table, rows[i] as unknown])));
}

/** One column of the one user with this address, as stored. */
export async function storedHash(t: TestApp, email: string): Promise<string | null> {
  const row = await usersOf(t)
    .select('u.password_hash', 'hash')
    .where('u.email = :email', { email })
    .getRawOne<{ hash: string | null }>();
  return row!.hash;
}

/** Puts a hash made elsewhere into the user's row. */
export async function importHash(t: TestApp, email: string, hash: string | null): Promise<void> {
  await t.source
    .createQueryBuilder()
    .update('users')
    .set({ passwordHash: hash })
    .where('email = :email', { email })
    .execute();
}

const usersOf = (t: TestApp) => t.source.createQueryBuilder().from('users', 'u');

/** Bytes as they are, for what an HTTP client would refuse to send; resolves with the whole reply. */
export function sendRaw(port: number, bytes: string | Buffer): Promise<{ status: number; text: string }> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      const text = Buffer.concat(chunks).toString('utf8');
      resolve({ status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0), text });
    });
  });
}

/** A request as text, `Connection: close` included. */
export const rawRequest = (line: string, headers: readonly string[] = [], body = ''): string =>
  [`${line} HTTP/1.1`, 'Host: localhost', 'Connection: close', ...headers, '', body].join('\r\n');

/** Registers a suite on public test vectors, if AUTHKIT_VECTORS names a folder with them. */
export function withVectors(file: string, suite: (content: string) => void): void {
  const folder = process.env['AUTHKIT_VECTORS'];
  if (!folder) return;
  const path = join(folder, file);
  if (!existsSync(path)) throw new Error(`AUTHKIT_VECTORS has no ${file}`);
  suite(readFileSync(path, 'utf8'));
}
