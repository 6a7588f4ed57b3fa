import type { IncomingMessage } from 'node:http';
import { Injectable, type ExecutionContext } from '@nestjs/common';
import type { Authentication } from '../access/authenticator.js';
import { AuthKitGuard } from '../access/authkit.guard.js';
import { ruleOf } from '../access/route-rule.js';
import { AuthKitError } from '../kernel/errors.js';
import { nodeRequest, RequestContext, type RequestLike } from '../kernel/request-context.js';

class Undeclared {
  handle(this: void): void {}
}
/** The rule of a handler that declares nothing. */
const ANY_USER = ruleOf(Undeclared.prototype.handle, Undeclared);

/** What `AuthKitGuard` does besides authenticating, for requests that `AuthGuard('authkit')` guards. */
@Injectable()
export class PassportAdmission extends AuthKitGuard {
  /** The CSRF check of cookies; from here on decorators and events know who acts. */
  enter(found: Authentication, request: IncomingMessage): void {
    this.admit(found, ANY_USER, request);
  }

  /** What the handler demands besides: its decorators hold without `AuthKitGuard` too. */
  async enforce(context: ExecutionContext, incoming: RequestLike): Promise<void> {
    const rule = ruleOf(context.getHandler(), context.getClass());
    if (!rule.explicit || rule.public) return;
    const request = nodeRequest(incoming);
    const { principal } = RequestContext.of(request);
    // The credential, and with it the CSRF check, is behind us; but the session may have been a cached one.
    const admitted: Authentication | null = principal ? { principal, via: 'header' } : null;
    this.admit(this.readsSession(rule) ? await this.authenticate(request, rule) : admitted, rule, request);
  }

  /** Headers and event as for any refusal; throws it. What is not the kit's own error goes its own way. */
  override refuse(error: unknown, context: ExecutionContext): never {
    if (error instanceof AuthKitError) return super.refuse(error, context);
    throw error;
  }
}
