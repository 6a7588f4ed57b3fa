import { createRequire } from 'node:module';
import { DataSource, QueryFailedError } from 'typeorm';
import { TypeOrmUnitOfWork, type Connection } from './typeorm-unit-of-work.js';

const driver: unknown = createRequire(`${process.cwd()}/package.json`)('libsql');

describe('the unit of work on a single connection', () => {
  let source: DataSource;
  let unit: TypeOrmUnitOfWork;
  beforeEach(async () => {
    source = await new DataSource({ type: 'better-sqlite3', driver, database: ':memory:' }).initialize();
    await source.query('CREATE TABLE t (n INTEGER)');
    unit = new TypeOrmUnitOfWork(source);
  });
  afterEach(() => source.destroy());

  const insert = (n: number) => unit.statement(() => source.query(`INSERT INTO t VALUES (${n})`));
  const stored = async () => ((await source.query('SELECT n FROM t ORDER BY n')) as { n: number }[]).map(({ n }) => n);
  const breathe = () => new Promise((resolve) => setImmediate(resolve));

  it('isolates concurrent transactions: each commits or rolls back as a whole', async () => {
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, (_, n) =>
        unit.run(async (runner) => {
          await runner.query(`INSERT INTO t VALUES (${n * 2})`);
          await breathe();
          await runner.query(`INSERT INTO t VALUES (${n * 2 + 1})`);
          if (n % 5 === 0) throw new Error('rolled back');
        }),
      ),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(16);
    expect(await stored()).toHaveLength(32);
  });

  it('keeps a statement issued during a transaction out of it, so that its rollback takes nothing along', async () => {
    const rolledBack = unit.run(async (runner) => {
      await runner.query('INSERT INTO t VALUES (1)');
      await breathe();
      throw new Error('rolled back');
    });
    await breathe();
    const other = insert(2);
    await expect(rolledBack).rejects.toThrow('rolled back');
    await other;
    expect(await stored()).toEqual([2]);
  });

  it('lets plain statements run beside each other, and a transaction wait for them', async () => {
    const order: string[] = [];
    const slow = unit.statement(async () => {
      await breathe();
      order.push('statement');
    });
    const transaction = unit.run(() => Promise.resolve(void order.push('transaction')));
    const queued = unit.statement(() => Promise.resolve(void order.push('later statement')));
    await Promise.all([slow, transaction, queued]);
    expect(order).toEqual(['statement', 'transaction', 'later statement']);
  });

  it('does what is to follow a commit after it, once, and not at all after a rollback', async () => {
    const done: string[] = [];
    const follow = (name: string) => unit.afterCommit(() => done.push(name));
    follow('outside');
    expect(done).toEqual(['outside']);
    await unit.run(async () => {
      follow('outer');
      await unit.run(() => Promise.resolve(follow('nested')));
      await insert(1);
      expect(done).toEqual(['outside']);
    });
    expect(done).toEqual(['outside', 'outer', 'nested']);
    const undone = unit.run(() => {
      follow('undone');
      return Promise.reject(new Error('rolled back'));
    });
    await expect(undone).rejects.toThrow('rolled back');
    expect(done).toHaveLength(3);
  });

  it('is one for all stores of a DataSource', async () => {
    const other = new TypeOrmUnitOfWork(source);
    const order: number[] = [];
    await Promise.all([
      unit.run(async () => {
        await breathe();
        order.push(1);
      }),
      other.run(() => Promise.resolve(void order.push(2))),
    ]);
    expect(order).toEqual([1, 2]);
  });

  it('takes the parameters out of errors, for they are logged', async () => {
    const failing = () => source.query('INSERT INTO nowhere VALUES (?)', ['$argon2id$secret']);
    for (const run of [() => unit.statement(failing), () => unit.run(failing)]) {
      const error: unknown = await run().catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(QueryFailedError);
      expect(JSON.stringify(error)).not.toContain('secret');
    }
  });

  it('takes statements within into the transaction, whichever store issues them: they vanish with its rollback', async () => {
    const other = new TypeOrmUnitOfWork(source);
    const insertOn = (on: Connection, n: number) => on.query(`INSERT INTO t VALUES (${n})`);
    const work = unit.run(async () => {
      await other.statement((on) => insertOn(on, 1));
      await breathe();
      await unit.statement((on) => insertOn(on, 2));
      throw new Error('rolled back');
    });
    await expect(work).rejects.toThrow('rolled back');
    expect(await stored()).toEqual([]);
    await unit.run(() => other.statement((on) => insertOn(on, 3)));
    expect(await stored()).toEqual([3]);
  });

  it('makes a unit within another a part of it: undone alone when it fails, and with the other', async () => {
    await unit.run(async (runner) => {
      await runner.query('INSERT INTO t VALUES (1)');
      const inner = unit.run(async (within) => {
        await within.query('INSERT INTO t VALUES (2)');
        throw new Error('inner');
      });
      await expect(inner).rejects.toThrow('inner');
      await unit.run((within) => within.query('INSERT INTO t VALUES (3)'));
    });
    expect(await stored()).toEqual([1, 3]);
    const outer = unit.run(async () => {
      await unit.run((within) => within.query('INSERT INTO t VALUES (4)'));
      throw new Error('outer');
    });
    await expect(outer).rejects.toThrow('outer');
    expect(await stored()).toEqual([1, 3]);
  });

  it('lets no work join that somebody forgot to await and that goes on after the end', async () => {
    let go = () => {};
    const gate = new Promise<void>((resolve) => (go = resolve));
    let forgotten: Promise<unknown> | undefined;
    await unit.run(async (runner) => {
      forgotten = gate.then(() => unit.statement((on) => on.query('INSERT INTO t VALUES (2)')));
      await runner.query('INSERT INTO t VALUES (1)');
    });
    const failing = unit.run(async (runner) => {
      await runner.query('INSERT INTO t VALUES (3)');
      go();
      await breathe();
      throw new Error('rolled back');
    });
    await expect(failing).rejects.toThrow('rolled back');
    await forgotten;
    expect(await stored()).toEqual([1, 2]);
  });

  it('does what waits for the commit after it, in order, and never after a rollback', async () => {
    const done: string[] = [];
    unit.afterCommit(() => done.push('at once'));
    await unit.run(async () => {
      unit.afterCommit(() => done.push('first'));
      await unit.run(() => Promise.resolve(unit.afterCommit(() => done.push('second'))));
      expect(done).toEqual(['at once']);
    });
    const failing = unit.run(() => {
      unit.afterCommit(() => done.push('never'));
      return Promise.reject(new Error('rolled back'));
    });
    await expect(failing).rejects.toThrow('rolled back');
    expect(done).toEqual(['at once', 'first', 'second']);
  });
});
