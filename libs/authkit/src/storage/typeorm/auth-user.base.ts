import { Column, Index, PrimaryColumn } from 'typeorm';
import type { AuthUser } from '../user.store.js';
import { instant } from './instant.transformer.js';

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the shape TypeScript asks of a mixin's base class
type AnyConstructor = abstract new (...args: any[]) => object;

/** Names of the kit's columns in the host's table, by property, where they are not the usual ones. */
export type AuthUserColumnNames = Partial<Record<Exclude<keyof AuthUser | HiddenColumn, 'roles'>, string>>;
type HiddenColumn = 'passwordHash' | 'sessionEpoch' | 'changedAt';

/**
 * The kit's columns of a user, on top of the host's own base class.
 *
 * @param names columns that have another name in an existing table, e.g. `{ email: 'mail' }`
 */
export function withAuthUser<B extends AnyConstructor>(Base: B, names: AuthUserColumnNames = {}) {
  abstract class AuthUserColumns extends Base implements AuthUser {
    @PrimaryColumn({ name: names.id, type: 'varchar', length: 36 })
    id!: string;

    /** Canonical: trimmed, lower case, NFC. */
    @Column({ name: names.email ?? 'email', type: 'varchar', length: 254, unique: true })
    email!: string;

    @Column({ name: names.username ?? 'username', type: 'varchar', length: 64, nullable: true, unique: true })
    username!: string | null;

    @Column({ name: names.emailVerified ?? 'email_verified', type: Boolean, default: false })
    emailVerified!: boolean;

    @Column({ name: names.active ?? 'active', type: Boolean, default: true })
    active!: boolean;

    /** Never loaded into the entity, like the next column. */
    @Column({
      name: names.passwordHash ?? 'password_hash',
      type: 'varchar',
      length: 255,
      nullable: true,
      select: false,
    })
    passwordHash!: string | null;

    @Column({ name: names.sessionEpoch ?? 'session_epoch', type: 'int', default: 0, select: false })
    sessionEpoch!: number;

    @Column(instant(names.createdAt ?? 'created_at', { default: 0 }))
    createdAt!: Date;

    /** When activity, roles, epoch or password last changed; read by the change feed. */
    @Index()
    @Column(instant(names.changedAt ?? 'changed_at', { default: 0, select: false }))
    changedAt!: Date;

    /** Roles assigned; rows of `auth_user_roles`, filled in by the kit. */
    roles!: string[];
  }
  return AuthUserColumns;
}

/** Base of the host's user entity: `@Entity() class User extends AuthUserBase { @Column() fullName: string }`. */
export abstract class AuthUserBase extends withAuthUser(class {}) {}
