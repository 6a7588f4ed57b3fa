import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { InjectRepository } from '@nestjs/typeorm';
import { AuthKitError, AuthService } from 'nest-authkit';
import type { Repository } from 'typeorm';
import type { DemoConfig } from '../demo-config.js';
import { User } from './user.entity.js';

/** Somebody has to give out the first role. */
@Injectable()
export class FirstAdmin {
  constructor(
    @InjectRepository(User) private readonly users: Repository<User>,
    private readonly auth: AuthService,
    private readonly config: ConfigService<DemoConfig, true>,
  ) {}

  /** Makes an admin with a random password when there is no user at all; else, or when another node was first, null. */
  async ensure(): Promise<{ email: string; password: string } | null> {
    if (await this.users.exists()) return null;
    const email = this.config.get('adminEmail', { infer: true });
    const password = randomBytes(18).toString('base64url');
    try {
      await this.auth.register({ email, password, fullName: 'Admin' }, { roles: ['admin'], emailVerified: true });
      return { email, password };
    } catch (error) {
      // E-mail addresses are unique, so of several nodes only one gets here without an error.
      if (error instanceof AuthKitError && error.code === 'email_taken') return null;
      throw error;
    }
  }
}
