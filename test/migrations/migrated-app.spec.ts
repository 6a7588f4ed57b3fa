import { authKitEntities, authKitMigrations, withAuthUser, type AuthUser } from 'nest-authkit';
import {
  Column,
  DataSource,
  Entity,
  JoinColumn,
  ManyToOne,
  PrimaryColumn,
  Table,
  type DataSourceOptions,
  type MigrationInterface,
  type QueryRunner,
  type TableColumnOptions,
} from 'typeorm';
import { ALL_DATABASES, describeOnDatabases, prepareDatabase, type Database } from '../support/databases.js';
import { ShoutingNames } from '../support/shouting-names.js';
import { createTestApp, PASSWORD, type TestApp } from '../support/test-app.js';
import { User } from '../support/test-user.entity.js';

/** The host's columns come in the host's own migration. */
class HostColumns1795600000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const { tablePath, columns } = runner.manager.getRepository(User).metadata;
    const nameOf = (property: string) => columns.find(({ propertyName }) => propertyName === property)!.databaseName;
    const column = (property: string, length: string): TableColumnOptions => ({
      name: nameOf(property),
      type: 'varchar',
      length,
      isNullable: true,
    });
    const table = (await runner.getTable(tablePath))!;
    const made = new Table({ name: tablePath, columns: [column('fullName', '100'), column('employeeNumber', '20')] });
    await runner.addColumns(table, made.columns);
  }
  down = () => Promise.resolve();
}

async function migrated(database: Database, userEntity: new () => AuthUser, more: object, migrations: unknown[]) {
  const entities = authKitEntities({ userEntity });
  const { options, drop } = await prepareDatabase(database, entities, { synchronize: false });
  return { options: withMore(options, { ...more, migrations, migrationsRun: true }), drop };
}

/** Nest would try a migration that fails ten times. */
const withMore = (options: DataSourceOptions, more: object) =>
  ({ ...options, ...more, retryAttempts: 0 }) as object as DataSourceOptions;

/** Registers, signs in, refreshes, changes, revokes: each table is written and read. */
async function expectToWork(t: TestApp): Promise<void> {
  const ada = await t.signUp('ada@example.com', ['admin']);
  const refreshed = await t.auth.refresh(ada.refreshToken);
  const me = (token: string) => t.client.get('/auth/me', { token });
  expect((await me(refreshed.accessToken)).body.user).toMatchObject({ email: 'ada@example.com', roles: ['admin'] });
  await expect(t.auth.setRoles(ada.id, ['user'])).rejects.toMatchObject({ code: 'last_admin' });
  await expect(t.auth.register({ email: 'ada@example.com', password: PASSWORD })).rejects.toMatchObject({
    code: 'email_taken',
  });
  await t.auth.setPassword(ada.id, 'another lantern in the harbour');
  expect((await me(refreshed.accessToken)).status).toBe(401);
  const again = await t.auth.login('ada@example.com', 'another lantern in the harbour');
  expect(await t.auth.revoke(again.sessionId)).toBe(true);
  expect((await me(again.accessToken)).status).toBe(401);
  await t.auth.setActive((await t.signUp('bob@example.com')).id, false);
}

describeOnDatabases('an app on migrated tables', ALL_DATABASES, (database) => {
  it.each([
    ['plain names', {}],
    ['a naming strategy and a prefix', { namingStrategy: new ShoutingNames(), entityPrefix: 'app_' }],
  ])('with %s works without synchronize', async (_names, more) => {
    const migrations = [...authKitMigrations({ userEntity: User }), HostColumns1795600000000];
    const prepared = await migrated(database, User, more, migrations);
    const t = await createTestApp({ adapter: 'express', database, prepared });
    await expectToWork(t);
    const registered = await t.client.post('/auth/register', {
      email: 'c@example.com',
      password: PASSWORD,
      fullName: 'Cleo',
      employeeNumber: '7',
    });
    expect(registered.body.user).toMatchObject({ fullName: 'Cleo' });
    const profile = await t.auth.login('c@example.com', PASSWORD);
    const patched = await t.client.patch('/auth/me', { fullName: 'Cleo II' }, { token: profile.accessToken });
    expect([patched.status, patched.body.user.fullName]).toEqual([200, 'Cleo II']);
    await t.close();
  });

  it('and synchronized ones with names of the host works alike', async () => {
    const { options, drop } = await prepareDatabase(database, authKitEntities({ userEntity: User }));
    const names = { namingStrategy: new ShoutingNames(), entityPrefix: 'app_' };
    const prepared = { options: { ...options, ...names } as typeof options, drop };
    const t = await createTestApp({ adapter: 'express', database, prepared });
    await expectToWork(t);
    await t.close();
  });
});

/** A host that had users long before: another name for the address, dates of its own, ids in a collation of their own. */
@Entity('people')
class Person extends withAuthUser(class {}, { id: 'key', email: 'mail', createdAt: 'member_since' }) {
  @Column({ name: 'created_at', type: Date, nullable: true })
  joined!: Date | null;

  @Column({ name: 'city', type: 'varchar', length: 50, nullable: true })
  city!: string | null;
}

@Entity('orders')
class Order {
  @PrimaryColumn({ type: 'int' })
  id!: number;

  @ManyToOne(() => Person, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'personKey' })
  person!: Person;
}

class People1700000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const { driver } = runner.dataSource;
    const isMysql = driver.options.type === 'mariadb';
    const [people, orders] = [Person, Order].map((entity) => runner.manager.getRepository(entity).metadata);
    const id: TableColumnOptions = {
      name: 'key',
      type: 'varchar',
      length: '36',
      ...(isMysql && { charset: 'ascii', collation: 'ascii_bin' }),
    };
    await runner.createTable(
      new Table({
        name: people.tablePath,
        columns: [
          { ...id, isPrimary: true },
          { name: 'mail', type: 'varchar', length: '254' },
          { name: 'created_at', type: driver.normalizeType({ type: Date }), isNullable: true },
          { name: 'city', type: 'varchar', length: '50', isNullable: true },
        ],
      }),
    );
    await runner.createTable(
      new Table({
        name: orders.tablePath,
        columns: [
          { name: 'id', type: 'int', isPrimary: true },
          { ...id, name: 'personKey' },
        ],
        foreignKeys: [
          {
            columnNames: ['personKey'],
            referencedTableName: people.tablePath,
            referencedColumnNames: ['key'],
            onDelete: 'CASCADE',
          },
        ],
      }),
    );
    const insert = (table: string, values: string) =>
      runner.query(
        `INSERT INTO ${table
          .split('.')
          .map((part) => driver.escape(part))
          .join('.')} VALUES (${values})`,
      );
    await insert(people.tablePath, "'p-1', 'old@example.com', '2020-02-03 04:05:06', 'Graz'");
    await insert(orders.tablePath, "7, 'p-1'");
  }
  down = () => Promise.resolve();
}

describeOnDatabases('a table of users that was there before', ALL_DATABASES, (database) => {
  const prepare = async (more: object = {}) => {
    const { options, drop } = await prepareDatabase(database, [...authKitEntities({ userEntity: Person }), Order], {
      synchronize: false,
    });
    const migrations = [People1700000000000, ...authKitMigrations({ userEntity: Person, usersTable: 'extend' })];
    return { options: withMore(options, { migrations, ...more }), drop };
  };

  it('is extended by what it lacks; its rows, and what refers to them, stay', async () => {
    const prepared = await prepare({ migrationsRun: true });
    const t = await createTestApp({ adapter: 'express', database, prepared, authkit: { userEntity: Person, dto: {} } });
    const person = (await t.auth.findUser('old@example.com')) as Person;
    expect(person).toMatchObject({ id: 'p-1', city: 'Graz', active: true, emailVerified: false, username: null });
    expect(person.joined!.getFullYear()).toBe(2020);
    expect(Math.abs(person.createdAt.getTime() - Date.now())).toBeLessThan(60_000);
    expect(await t.source.getRepository(Order).find({ relations: { person: true } })).toMatchObject([
      { id: 7, person: { id: 'p-1' } },
    ]);
    await t.auth.setPassword('p-1', PASSWORD);
    const { accessToken } = await t.auth.login('old@example.com', PASSWORD);
    expect((await t.client.get('/auth/me', { token: accessToken })).status).toBe(200);
    await expectToWork(t);
    await t.close();
  });

  it('keeps its columns when that is reverted, and can be extended again', async () => {
    const { options, drop } = await prepare();
    const source = await new DataSource(options).initialize();
    await source.runMigrations();
    await source.undoLastMigration();
    await source.undoLastMigration();
    expect(await source.getRepository(Order).count()).toBe(1);
    await source.runMigrations();
    expect(await source.getRepository(Person).findOneByOrFail({ id: 'p-1' })).toMatchObject({ city: 'Graz' });
    const { upQueries } = await source.driver.createSchemaBuilder().log();
    const ofKit = upQueries.map(({ query }) => query).filter((query) => !/orders/.test(query));
    expect(ofKit).toEqual([]);
    await source.destroy();
    await drop();
  });

  if (database === 'sqlite') {
    it('is not rebuilt while foreign keys would delete what refers to it', async () => {
      const { options } = await prepare({ migrationsTransactionMode: 'none', logger: 'debug' });
      const source = await new DataSource(options).initialize();
      await expect(source.runMigrations()).rejects.toThrow(/table people: SQLite rebuilds it for new columns, and/);
      await source.destroy();
    });
  }
});
