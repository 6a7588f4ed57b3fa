import { Column, Index, PrimaryColumn } from 'typeorm';
import type { AuthUser } from '../user.store.js';
import { instant } from './instant.transformer.js';

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the shape TypeScript asks of a mixin's base class
type AnyConstructor = abstract new (...args: any[]) => object;

/** The kit's columns of a user, on top of the host's own base class. */
export function withAuthUser<B extends AnyConstructor>(Base: B) {
  abstract class AuthUserColumns extends Base implements AuthUser {
    @PrimaryColumn({ type: 'varchar', length: 36 })
    id!: string;

    /** Canonical: trimmed, lower case, NFC. */
    @Column({ name: 'email', type: 'varchar', length: 254, unique: true })
    email!: string;

    @Column({ name: 'username', type: 'varchar', length: 64, nullable: true, unique: true })
    username!: string | null;

    @Column({ name: 'email_verified', type: Boolean, default: false })
    emailVerified!: boolean;

    @Column({ name: 'active', type: Boolean, default: true })
    active!: boolean;

    /** Never loaded into the entity, like the next column. */
    @Column({ name: 'password_hash', type: 'varchar', length: 255, nullable: true, select: false })
    passwordHash!: string | null;

    @Column({ name: 'session_epoch', type: 'int', default: 0, select: false })
    sessionEpoch!: number;

    @Column(instant('created_at', { default: 0 }))
    createdAt!: Date;

    /** When activity, roles, epoch or password last changed; read by the change feed. */
    @Index()
    @Column(instant('changed_at', { default: 0, select: false }))
    changedAt!: Date;

    /** Roles assigned; rows of `auth_user_roles`, filled in by the kit. */
    roles!: string[];
  }
  return AuthUserColumns;
}

/** Base of the host's user entity: `@Entity() class User extends AuthUserBase { @Column() fullName: string }`. */
export abstract class AuthUserBase extends withAuthUser(class {}) {}
