import { createRequire } from 'node:module';
import {
  authKitEntities,
  AuthUserBase,
  type AttemptStore,
  type AuthUser,
  type DeviceStore,
  type OneTimeTokenStore,
  type OutboxStore,
  type DeletionStore,
  type SessionStore,
  type UserStateStore,
  type UserStore,
} from 'nest-authkit';
import {
  deviceStoreContract,
  MemoryDeviceStore,
  MemoryOneTimeTokenStore,
  MemoryOutboxStore,
  attemptStoreContract,
  FixedClock,
  MemoryAttemptStore,
  deletionStoreContract,
  MemoryDeletionStore,
  MemorySessionStore,
  MemoryUserStateStore,
  MemoryUserStore,
  oneTimeTokenStoreContract,
  outboxStoreContract,
  sessionStoreContract,
  userStateStoreContract,
  userStoreContract,
  type ContractCase,
  type UserStoreContractOptions,
} from 'nest-authkit/testing';
import { Column, DataSource, Entity, type DataSourceOptions } from 'typeorm';
import { TypeOrmDeviceStore } from '../../libs/authkit/src/storage/typeorm/typeorm-device.store.js';
import { TypeOrmOneTimeTokenStore } from '../../libs/authkit/src/storage/typeorm/typeorm-one-time-token.store.js';
import { TypeOrmOutboxStore } from '../../libs/authkit/src/storage/typeorm/typeorm-outbox.store.js';
import { TypeOrmAttemptStore } from '../../libs/authkit/src/storage/typeorm/typeorm-attempt.store.js';
import { TypeOrmDeletionStore } from '../../libs/authkit/src/storage/typeorm/typeorm-deletion.store.js';
import { TypeOrmSessionStore } from '../../libs/authkit/src/storage/typeorm/typeorm-session.store.js';
import { TypeOrmUserStateStore } from '../../libs/authkit/src/storage/typeorm/typeorm-user-state.store.js';
import { TypeOrmUserStore } from '../../libs/authkit/src/storage/typeorm/typeorm-user.store.js';
import { missingFor, prepareDatabase, type TestDatabase } from '../support/databases.js';
import { describeIf } from '../support/describe-if.js';
import { exactSessions, exactUsers } from './exact-text.js';

@Entity('people')
class Person extends AuthUserBase {
  @Column({ name: 'full_name', type: 'varchar', length: 100, nullable: true })
  fullName!: string | null;
}

type Stores = {
  devices: DeviceStore;
  users: UserStore;
  sessions: SessionStore;
  states: UserStateStore;
  outbox: OutboxStore;
  attempts: AttemptStore;
  tokens: OneTimeTokenStore;
  deletions: DeletionStore;
};
const clock = new FixedClock();
// With the table of users who live elsewhere, too.
const entities = [...new Set([...authKitEntities({ userEntity: Person }), ...authKitEntities({})])];
const cleanups: (() => Promise<void>)[] = [];

async function onTypeOrm(options: DataSourceOptions, drop?: () => Promise<void>): Promise<Stores> {
  // Each contract has a database of its own; all their pools together must fit into one server.
  const extra = options.type === 'postgres' ? { max: 4 } : { connectionLimit: 4 };
  const source = await new DataSource({ ...options, extra } as DataSourceOptions).initialize();
  cleanups.push(async () => {
    await source.destroy();
    await drop?.();
  });
  const users = new TypeOrmUserStore(source, Person as new () => AuthUser);
  return {
    users,
    sessions: new TypeOrmSessionStore(source, Person as new () => AuthUser, users),
    states: new TypeOrmUserStateStore(source),
    devices: new TypeOrmDeviceStore(source, Person as new () => AuthUser),
    tokens: new TypeOrmOneTimeTokenStore(source, Person),
    outbox: new TypeOrmOutboxStore(source),
    attempts: new TypeOrmAttemptStore(source, clock),
    deletions: new TypeOrmDeletionStore(source),
  };
}

const onPrepared = (prepared: TestDatabase) => onTypeOrm(prepared.options, prepared.drop);

const PLACES: Record<string, () => Promise<Stores>> = {
  memory: () => {
    const users = new MemoryUserStore();
    const states = new MemoryUserStateStore();
    const attempts = new MemoryAttemptStore(clock);
    const devices = new MemoryDeviceStore();
    const outbox = new MemoryOutboxStore();
    const deletions = new MemoryDeletionStore();
    const tokens = new MemoryOneTimeTokenStore();
    return Promise.resolve({
      users,
      sessions: new MemorySessionStore(users),
      states,
      devices,
      attempts,
      deletions,
      tokens,
      outbox,
    });
  },
  'SQLite by libsql': async () => onPrepared(await prepareDatabase('sqlite', entities)),
  PostgreSQL: async () => onPrepared(await prepareDatabase('postgres', entities)),
  MariaDB: async () => onPrepared(await prepareDatabase('mariadb', entities)),
  "MariaDB by TypeORM's type mysql": async () => {
    const { options, drop } = await prepareDatabase('mariadb', entities);
    return onTypeOrm({ ...options, type: 'mysql' } as DataSourceOptions, drop);
  },
};

// The alternative driver is no dependency, because installing it may need a compiler: a folder that has it is named here.
const betterSqlite3 = process.env['AUTHKIT_BETTER_SQLITE3'];
if (betterSqlite3) {
  const driver = createRequire(`${betterSqlite3}/package.json`)('better-sqlite3') as unknown;
  PLACES['SQLite by better-sqlite3'] = () =>
    onTypeOrm({ type: 'better-sqlite3', driver, database: ':memory:', entities, synchronize: true });
}

afterAll(async () => {
  for (const cleanup of cleanups) await cleanup();
});

const run = (cases: readonly ContractCase[]) => it.each(cases)('$name', ({ run: check }) => check());
const fields: UserStoreContractOptions['fields'] = [{ fullName: 'Ada' }, { fullName: 'Countess' }];

for (const [name, makeStores] of Object.entries(PLACES)) {
  describeIf(missingFor(name.startsWith('MariaDB') ? 'mariadb' : name), `stores in ${name}`, () => {
    const changes = ['updateProfile', 'changePassword', 'setActive', 'setRoles', 'setEmailVerified'] as const;
    const all = ['create', ...changes, 'changeEmail', 'changeUsername', 'remove'] as const;
    const supports = [
      ...all,
      'usernames',
      'epochs',
      ...(name === 'memory' ? (['changedSince'] as const) : []),
    ] as const;

    describe('users', () => run(userStoreContract(async () => (await makeStores()).users, { fields, supports })));
    describe('sessions', () => run(sessionStoreContract(makeStores)));
    describe('devices', () => run(deviceStoreContract(makeStores)));
    describe('one-time tokens', () => run(oneTimeTokenStoreContract(makeStores)));
    describe('mails to be sent', () => run(outboxStoreContract(async () => (await makeStores()).outbox)));
    describe('epochs of users elsewhere', () => run(userStateStoreContract(async () => (await makeStores()).states)));
    const pass = (ms: number) => clock.advance(ms);
    describe('attempts', () => run(attemptStoreContract(async () => ({ store: (await makeStores()).attempts, pass }))));
    describe('deletions', () => run(deletionStoreContract(async () => (await makeStores()).deletions)));
    if (name === 'memory') return;
    describe('exact text', () => {
      exactUsers(async () => (await makeStores()).users);
      exactSessions(makeStores);
    });
  });
}
