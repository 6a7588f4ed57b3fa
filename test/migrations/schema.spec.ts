import type { Type } from '@nestjs/common';
import { authKitEntities, authKitMigrations, AuthUserBase } from 'nest-authkit';
import { webSockets } from 'nest-authkit/websocket';
import { DataSource, Entity, type DataSourceOptions } from 'typeorm';
import { catalogueOf } from '../support/catalogue.js';
import { ShoutingNames } from '../support/shouting-names.js';
import { ALL_DATABASES, describeOnDatabases, prepareDatabase, type Database } from '../support/databases.js';

@Entity('users')
class PlainUser extends AuthUserBase {}

@Entity('people')
class Person extends AuthUserBase {}

const features = [webSockets()];

const SHAPES: Record<string, { userEntity?: Type<object>; more?: object }> = {
  'plain names': { userEntity: PlainUser },
  'an own table, a prefix and a naming strategy': {
    userEntity: Person,
    more: { entityPrefix: 'app_', namingStrategy: new ShoutingNames() },
  },
  'no user entity': {},
};

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

async function connect(database: Database, userEntity: Type<object> | undefined, more: object): Promise<DataSource> {
  const { options, drop } = await prepareDatabase(database, authKitEntities({ userEntity, features }), {
    synchronize: false,
  });
  const migrations = authKitMigrations({ userEntity, features });
  const source = await new DataSource({ ...options, ...more, migrations } as DataSourceOptions).initialize();
  open.push(() => source.destroy().then(drop));
  return source;
}

const pending = async (source: DataSource) => {
  const { upQueries } = await source.driver.createSchemaBuilder().log();
  return upQueries.map(({ query }) => query);
};

describeOnDatabases('the migrated schema', ALL_DATABASES, (database) => {
  it.each(Object.entries(SHAPES))(
    'with %s is the synchronized one, to TypeORM and to the database',
    async (_shape, { userEntity, more = {} }) => {
      const [migrated, synchronized] = [
        await connect(database, userEntity, more),
        await connect(database, userEntity, more),
      ];
      await migrated.runMigrations();
      await synchronized.synchronize();
      expect(await pending(migrated)).toEqual([]);
      const catalogue = async (source: DataSource) => {
        const { schema } = source.options as { schema?: string };
        return (await catalogueOf(source)).map((row) => (schema ? row.replaceAll(schema, 'schema') : row));
      };
      const rows = await catalogue(synchronized);
      expect(rows.length).toBeGreaterThan(20);
      expect(await catalogue(migrated)).toEqual(rows);
    },
  );

  it.each(Object.entries(SHAPES))('with %s is gone when reverted, and can be made again', async (_shape, shape) => {
    const source = await connect(database, shape.userEntity, shape.more ?? {});
    const before = await catalogueOf(source);
    const { length } = await source.runMigrations();
    expect(await source.runMigrations()).toEqual([]);
    for (let i = 0; i < length; i += 1) await source.undoLastMigration();
    expect(await catalogueOf(source)).toEqual(before);
    await source.runMigrations();
    expect(await pending(source)).toEqual([]);
  });
});

describe('migrations', () => {
  it('have constant names, the users table first, and the host’s may follow', () => {
    const names = authKitMigrations({ userEntity: PlainUser }).map((migration) => new migration().name);
    expect(names).toEqual([
      'AuthKitUsers1795500000000',
      'AuthKitSessions1795500000001',
      'AuthKitAccounts1795600000000',
      'AuthKitAttempts1795600000001',
      'AuthKitDevices1795600000002',
      'AuthKitDeletions1795600000003',
    ]);
    expect(authKitMigrations({ userEntity: PlainUser, usersTable: 'own' })).toHaveLength(names.length - 1);
    expect(authKitMigrations()).toHaveLength(names.length - 1);
  });

  it('of features come after the kit’s, and know the user entity', () => {
    class Feature1795500000002 {
      up = () => Promise.resolve();
      down = () => Promise.resolve();
    }
    const seen: unknown[] = [];
    const feature = {
      name: 'x',
      migrations: (userEntity: unknown) => {
        seen.push(userEntity);
        return [Feature1795500000002];
      },
    };
    expect(authKitMigrations({ userEntity: PlainUser, features: [feature] }).at(-1)).toBe(Feature1795500000002);
    expect(seen).toEqual([PlainUser]);
  });

  it('cannot make a users table for nobody', () => {
    expect(() => authKitMigrations({ usersTable: 'create' })).toThrow(/usersTable: it is create, and there is no/);
  });

  it('name what is missing: the entity, the table, ids that are text', async () => {
    const run = async (entities: Type<object>[], prepare: string[], usersTable: 'create' | 'extend' | 'own') => {
      const { options } = await prepareDatabase('sqlite', entities, { synchronize: false });
      const migrations = authKitMigrations({ userEntity: PlainUser, usersTable });
      const source = await new DataSource({
        ...options,
        migrations,
        logger: 'debug',
      } as DataSourceOptions).initialize();
      for (const sql of prepare) await source.query(sql);
      const outcome = await source.runMigrations().catch((error: Error) => error.message);
      await source.destroy();
      return outcome;
    };
    const entities = authKitEntities({ userEntity: PlainUser });
    expect(await run([], [], 'create')).toMatch(/PlainUser is not registered with the DataSource that runs/);
    expect(await run(entities, [], 'own')).toMatch(/table users: it is not there yet, and the sessions refer to it/);
    expect(await run(entities, [], 'extend')).toMatch(/table users: it is not there yet/);
    const numeric = ['CREATE TABLE users (id INTEGER PRIMARY KEY, email VARCHAR(254) UNIQUE)'];
    expect(await run(entities, numeric, 'own')).toMatch(/column users\.id: it is of type integer, and the kit needs/i);
    const nameless = ['CREATE TABLE users (id VARCHAR(36) PRIMARY KEY, mail VARCHAR(254))'];
    expect(await run(entities, nameless, 'extend')).toMatch(/column users\.email: there is no such column/);
  });
});
