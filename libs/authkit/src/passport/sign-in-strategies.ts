import { Inject, Injectable, type OnModuleInit, type Type } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { AuthKitConfigError } from '../kernel/errors.js';
import { RESOLVED_OPTIONS } from '../options/tokens.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import {
  isRedirect,
  PASSPORT_OPTIONS,
  type CredentialSignIn,
  type PassportFeatureOptions,
  type PassportStrategyLike,
  type RedirectSignIn,
} from './passport-options.js';

/** A configured sign-in, its strategy found. */
type SignInEntry = (CredentialSignIn | RedirectSignIn) & { readonly instance: PassportStrategyLike };

/** The configured sign-ins; at boot their strategies are looked up and what cannot work is refused. */
@Injectable()
export class SignInStrategies implements OnModuleInit {
  private readonly entries = new Map<string, SignInEntry>();

  constructor(
    private readonly moduleRef: ModuleRef,
    @Inject(PASSPORT_OPTIONS) private readonly feature: PassportFeatureOptions,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  onModuleInit(): void {
    for (const [name, signIn] of Object.entries(this.feature.signIn ?? {})) {
      if (isRedirect(signIn)) this.assertRedirect(`passport.signIn.${name}`, signIn);
      this.entries.set(name, { ...signIn, instance: this.instanceOf(name, signIn.strategy) });
    }
  }

  get(name: string): SignInEntry {
    const entry = this.entries.get(name);
    if (!entry) throw new Error(`passport.signIn has no ${name}`);
    return entry;
  }

  private instanceOf(name: string, strategy: PassportStrategyLike | Type<PassportStrategyLike>): PassportStrategyLike {
    if (typeof strategy !== 'function') return strategy;
    try {
      return this.moduleRef.get(strategy, { strict: false });
    } catch {
      throw new AuthKitConfigError(
        `passport.signIn.${name}.strategy`,
        `${strategy.name} is no singleton provider of any module`,
        'List it in the providers of one module, without a scope.',
      );
    }
  }

  private assertRedirect(path: string, { successUrl, failureUrl }: RedirectSignIn): void {
    this.assertOwnPath(`${path}.successUrl`, successUrl);
    if (failureUrl !== undefined) this.assertOwnPath(`${path}.failureUrl`, failureUrl);
    if (!this.options.credentials.cookie) {
      throw new AuthKitConfigError(
        path,
        'it hands the session to a browser in cookies, and credentials.cookie is false',
        'Switch cookies on, or drop successUrl and let clients post credentials.',
      );
    }
  }

  /** A path and nothing that a browser would read as another host (`//evil`, `/\evil`, a tab between). */
  private assertOwnPath(path: string, url: string): void {
    const { origin } = new URL(this.options.baseUrl);
    const isOwn =
      /^\/(?![/\\])[\x21-\x7e]*$/.test(url) && !url.includes('\\') && new URL(url, origin).origin === origin;
    if (!isOwn) {
      throw new AuthKitConfigError(
        path,
        `${JSON.stringify(url)} is no path of this app`,
        'Give a path such as /welcome.',
      );
    }
  }
}
