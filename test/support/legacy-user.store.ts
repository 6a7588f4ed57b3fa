import { Injectable } from '@nestjs/common';
import { UserStore, type LoginIdentifier, type NewUser, type UserRecord } from 'nest-authkit';

interface LegacyRow {
  number: number;
  mail: string;
  hash: string | null;
  groups: string[];
  verified: boolean;
}

/** A host's old table as a store: numeric ids, no usernames, no epochs, and nothing but the two finders. */
@Injectable()
export class LegacyUserStore extends UserStore {
  private readonly rows: LegacyRow[] = [];

  override findById(id: string): UserRecord | null {
    return toRecord(this.rows.find(({ number }) => String(number) === id));
  }

  override findByIdentifier(identifier: LoginIdentifier): UserRecord | null {
    return toRecord(this.rows.find((row) => 'email' in identifier && row.mail === identifier.email));
  }

  /** As the host's own code does; the id the user has then. */
  add({ email, passwordHash, roles, emailVerified }: NewUser): string {
    const number = this.rows.length + 1;
    this.rows.push({ number, mail: email, hash: passwordHash, groups: [...roles], verified: emailVerified });
    return String(number);
  }
}

function toRecord(row: LegacyRow | undefined): UserRecord | null {
  if (!row) return null;
  const { number, mail: email, hash: passwordHash, groups, verified: emailVerified } = row;
  const createdAt = new Date(0);
  return {
    user: { id: String(number), email, emailVerified, active: true, roles: [...groups], createdAt },
    passwordHash,
  };
}
