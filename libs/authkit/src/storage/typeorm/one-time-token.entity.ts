import type { Type } from '@nestjs/common';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { UserKey, userIdLength } from './user-key.js';

/** The table of one-time tokens for one user entity. */
export function oneTimeTokenEntity(userEntity: Type<object> | undefined): Type<object> {
  // One row per user, purpose and slot, so that a new link puts an end to the one before.
  @Entity('auth_one_time_tokens')
  class AuthOneTimeToken {
    @UserKey(userEntity)
    @PrimaryColumn({ name: 'user_id', type: 'varchar', length: userIdLength(userEntity) })
    userId!: string;

    @PrimaryColumn({ name: 'purpose', type: 'varchar', length: 32 })
    purpose!: string;

    @PrimaryColumn({ name: 'slot', type: 'varchar', length: 36 })
    slot!: string;

    @Index()
    @Column({ name: 'hash', type: 'varchar', length: 43, select: false })
    hash!: string;

    @Column({ name: 'email', type: 'varchar', length: 254 })
    email!: string;

    @Column({ name: 'fingerprint', type: 'varchar', length: 43, nullable: true })
    fingerprint!: string | null;

    @Column({ name: 'created_at', type: 'bigint' })
    createdAt!: number;

    @Index()
    @Column({ name: 'expires_at', type: 'bigint' })
    expiresAt!: number;

    @Column({ name: 'consumed_at', type: 'bigint', nullable: true })
    consumedAt!: number | null;
  }
  return AuthOneTimeToken;
}
