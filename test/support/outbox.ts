import { Logger } from '@nestjs/common';
import type { AuthUser, MailMessages, MailTemplate } from 'nest-authkit';
import { Outbox } from '../../libs/authkit/src/mail/outbox.js';
import type { TestApp } from './test-app.js';

export const LINK = 'http://localhost:3000/auth/pages/reset#token=nao_secret';

/** Writes a mail into the outbox of an app, as a flow of the kit would; a reset's unless another is named. */
export function enqueue(t: TestApp, user: AuthUser): Promise<void>;
export function enqueue<T extends MailTemplate>(
  t: TestApp,
  user: AuthUser,
  template: T,
  data: MailMessages[T],
  to?: string,
): Promise<void>;
export function enqueue(
  t: TestApp,
  user: AuthUser,
  template: MailTemplate = 'reset_password',
  data: object = { link: LINK, lifetime: 1_800_000 },
  to?: string,
): Promise<void> {
  return t.app.get(Outbox, { strict: false }).enqueue(user, template, data as never, to);
}

export interface OutboxRow {
  id: string;
  attempts: number;
  due_at: number | null;
  claim: string | null;
  last_error: string | null;
  sealed: string;
}

/** What is in the table, oldest first. */
export async function outboxRows(t: TestApp): Promise<OutboxRow[]> {
  const table = t.source.getMetadata('AuthOutboxMail').tablePath;
  const rows = (await t.source.query(`SELECT * FROM ${table} ORDER BY id`)) as OutboxRow[];
  return rows.map((row) => ({ ...row, due_at: row.due_at === null ? null : Number(row.due_at) }));
}

/** Everything that Nest's logger is told until `stop()`. */
export function listenToLog(): { lines: string[]; stop(): void } {
  const lines: string[] = [];
  const originals = (['log', 'warn', 'error'] as const).map((level) => [level, Logger.prototype[level]] as const);
  for (const [level] of originals) Logger.prototype[level] = (line: unknown) => void lines.push(String(line));
  return { lines, stop: () => originals.forEach(([level, original]) => (Logger.prototype[level] = original)) };
}
