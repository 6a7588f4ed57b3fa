import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A row of the product's former membership system: passwords as it hashed them, and no way to change one. */
@Entity('legacy_members')
export class LegacyMember {
  @PrimaryColumn({ name: 'number', type: 'varchar', length: 20 })
  number!: string;

  @Column({ name: 'email', type: 'varchar', length: 254, unique: true })
  email!: string;

  @Column({ name: 'full_name', type: 'varchar', length: 100 })
  fullName!: string;

  /** scrypt with Node's default cost, in hex: `salt:digest`. */
  @Column({ name: 'password', type: 'varchar', length: 200 })
  password!: string;
}
