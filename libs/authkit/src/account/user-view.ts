import { Inject, Injectable, type Type } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import type { AuthKitStaticOptions } from '../options/authkit-options.js';
import { STATIC_OPTIONS } from '../options/tokens.js';
import type { AuthUser } from '../storage/user.store.js';
import { AuthUserDto } from './account.dto.js';

/** Turns a user into what replies show: only what the `dto.user` class exposes. */
@Injectable()
export class UserView {
  private readonly dto: Type<object>;

  constructor(@Inject(STATIC_OPTIONS) options: AuthKitStaticOptions) {
    this.dto = options.dto?.user ?? AuthUserDto;
  }

  of(user: AuthUser): object {
    return plainToInstance(this.dto, { ...user, username: user.username ?? null }, { excludeExtraneousValues: true });
  }
}
