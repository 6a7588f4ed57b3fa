import { Controller, Get } from '@nestjs/common';
import { decorate } from '../lib/decorate.mjs';

/** The app's own routes, the same in every variant: GET /open and GET /guarded, with the decorators given. */
export function helloController({ open = [], guarded = [] } = {}) {
  class HelloController {
    open() {
      return { ok: true };
    }
    guarded() {
      return { ok: true };
    }
  }
  return decorate(HelloController, [Controller()], {
    open: [Get('open'), ...open],
    guarded: [Get('guarded'), ...guarded],
  });
}
