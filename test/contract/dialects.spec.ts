import { DataSource, Table, type DataSourceOptions } from 'typeorm';
import { DatabaseClock } from '../../libs/authkit/src/storage/typeorm/database-clock.js';
import { dialectOf } from '../../libs/authkit/src/storage/typeorm/dialect.js';
import { TypeOrmUnitOfWork } from '../../libs/authkit/src/storage/typeorm/typeorm-unit-of-work.js';
import { ALL_DATABASES, describeOnDatabases, prepareDatabase, type Database } from '../support/databases.js';

async function connect(database: Database, more: object = {}) {
  const { options, drop } = await prepareDatabase(database, []);
  const source = await new DataSource({ ...options, ...more } as DataSourceOptions).initialize();
  return { source, drop: () => source.destroy().then(drop) };
}

describeOnDatabases('transactions', ALL_DATABASES, (database) => {
  let at: Awaited<ReturnType<typeof connect>>;
  let unit: TypeOrmUnitOfWork;
  let table: string;
  beforeAll(async () => {
    at = await connect(database);
    unit = new TypeOrmUnitOfWork(at.source);
    const runner = at.source.createQueryRunner();
    const { schema } = at.source.options as { schema?: string };
    table = schema ? `${schema}.t` : 't';
    await runner.createTable(
      new Table({
        name: table,
        columns: [
          { name: 'id', type: 'int', isPrimary: true },
          { name: 'n', type: 'int' },
        ],
      }),
    );
    await runner.release();
    await at.source.query(`INSERT INTO ${table} VALUES (1, 0), (2, 0)`);
  });
  afterAll(() => at.drop());

  const add = (id: number) => `UPDATE ${table} SET n = n + 1 WHERE id = ${id}`;
  const values = async () =>
    (await at.source.query<{ n: number }[]>(`SELECT n FROM ${table} ORDER BY id`)).map(({ n }) => Number(n));

  it('that take two rows in opposite order all succeed', async () => {
    let waiting = 0;
    let both!: () => void;
    const bothHaveOne = new Promise<void>((resolve) => (both = resolve));
    const change = (first: number, second: number) =>
      unit.run(async (runner) => {
        await runner.query(add(first));
        // On one connection they follow each other.
        if ((waiting += 1) >= 2 || database === 'sqlite') both();
        await bothHaveOne;
        await runner.query(add(second));
      });
    await Promise.all([change(1, 2), change(2, 1)]);
    expect(await values()).toEqual([2, 2]);
    expect(waiting).toBe(database === 'sqlite' ? 2 : 3);
  });

  if (database !== 'sqlite') {
    it('see what others have committed since they began', async () => {
      const seen = await unit.run(async (runner) => {
        const read = async () => Number((await runner.query(`SELECT n FROM ${table} WHERE id = 1`))[0].n);
        const before = await read();
        await unit.statement(() => at.source.query(add(1)));
        return (await read()) - before;
      });
      expect(seen).toBe(1);
    });
  }
});

describeOnDatabases('the database’s clock', ALL_DATABASES, (database) => {
  it('shows the instant, in whatever time zone the session is', async () => {
    const { source, drop } = await connect(database, { poolSize: 1 });
    if (database === 'mariadb') await source.query("SET time_zone = '+05:30'");
    if (database === 'postgres') await source.query("SET TIME ZONE 'Asia/Kolkata'");
    const clock = new DatabaseClock(source);
    await clock.sync();
    expect(Math.abs(clock.skew)).toBeLessThan(60_000);
    await drop();
  });
});

describeOnDatabases('a connection', ['mariadb'], (database) => {
  const refusal = async (more: object, sqlMode?: string) => {
    const { source, drop } = await connect(database, { poolSize: 1, ...more });
    if (sqlMode !== undefined) await source.query(`SET SESSION sql_mode = '${sqlMode}'`);
    const outcome = await dialectOf(source)
      .check(source)
      .catch((error: Error) => error.message);
    await drop();
    return outcome;
  };

  it.each([
    ['counts only changed rows', { flags: ['-FOUND_ROWS'] }, undefined, /flags: -FOUND_ROWS makes/],
    ['does not unescape', {}, 'STRICT_TRANS_TABLES,NO_BACKSLASH_ESCAPES', /sql_mode: under NO_BACKSLASH_ESCAPES/],
    ['cuts off values', {}, 'NO_ENGINE_SUBSTITUTION', /sql_mode: without STRICT_TRANS_TABLES/],
  ])('that %s is refused', async (_what, more, sqlMode, message) => {
    expect(await refusal(more, sqlMode)).toMatch(message);
  });

  it('set up as usual is not', async () => {
    expect(await refusal({})).toBeUndefined();
  });
});
