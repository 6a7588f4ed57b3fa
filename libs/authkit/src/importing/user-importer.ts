import { Inject, Injectable } from '@nestjs/common';
import { AuthKitError, type FieldProblem, type ProblemCode } from '../kernel/errors.js';
import { AuthEvents } from '../kernel/events.js';
import type { MaybePromise } from '../kernel/maybe-promise.js';
import { UserStore, type AuthUser, type CreateOutcome } from '../storage/user.store.js';
import { ImportCheck, type CheckedUser } from './import-check.js';
import { ImportTally } from './import-tally.js';
import type { ImportProblem, ImportReport, ImportUser } from './import-user.js';
import { SourceRow } from './json-lines.js';
import { SeenValues } from './seen-values.js';

export interface ImportOptions<T = ImportUser> {
  /** Look at everything, write nothing. @default false */
  dryRun?: boolean;
  /** Turns a row of the source into an account; null leaves it out. What it throws is a problem of the row. @default the row as it is */
  map?: (row: T) => MaybePromise<ImportUser | null>;
  /** What becomes of an account that is there already, by id or e-mail address: so an import can be run again. @default 'skip' */
  onConflict?: 'skip' | 'refuse';
  /** Accounts written in one transaction, 1 to 5000. @default 500 */
  batch?: number;
  /** Problems the report lists; all are counted. @default 100 */
  maxProblems?: number;
  /** Told after each batch. */
  onProgress?: (report: ImportReport) => MaybePromise<void>;
}

interface Row extends CheckedUser {
  readonly row: number;
  readonly id: string | null;
}

const CONFLICTS: Readonly<
  Record<Exclude<CreateOutcome['code'], 'created'>, [code: ProblemCode, field: string, detail: string]>
> = {
  id_taken: ['conflict', 'id', 'Another account has this id.'],
  email_taken: ['email_taken', 'email', 'Another account has this address.'],
  username_taken: ['username_taken', 'username', 'Another account has this username.'],
  conflict: ['conflict', 'fields', 'Another account has one of these values.'],
  rejected: ['validation_failed', 'fields', 'The database refuses one of the values.'],
};

/** Brings users over from another system, with the password hashes they have. */
@Injectable()
export class UserImporter {
  constructor(
    private readonly checks: ImportCheck,
    @Inject(UserStore) private readonly users: UserStore,
    private readonly events: AuthEvents,
  ) {}

  /** Makes one account. Throws 409 (`email_taken`, `username_taken`, `conflict`) or 422. */
  async importOne(raw: ImportUser): Promise<AuthUser> {
    const { user } = this.checks.check(raw);
    const [{ code, detail }] = await this.users.createMany([user], false);
    if (code !== 'created') throw new AuthKitError(CONFLICTS[code][0], { reason: detail ?? code });
    await this.events.emit('user.imported', { email: user.email }, { subject: user.id });
    return (await this.users.findById(user.id))!.user;
  }

  /**
   * Imports every row, a batch at a time, and asks the source for no more than that. What cannot be imported is in the
   * report; a database that fails ends it by throwing, and running it again goes on where it was.
   */
  async run<T = ImportUser>(
    source: AsyncIterable<T | SourceRow<T>> | Iterable<T | SourceRow<T>>,
    options: ImportOptions<T> = {},
  ): Promise<ImportReport> {
    const { dryRun = false, batch: size = 500, maxProblems = 100, onProgress } = options;
    if (!Number.isInteger(size) || size < 1 || size > 5000)
      throw new RangeError(`batch must be 1 to 5000, not ${size}`);
    const tally = new ImportTally(dryRun, maxProblems);
    const seen = new SeenValues();
    let batch: Row[] = [];
    let position = 0;
    const flush = async () => {
      await this.write(batch, tally, options);
      batch = [];
      await onProgress?.(tally.report());
    };
    try {
      for await (const item of source) {
        position += 1;
        const row = await this.read(item, position, tally, seen, options);
        if (row) batch.push(row);
        if (batch.length === size) await flush();
      }
      await flush();
    } finally {
      const { imported, skipped, refused } = tally.report();
      if (!dryRun) await this.events.emit('users.imported', { imported, skipped, refused });
    }
    return tally.report();
  }

  /** The row if it may be written; else the tally has it. */
  private async read<T>(
    item: T | SourceRow<T>,
    position: number,
    tally: ImportTally,
    seen: SeenValues,
    { map }: ImportOptions<T>,
  ): Promise<Row | null> {
    const source = item instanceof SourceRow ? item : new SourceRow(position, item);
    const { row } = source;
    let id = idOf(source.value);
    const refuse = (problems: readonly FieldProblem[]) => {
      tally.addRefused(problems.map((problem): ImportProblem => ({ row, id, ...problem })));
      return null;
    };
    if (source.problem !== null) return refuse([{ field: '', code: 'unreadable', detail: source.problem }]);
    let mapped: unknown = source.value;
    if (map) {
      try {
        mapped = await map(source.value);
      } catch (error) {
        return refuse([
          { field: '', code: 'unmappable', detail: error instanceof Error ? error.message : String(error) },
        ]);
      }
      if (mapped === null) {
        tally.addIgnored();
        return null;
      }
      id = idOf(mapped) ?? id;
    }
    let checked: CheckedUser;
    try {
      checked = this.checks.check(mapped);
    } catch (error) {
      if (error instanceof AuthKitError && error.problem.errors) return refuse(error.problem.errors);
      throw error;
    }
    const repeated = Object.entries(this.users.uniqueValuesOf(checked.user)).filter(
      ([field, text]) => !seen.add(`${field}\0${text}`),
    );
    if (repeated.length === 0) return { ...checked, row, id };
    return refuse(
      repeated.map(([field]) => ({ field, code: 'duplicate_in_source', detail: 'An earlier row has the same.' })),
    );
  }

  private async write<T>(
    rows: readonly Row[],
    tally: ImportTally,
    { dryRun = false, onConflict = 'skip' }: ImportOptions<T>,
  ): Promise<void> {
    if (rows.length === 0) return;
    const outcomes = await this.users.createMany(
      rows.map(({ user }) => user),
      dryRun,
    );
    rows.forEach(({ row, id, scheme, hasNewId }, index) => {
      const { code, detail } = outcomes[index];
      if (code === 'created') return tally.addImported(scheme, hasNewId);
      if (onConflict === 'skip' && (code === 'id_taken' || code === 'email_taken')) return tally.addSkipped();
      const [shown, field, meaning] = CONFLICTS[code];
      return tally.addRefused([{ row, id, field, code: shown, detail: detail ?? meaning }]);
    });
  }
}

function idOf(value: unknown): string | null {
  const id = (value as { id?: unknown } | null | undefined)?.id;
  return typeof id === 'string' || typeof id === 'number' ? String(id).slice(0, 64) : null;
}
