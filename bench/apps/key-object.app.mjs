import { createSecretKey, randomBytes } from 'node:crypto';
import { Module, UnauthorizedException, UseGuards } from '@nestjs/common';
import jsonwebtoken from 'jsonwebtoken';
import { decorate } from '../lib/decorate.mjs';
import { helloController } from './hello.controller.mjs';

/** What somebody writes who knows that a KeyObject is cheap and a text secret is not; no session behind it. */
export function build() {
  const key = createSecretKey(randomBytes(48));
  class KeyObjectGuard {
    canActivate(context) {
      const request = context.switchToHttp().getRequest();
      const { authorization } = request.headers;
      if (!authorization?.startsWith('Bearer ')) throw new UnauthorizedException();
      try {
        request.user = jsonwebtoken.verify(authorization.slice(7), key, { algorithms: ['HS256'] });
      } catch {
        throw new UnauthorizedException();
      }
      return true;
    }
  }
  const controllers = [helloController({ guarded: [UseGuards(new KeyObjectGuard())] })];
  return {
    module: decorate(class AppModule {}, [Module({ controllers })]),
    commands: () => ({ token: () => jsonwebtoken.sign({ sub: 1, username: 'john' }, key, { expiresIn: '1d' }) }),
  };
}
