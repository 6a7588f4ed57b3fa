import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** An account that is to be erased, or was lately. */
@Entity('auth_account_deletions')
export class AuthAccountDeletion {
  /** No foreign key: when the user is gone, other nodes must still learn of it. */
  @PrimaryColumn({ name: 'user_id', type: 'varchar', length: 64 })
  userId!: string;

  @Column({ name: 'requested_by', type: 'varchar', length: 8 })
  by!: string;

  @Column({ name: 'requested_at', type: 'bigint' })
  requestedAt!: number;

  @Index()
  @Column({ name: 'due_at', type: 'bigint' })
  dueAt!: number;

  /** When another node may take the work over. */
  @Column({ name: 'claimed_until', type: 'bigint', default: 0 })
  claimedUntil!: number;

  /** Read by the change feed. */
  @Index()
  @Column({ name: 'erased_at', type: 'bigint', nullable: true })
  erasedAt!: number | null;
}
