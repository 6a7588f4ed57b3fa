import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { InjectRepository } from '@nestjs/typeorm';
import { AuthKitError, AuthService } from 'nest-authkit';
import { Strategy } from 'passport-local';
import type { Repository } from 'typeorm';
import { User } from '../users/user.entity.js';
import { LegacyMember } from './legacy-member.entity.js';
import { verifyLegacyPassword } from './legacy-password.js';

/** passport-local against the former table. It says who the user is; the session is the kit's. */
@Injectable()
export class LegacyStrategy extends PassportStrategy(Strategy, 'legacy') {
  constructor(
    @InjectRepository(LegacyMember) private readonly members: Repository<LegacyMember>,
    @InjectRepository(User) private readonly users: Repository<User>,
    private readonly auth: AuthService<User>,
  ) {
    super();
  }

  async validate(number: string, password: string): Promise<{ id: string } | false> {
    // PostgreSQL cannot store NUL, so nobody's number has one.
    const member = number.includes('\0') ? null : await this.members.findOneBy({ number });
    if (!(await verifyLegacyPassword(password, member?.password)) || !member) return false;
    return (await this.userOf(member)) ?? this.makeUser(member);
  }

  private userOf({ number }: LegacyMember): Promise<User | null> {
    return this.users.findOneBy({ legacyNumber: number });
  }

  /** At the first login. Account and link are one row, so there is never the one without the other. */
  private async makeUser(member: LegacyMember): Promise<User> {
    const { number: legacyNumber, email, fullName } = member;
    try {
      return await this.auth.register({ email, password: null, fullName, legacyNumber });
    } catch (error) {
      // Either another login of this member was faster, or somebody else has an account with this address: then no.
      const isTaken = error instanceof AuthKitError && error.getStatus() === 409;
      const user = isTaken ? await this.userOf(member) : null;
      if (!user) throw error;
      return user;
    }
  }
}
