import type { KeyObject } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { serialize } from 'cookie';
import { LRUCache } from 'lru-cache';
import { Clock } from '../kernel/clock.js';
import { KeyRing } from '../kernel/key-ring.js';
import { randomToken } from '../kernel/random.js';
import { seal, unseal } from '../kernel/sealed.js';
import { RESOLVED_OPTIONS } from '../options/tokens.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import { cookieValues } from '../sessions/cookies.js';

/** What the cookie of a sign-in under way holds. */
interface Pending {
  readonly state: string;
  /** What the strategy wants back: the PKCE verifier. */
  readonly kept?: unknown;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

/** One sign-in of one browser at one provider, from the redirect to the callback. */
export interface SignInExchange {
  /** Set-Cookie values for the reply. */
  readonly cookies: readonly string[];
  /** Whether the state came back to the browser it was made for. */
  readonly isProven: boolean;
  begin(kept: unknown): string;
  /** What was kept, or null when the state is not this browser's, not this provider's, used, or expired. */
  redeem(state: unknown): { kept?: unknown } | null;
}

const LIFETIME_MS = 10 * 60_000;

/**
 * States of sign-ins at a provider (RFC 6749, 10.12): random, sealed into a cookie of the browser that began, bound to
 * the sign-in's name, good for ten minutes and once. Once: the cookie is deleted, and this node remembers; elsewhere
 * the provider's code, itself good for once, stands in the way.
 */
@Injectable()
export class SignInStates {
  private readonly used = new LRUCache<string, true>({ max: 10_000 });

  constructor(
    private readonly ring: KeyRing,
    private readonly clock: Clock,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  exchange(name: string, cookieHeader: string | undefined): SignInExchange {
    const cookies: string[] = [];
    const present = cookieValues(cookieHeader, this.cookieName(name));
    let isProven = false;
    return {
      cookies,
      get isProven() {
        return isProven;
      },
      begin: (kept) => {
        const state = randomToken(32);
        const pending: Pending = { state, kept, expiresAt: this.clock.now() + LIFETIME_MS };
        cookies.push(this.cookie(name, seal(this.keys[0], name, JSON.stringify(pending)), LIFETIME_MS / 1000));
        return state;
      },
      redeem: (state) => {
        // Good or bad, the attempt is over.
        if (present.length > 0) cookies.push(this.cookie(name, '', 0));
        // Two: one was planted, and which is unknowable.
        const pending = present.length === 1 ? this.open(name, present[0]) : null;
        if (!pending || pending.state !== state || this.clock.now() >= pending.expiresAt) return null;
        if (this.used.has(pending.state)) return null;
        this.used.set(pending.state, true);
        isProven = true;
        return pending;
      },
    };
  }

  private open(name: string, sealed: string): Pending | null {
    const text = unseal(this.keys, name, sealed);
    return text === null ? null : (JSON.parse(text) as Pending);
  }

  private get keys(): readonly KeyObject[] {
    return this.ring.keys('passport sign-in state');
  }

  private cookieName(name: string): string {
    return `${this.options.cookies.secure ? '__Host-' : ''}authkit_signin_${name}`;
  }

  /** Lax, because the way back from the provider is a navigation from another site. */
  private cookie(name: string, value: string, maxAge: number): string {
    const { secure } = this.options.cookies;
    return serialize(this.cookieName(name), value, { httpOnly: true, path: '/', secure, sameSite: 'lax', maxAge });
  }
}
