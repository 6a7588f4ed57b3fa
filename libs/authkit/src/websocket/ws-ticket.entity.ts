import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** The table of tickets. No keys to other tables: a ticket lives for seconds, and is worth what its session is. */
@Entity('auth_ws_tickets')
export class AuthWsTicket {
  @PrimaryColumn({ name: 'hash', type: 'varchar', length: 43 })
  hash!: string;

  @Column({ name: 'session_id', type: 'varchar', length: 36 })
  sessionId!: string;

  @Column({ name: 'user_id', type: 'varchar', length: 64 })
  userId!: string;

  @Index()
  @Column({ name: 'expires_at', type: 'bigint' })
  expiresAt!: number;
}
