import type { Type } from '@nestjs/common';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { UserKey, userIdLength } from './user-key.js';

/** The table of known devices for one user entity. */
export function deviceEntity(userEntity: Type<object> | undefined): Type<object> {
  @Entity('auth_devices')
  class AuthDevice {
    @PrimaryColumn({ type: 'varchar', length: 36 })
    id!: string;

    @Index()
    @UserKey(userEntity)
    @Column({ name: 'user_id', type: 'varchar', length: userIdLength(userEntity) })
    userId!: string;

    /** No foreign key: the device outlives the session in which it became known. */
    @Column({ name: 'session_id', type: 'varchar', length: 36 })
    sessionId!: string;

    @Column({ name: 'user_agent', type: 'varchar', length: 512, nullable: true })
    userAgent!: string | null;

    @Column({ name: 'ip', type: 'varchar', length: 45, nullable: true })
    ip!: string | null;

    @Column({ name: 'created_at', type: 'bigint' })
    createdAt!: number;

    @Column({ name: 'last_seen_at', type: 'bigint' })
    lastSeenAt!: number;

    @Column({ name: 'revoked_at', type: 'bigint', nullable: true })
    revokedAt!: number | null;
  }
  return AuthDevice;
}
