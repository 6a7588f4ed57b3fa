import type { Type } from '@nestjs/common';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { AuthKitFeature } from '../../features/feature.js';
import { deviceEntity } from './device.entity.js';
import { AuthAccountDeletion } from './account-deletion.entity.js';
import { oneTimeTokenEntity } from './one-time-token.entity.js';
import { AuthOutboxMail } from './outbox-mail.entity.js';
import { UserKey, userIdLength } from './user-key.js';

/** The library's entities for one user entity. */
export interface AuthEntities {
  session: Type<object>;
  userRole: Type<object>;
  lock: Type<object>;
  userState: Type<object>;
  oneTimeToken: Type<object>;
  outboxMail: Type<object>;
  device: Type<object>;
  accountDeletion: Type<object>;
}

@Entity('auth_locks')
class AuthLock {
  /** One row per thing that only one transaction at a time may change. */
  @PrimaryColumn({ type: 'varchar', length: 32 })
  name!: string;

  @Column({ name: 'taken', type: 'int', default: 0 })
  taken!: number;
}

@Entity('auth_user_state')
export class AuthUserState {
  @PrimaryColumn({ name: 'user_id', type: 'varchar', length: 64 })
  userId!: string;

  @Column({ name: 'session_epoch', type: 'int', default: 0 })
  sessionEpoch!: number;

  @Index()
  @Column({ name: 'changed_at', type: 'bigint' })
  changedAt!: number;
}

@Entity('auth_attempts')
export class AuthAttempt {
  /** What is counted, and a keyed hash of whose it is. */
  @PrimaryColumn({ name: 'attempt_key', type: 'varchar', length: 80 })
  key!: string;

  @Column({ name: 'attempt_count', type: 'int' })
  count!: number;

  @Index()
  @Column({ name: 'ends_at', type: 'bigint' })
  endsAt!: number;
}

// Relations between decorated classes need the host's class, so the entities are made per user entity, once.
const made = new WeakMap<Type<object>, AuthEntities>();
const withoutUsers = {} as { entities?: AuthEntities };

/** The entities that point at this user entity; without one (users live elsewhere) they point at nothing. */
export function entitiesFor(userEntity: Type<object> | undefined): AuthEntities {
  const known = userEntity ? made.get(userEntity) : withoutUsers.entities;
  if (known) return known;
  const entities = makeEntities(userEntity);
  if (userEntity) made.set(userEntity, entities);
  else withoutUsers.entities = entities;
  return entities;
}

function makeEntities(userEntity: Type<object> | undefined): AuthEntities {
  @Entity('auth_sessions')
  class AuthSession {
    @PrimaryColumn({ type: 'varchar', length: 36 })
    id!: string;

    @Index()
    @UserKey(userEntity)
    @Column({ name: 'user_id', type: 'varchar', length: userIdLength(userEntity) })
    userId!: string;

    @Column({ name: 'epoch', type: 'int' })
    epoch!: number;

    @Column({ name: 'generation', type: 'int' })
    generation!: number;

    @Column({ name: 'seed', type: 'varchar', length: 43, select: false })
    seed!: string;

    @Column({ name: 'key_id', type: 'varchar', length: 12, default: '' })
    keyId!: string;

    @Column({ name: 'transport', type: 'varchar', length: 6 })
    transport!: string;

    @Column({ name: 'amr', type: 'varchar', length: 255 })
    amr!: string;

    @Column({ name: 'authenticated_at', type: 'bigint' })
    authenticatedAt!: number;

    @Column({ name: 'created_at', type: 'bigint' })
    createdAt!: number;

    @Column({ name: 'rotated_at', type: 'bigint', nullable: true })
    rotatedAt!: number | null;

    @Column({ name: 'last_used_at', type: 'bigint' })
    lastUsedAt!: number;

    @Column({ name: 'idle_expires_at', type: 'bigint' })
    idleExpiresAt!: number;

    @Index()
    @Column({ name: 'absolute_expires_at', type: 'bigint' })
    absoluteExpiresAt!: number;

    @Column({ name: 'revoked_at', type: 'bigint', nullable: true })
    revokedAt!: number | null;

    @Column({ name: 'revoked_reason', type: 'varchar', length: 32, nullable: true })
    revokedReason!: string | null;

    @Column({ name: 'ip', type: 'varchar', length: 45, nullable: true })
    ip!: string | null;

    @Column({ name: 'user_agent', type: 'varchar', length: 512, nullable: true })
    userAgent!: string | null;

    @Index()
    @Column({ name: 'changed_at', type: 'bigint' })
    changedAt!: number;
  }

  @Entity('auth_user_roles')
  class AuthUserRole {
    @UserKey(userEntity)
    @PrimaryColumn({ name: 'user_id', type: 'varchar', length: userIdLength(userEntity) })
    userId!: string;

    @Index()
    @PrimaryColumn({ name: 'role', type: 'varchar', length: 64 })
    role!: string;
  }

  return {
    session: AuthSession,
    userRole: AuthUserRole,
    lock: AuthLock,
    userState: AuthUserState,
    oneTimeToken: oneTimeTokenEntity(userEntity),
    outboxMail: AuthOutboxMail,
    device: deviceEntity(userEntity),
    accountDeletion: AuthAccountDeletion,
  };
}

/**
 * Every entity the kit needs, for a DataSource that lists its entities (migrations, the TypeORM CLI, tests).
 * With `autoLoadEntities: true` in TypeOrmModule it is not needed.
 */
export function authKitEntities(options: {
  userEntity?: Type<object>;
  features?: readonly AuthKitFeature[];
}): Type<object>[] {
  const { session, userRole, lock, userState, ...others } = entitiesFor(options.userEntity);
  const own = options.userEntity ? [options.userEntity, session, userRole, lock] : [session, userState];
  const { oneTimeToken, outboxMail, device, accountDeletion } = others;
  const features = (options.features ?? []).flatMap((feature) => feature.entities ?? []);
  return [...own, oneTimeToken, outboxMail, AuthAttempt, device, accountDeletion, ...features];
}
