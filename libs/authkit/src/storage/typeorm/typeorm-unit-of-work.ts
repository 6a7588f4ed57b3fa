import { AsyncLocalStorage } from 'node:async_hooks';
import { randomInt } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { QueryFailedError, type DataSource, type EntityManager, type QueryRunner } from 'typeorm';
import { UnitOfWork } from '../unit-of-work.js';
import { dialectOf, isUndone } from './dialect.js';

const gates = new WeakMap<DataSource, Gate>();
const ATTEMPTS = 8;

/** A transaction that the current async context is in. */
interface Ambient {
  readonly source: DataSource;
  readonly runner: QueryRunner;
  /** False once it has ended: work that somebody forgot to await goes its own way then. */
  open: boolean;
  /** To be run when it has been committed. */
  readonly afterCommit: (() => void)[];
}

const ambient = new AsyncLocalStorage<Ambient>();

/** Where a statement runs: on the primary, or in the transaction it belongs to. */
export type Connection = DataSource | QueryRunner;

/**
 * Statements, and transactions that are isolated on every driver. What the database undoes because of a deadlock is
 * tried again: nothing of it has happened.
 *
 * Transactions see what others have committed before each of their statements; statements and transactions begun within
 * one become part of it. On a single connection a statement issued while a transaction is open becomes part of it anyway
 * and vanishes with its rollback; so there, transactions wait for the kit's other statements and hold new ones back. The
 * host's own statements are not held back: keep host transactions on SQLite short.
 */
export class TypeOrmUnitOfWork extends UnitOfWork {
  private readonly gate: Gate | null;

  constructor(private readonly source: DataSource) {
    super();
    this.gate = dialectOf(source).singleConnection ? gateOf(source) : null;
  }

  /** Runs one statement on what it is given, within the transaction under way if there is one. */
  statement<T>(work: (on: Connection) => Promise<T>): Promise<T> {
    const outer = this.outer();
    if (outer) return scrubbed(work(outer));
    const alone = () => work(this.source);
    return scrubbed(this.gate ? this.gate.shared(alone) : retried(alone));
  }

  /** Runs statements that belong together, on the runner given, maybe twice; never hash, mail or call out inside. */
  override run<T>(work: (runner: QueryRunner) => Promise<T>): Promise<T> {
    const outer = this.outer();
    if (outer) return scrubbed(nested(outer, work));
    const { isolation } = dialectOf(this.source);
    let committed: readonly (() => void)[] = [];
    const on = async (manager: EntityManager) => {
      // A transaction manager always has its own runner.
      const here: Ambient = { source: this.source, runner: manager.queryRunner!, open: true, afterCommit: [] };
      committed = here.afterCommit;
      try {
        return await ambient.run(here, () => work(here.runner));
      } finally {
        here.open = false;
      }
    };
    const transaction = () => (isolation ? this.source.transaction(isolation, on) : this.source.transaction(on));
    return scrubbed(this.gate ? this.gate.exclusive(transaction) : retried(transaction)).then((result) => {
      for (const then of committed) then();
      return result;
    });
  }

  override afterCommit(work: () => void): void {
    const current = this.current();
    if (current) current.afterCommit.push(work);
    else work();
  }

  private outer(): QueryRunner | null {
    return this.current()?.runner ?? null;
  }

  private current(): Ambient | null {
    const current = ambient.getStore();
    return current?.open && current.source === this.source ? current : null;
  }
}

/** A savepoint, so that what fails inside leaves the transaction usable. */
async function nested<T>(runner: QueryRunner, work: (runner: QueryRunner) => Promise<T>): Promise<T> {
  await runner.startTransaction();
  try {
    const result = await work(runner);
    await runner.commitTransaction();
    return result;
  } catch (error) {
    // After a deadlock MariaDB has no savepoint any more; the first error is the one to tell.
    await runner.rollbackTransaction().catch(() => undefined);
    throw error;
  }
}

async function retried<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt === ATTEMPTS || !isUndone(error)) throw error;
      // Milliseconds, at random: those who met once would only meet again.
      await setTimeout(randomInt(2 ** attempt));
    }
  }
}

/**
 * Where errors of TypeORM and the drivers repeat what was to be written: the parameters, PostgreSQL's failing row, MySQL's
 * statement with its values. Nest logs whole errors, and a password hash or a seed must not get there.
 */
const TELLING = ['parameters', 'detail', 'where', 'sql'];

async function scrubbed<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof QueryFailedError) {
      for (const part of [error, error.driverError] as Record<string, unknown>[]) {
        for (const name of TELLING) if (part[name] !== undefined) part[name] = undefined;
      }
    }
    throw error;
  }
}

function gateOf(source: DataSource): Gate {
  let gate = gates.get(source);
  if (!gate) gates.set(source, (gate = new Gate()));
  return gate;
}

/** Many shared holders or one exclusive one; first come, first served. */
class Gate {
  private holders = 0;
  private exclusiveHeld = false;
  private readonly waiting: { exclusive: boolean; start: () => void }[] = [];

  shared<T>(work: () => Promise<T>): Promise<T> {
    return this.enter(false, work);
  }

  exclusive<T>(work: () => Promise<T>): Promise<T> {
    return this.enter(true, work);
  }

  private async enter<T>(exclusive: boolean, work: () => Promise<T>): Promise<T> {
    if (this.waiting.length > 0 || !this.isFree(exclusive)) {
      await new Promise<void>((start) => this.waiting.push({ exclusive, start }));
    } else {
      this.take(exclusive);
    }
    try {
      return await work();
    } finally {
      this.leave(exclusive);
    }
  }

  private isFree(exclusive: boolean): boolean {
    return !this.exclusiveHeld && (!exclusive || this.holders === 0);
  }

  private take(exclusive: boolean): void {
    if (exclusive) this.exclusiveHeld = true;
    else this.holders += 1;
  }

  private leave(exclusive: boolean): void {
    if (exclusive) this.exclusiveHeld = false;
    else this.holders -= 1;
    while (this.waiting.length > 0 && this.isFree(this.waiting[0].exclusive)) {
      const next = this.waiting.shift()!;
      this.take(next.exclusive);
      next.start();
    }
  }
}
