import { Inject, Injectable } from '@nestjs/common';
import { AuthKitError } from '../kernel/errors.js';
import { hookContext, type HookContext } from '../kernel/hook-context.js';
import { RESOLVED_OPTIONS } from '../options/tokens.js';
import type { ResolvedOptions } from '../options/resolve-options.js';

const CODE = /^[a-z][a-z0-9_]{0,63}$/;

/** Asks `registration.emailPolicy` whether an address may be used. */
@Injectable()
export class EmailPolicyGate {
  constructor(@Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions) {}

  /**
   * Throws `validation_failed` (422) with the policy's code, or `unavailable` (503) when the policy throws.
   *
   * @param email in canonical form
   * @param field of the request that holds the address
   */
  async assertAcceptable(email: string, action: HookContext['action'], field = 'email'): Promise<void> {
    const verdict = await this.verdictOn(email, action);
    if (verdict === true) return;
    const code = typeof verdict === 'string' && CODE.test(verdict) ? verdict : 'email_refused';
    throw new AuthKitError('validation_failed', {
      errors: [{ field, code, detail: 'This address cannot be used here.' }],
    });
  }

  private async verdictOn(email: string, action: HookContext['action']): Promise<unknown> {
    const { emailPolicy } = this.options.registration;
    if (!emailPolicy) return true;
    try {
      return await emailPolicy(email, hookContext(action));
    } catch (cause) {
      throw new AuthKitError('unavailable', { reason: 'registration.emailPolicy threw', cause });
    }
  }
}
