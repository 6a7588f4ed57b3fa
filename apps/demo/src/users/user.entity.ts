import { AuthUserBase } from 'nest-authkit';
import { Column, Entity } from 'typeorm';

@Entity('users')
export class User extends AuthUserBase {
  @Column({ name: 'full_name', type: 'varchar', length: 100, nullable: true })
  fullName!: string | null;

  @Column({ name: 'about', type: 'varchar', length: 1000, nullable: true })
  about!: string | null;

  /** Of a member of the former system, once signed in here. */
  @Column({ name: 'legacy_number', type: 'varchar', length: 20, nullable: true, unique: true })
  legacyNumber!: string | null;
}
