import type { JsonWebKey } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../kernel/clock.js';
import { keyIdOf, KeyRing } from '../kernel/key-ring.js';
import { publicJwk, type SigningKey, type VerificationKey } from '../kernel/signing-key.js';
import { RESOLVED_OPTIONS } from '../options/tokens.js';
import type { ResolvedOptions } from '../options/resolve-options.js';

/** Keys by the name that tokens give them. */
export interface VerificationKeys {
  find(kid: string): VerificationKey | undefined;
}

/** The ring that signs access tokens: the configured keys, else HS256 keys derived from the secrets. */
@Injectable()
export class AccessTokenKeys implements VerificationKeys {
  /** In the order of the options. */
  readonly all: readonly SigningKey[];
  private readonly byId: ReadonlyMap<string, SigningKey>;

  constructor(
    @Inject(RESOLVED_OPTIONS) { accessToken }: ResolvedOptions,
    ring: KeyRing,
    private readonly clock: Clock,
  ) {
    this.all = accessToken.keys ?? ring.keys('access-token HS256').map((key) => derived(key));
    this.byId = new Map(this.all.map((key) => [key.kid, key]));
  }

  find(kid: string): SigningKey | undefined {
    return this.byId.get(kid);
  }

  /** The key that signs now: the first that can and whose time has come. */
  get signing(): SigningKey {
    const now = this.clock.now();
    const able = this.all.filter(({ signWith }) => signWith);
    return able.find(({ signsFrom }) => signsFrom <= now) ?? able[0];
  }

  /** The public halves, those that do not sign yet too; nothing of an HS256 key. */
  get publicKeys(): JsonWebKey[] {
    return this.all.map((key) => publicJwk(key)).filter((jwk) => jwk !== null);
  }
}

function derived(key: VerificationKey['key']): SigningKey {
  return { kid: keyIdOf(key), alg: 'HS256', key, signWith: key, signsFrom: 0 };
}
