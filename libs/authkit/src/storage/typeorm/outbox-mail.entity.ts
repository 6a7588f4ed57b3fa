import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A mail that is to be sent. */
@Entity('auth_outbox')
export class AuthOutboxMail {
  @PrimaryColumn({ type: 'varchar', length: 36 })
  id!: string;

  /** No foreign key: the last mail to a user goes out when the user is gone. */
  @Index()
  @Column({ name: 'user_id', type: 'varchar', length: 64, nullable: true })
  userId!: string | null;

  @Column({ name: 'template', type: 'varchar', length: 64 })
  template!: string;

  /** Address and content, sealed: links are in it. */
  @Column({ name: 'sealed', type: 'text', select: false })
  sealed!: string;

  @Column({ name: 'created_at', type: 'bigint' })
  createdAt!: number;

  @Column({ name: 'attempts', type: 'int', default: 0 })
  attempts!: number;

  /** When it is due; null when it is not to be tried any more. */
  @Index()
  @Column({ name: 'due_at', type: 'bigint', nullable: true })
  dueAt!: number | null;

  /** Names the worker that is sending it. */
  @Column({ name: 'claim', type: 'varchar', length: 36, nullable: true })
  claim!: string | null;

  /** What the mail server said last; no address, no content. */
  @Column({ name: 'last_error', type: 'varchar', length: 255, nullable: true })
  lastError!: string | null;
}
