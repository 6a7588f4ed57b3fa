import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { LegacyMember } from './legacy-member.entity.js';
import { hashLegacyPassword } from './legacy-password.js';

/** Somebody to try the former table with. */
@Injectable()
export class SampleMember {
  constructor(@InjectRepository(LegacyMember) private readonly members: Repository<LegacyMember>) {}

  /** Makes one with a random password. */
  async make(): Promise<{ number: string; password: string }> {
    const number = 'M-1001';
    const password = randomBytes(18).toString('base64url');
    await this.members.save({
      number,
      email: 'member@example.com',
      fullName: 'Mary Member',
      password: await hashLegacyPassword(password),
    });
    return { number, password };
  }
}
