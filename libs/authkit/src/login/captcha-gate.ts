import { Inject, Injectable } from '@nestjs/common';
import { AuthKitError } from '../kernel/errors.js';
import { hookContext } from '../kernel/hook-context.js';
import { RESOLVED_OPTIONS } from '../options/tokens.js';
import type { ResolvedOptions } from '../options/resolve-options.js';

/** Asks the host's hook whether a client has solved the captcha. */
@Injectable()
export class CaptchaGate {
  constructor(@Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions) {}

  /** Whether it has been asked for. Throws `captcha_required` (403) once so many passwords have failed, or `unavailable` (503). */
  async assertForLogin(token: string | undefined | null, failures: number): Promise<boolean> {
    const { captcha } = this.options;
    if (!captcha || token === null || failures < captcha.afterFailures) return false;
    await this.assert(token, 'login');
    return true;
  }

  /** Throws `captcha_required` (403) or `unavailable` (503). */
  async assertForRegistration(token: string | undefined): Promise<void> {
    if (this.options.captcha?.atRegistration) await this.assert(token, 'register');
  }

  private async assert(token: string | undefined, action: 'login' | 'register'): Promise<void> {
    if (!token || !(await this.verified(token, action))) throw new AuthKitError('captcha_required');
  }

  private async verified(token: string, action: 'login' | 'register'): Promise<boolean> {
    try {
      // Nothing but true: a hook that forgets to answer must not open the door.
      return (await this.options.captcha!.verify(token, hookContext(action))) === true;
    } catch (cause) {
      throw new AuthKitError('unavailable', { reason: 'captcha.verify threw', cause });
    }
  }
}
