import type { DynamicModule, Provider } from '@nestjs/common';
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { Clock, SystemClock } from './kernel/clock.js';
import { AuthKitConfigError } from './kernel/errors.js';
import type { AuthKitStaticOptions } from './options/authkit-options.js';
import { AUTH_DATA_SOURCE } from './options/tokens.js';
import { DeviceStore } from './storage/device.store.js';
import { DeletionStore } from './storage/deletion.store.js';
import { ExternalUserStore } from './storage/external-user.store.js';
import { MemoryUnitOfWork } from './storage/memory/memory-unit-of-work.js';
import { MemoryUserStateStore } from './storage/memory/memory-user-state.store.js';
import { OneTimeTokenStore } from './storage/one-time-token.store.js';
import { OutboxStore } from './storage/outbox.store.js';
import { SessionStore } from './storage/session.store.js';
import { DatabaseClock } from './storage/typeorm/database-clock.js';
import { authKitEntities } from './storage/typeorm/entities.js';
import { TypeOrmDeviceStore } from './storage/typeorm/typeorm-device.store.js';
import { TypeOrmDeletionStore } from './storage/typeorm/typeorm-deletion.store.js';
import { TypeOrmOneTimeTokenStore } from './storage/typeorm/typeorm-one-time-token.store.js';
import { TypeOrmOutboxStore } from './storage/typeorm/typeorm-outbox.store.js';
import { AttemptStore } from './storage/attempt.store.js';
import { MemoryAttemptStore } from './storage/memory/memory-attempt.store.js';
import { TypeOrmAttemptStore } from './storage/typeorm/typeorm-attempt.store.js';
import { TypeOrmSessionStore } from './storage/typeorm/typeorm-session.store.js';
import { TypeOrmUnitOfWork } from './storage/typeorm/typeorm-unit-of-work.js';
import { TypeOrmUserStateStore } from './storage/typeorm/typeorm-user-state.store.js';
import { TypeOrmUserStore } from './storage/typeorm/typeorm-user.store.js';
import { UnitOfWork } from './storage/unit-of-work.js';
import { UserStateStore } from './storage/user-state.store.js';
import { UserStore } from './storage/user.store.js';

/** The part of the module that depends on where users and sessions live. */
export function storageOf(options: AuthKitStaticOptions): { imports: DynamicModule[]; providers: Provider[] } {
  const { userEntity, storage = {} } = options;
  if (!userEntity && !storage.users) {
    throw new AuthKitConfigError(
      'userEntity',
      'there is neither userEntity nor storage.users',
      'Write `@Entity() class User extends AuthUserBase {}` and pass userEntity: User.',
    );
  }
  if (userEntity && storage.users) {
    throw new AuthKitConfigError('storage.users', 'it is given beside userEntity', 'Keep the one where users live.');
  }
  const { users, sessions, oneTimeTokens, outbox, devices, deletions } = storage;
  const usesTypeOrm = [users, sessions, oneTimeTokens, outbox, devices, deletions].includes(undefined);
  const source = getDataSourceToken(options.dataSource);
  const onTypeOrm = (token: abstract new () => object, make: (one: DataSource) => object): Provider => ({
    provide: token,
    inject: [source],
    useFactory: make,
  });
  return {
    imports: usesTypeOrm ? [TypeOrmModule.forFeature(authKitEntities(options), options.dataSource)] : [],
    providers: [
      ...(usesTypeOrm ? [{ provide: AUTH_DATA_SOURCE, useExisting: source }] : []),
      usesTypeOrm
        ? { provide: Clock, inject: [source], useFactory: (one: DataSource) => new DatabaseClock(one) }
        : { provide: Clock, useClass: SystemClock },
      usesTypeOrm
        ? onTypeOrm(UnitOfWork, (one) => new TypeOrmUnitOfWork(one))
        : { provide: UnitOfWork, useClass: MemoryUnitOfWork },
      oneTimeTokens
        ? { provide: OneTimeTokenStore, useClass: oneTimeTokens }
        : onTypeOrm(OneTimeTokenStore, (one) => new TypeOrmOneTimeTokenStore(one, userEntity)),
      devices
        ? { provide: DeviceStore, useClass: devices }
        : onTypeOrm(DeviceStore, (one) => new TypeOrmDeviceStore(one, userEntity)),
      outbox
        ? { provide: OutboxStore, useClass: outbox }
        : onTypeOrm(OutboxStore, (one) => new TypeOrmOutboxStore(one)),
      deletions
        ? { provide: DeletionStore, useClass: deletions }
        : onTypeOrm(DeletionStore, (one) => new TypeOrmDeletionStore(one)),
      ...userStoreProviders(options, usesTypeOrm),
      attemptStoreProvider(options, usesTypeOrm),
      sessions
        ? { provide: SessionStore, useClass: sessions }
        : {
            provide: SessionStore,
            inject: [source, UserStore],
            useFactory: (one: DataSource, users: UserStore) => new TypeOrmSessionStore(one, userEntity, users),
          },
    ],
  };
}

function userStoreProviders(
  { userEntity, storage, dataSource }: AuthKitStaticOptions,
  usesTypeOrm: boolean,
): Provider[] {
  const source = getDataSourceToken(dataSource);
  if (!storage?.users) {
    const make = (one: DataSource) => new TypeOrmUserStore(one, userEntity!);
    return [{ provide: UserStore, inject: [source], useFactory: make }];
  }
  return [
    storage.users,
    usesTypeOrm
      ? { provide: UserStateStore, inject: [source], useFactory: (one: DataSource) => new TypeOrmUserStateStore(one) }
      : { provide: UserStateStore, useClass: MemoryUserStateStore },
    {
      provide: UserStore,
      inject: [storage.users, UserStateStore],
      useFactory: (users: UserStore, state: UserStateStore) => new ExternalUserStore(users, state),
    },
  ];
}

function attemptStoreProvider({ storage = {}, dataSource }: AuthKitStaticOptions, usesTypeOrm: boolean): Provider {
  const { attempts } = storage;
  if (attempts instanceof AttemptStore) return { provide: AttemptStore, useValue: attempts };
  if (attempts) return { provide: AttemptStore, useClass: attempts };
  if (!usesTypeOrm) return { provide: AttemptStore, useClass: MemoryAttemptStore };
  return {
    provide: AttemptStore,
    inject: [getDataSourceToken(dataSource), Clock],
    useFactory: (source: DataSource, clock: Clock) => new TypeOrmAttemptStore(source, clock),
  };
}
