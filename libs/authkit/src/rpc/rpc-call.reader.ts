import { Inject, Injectable, Optional, type ExecutionContext } from '@nestjs/common';
import type { Authentication } from '../access/authenticator.js';
import { CallReader, type Call } from '../access/call-reader.js';
import { RolePolicy } from '../access/role-policy.js';
import { Clock } from '../kernel/clock.js';
import { AuthKitError } from '../kernel/errors.js';
import type { Principal } from '../kernel/principal.js';
import { RequestContext } from '../kernel/request-context.js';
import { SessionCache } from '../sessions/session-cache.js';
import { assertPattern, patternName, verifyIdentity, type IdentityClaims } from './identity.js';
import { RpcKeys } from './rpc-keys.js';
import { openMessage, type IdentifiedMessage } from './rpc-message.js';
import { RPC_OPTIONS, type ResolvedRpcOptions } from './rpc-options.js';
import { SignedPrincipal } from './signed.principal.js';
import { TakenIdentities } from './taken-identities.js';

/** Metadata of an optional peer, which is not imported for a string. */
export const PATTERN_METADATA = 'microservices:pattern';

/** Messages of other services: their signed identity says for whom they come. */
@Injectable()
export class RpcCallReader extends CallReader {
  override readonly type = 'rpc';
  /** A message is judged by the global guard and by that of its handler, and its identity is good for one. */
  private readonly calls = new WeakMap<object, Call>();
  /** Nest gives each handler of an event the same message; one that is sent again arrives as another object. */
  private readonly verified = new WeakMap<IdentifiedMessage, { claims: IdentityClaims; taken: Promise<void> }>();

  constructor(
    private readonly keys: RpcKeys,
    private readonly taken: TakenIdentities,
    private readonly roles: RolePolicy,
    private readonly clock: Clock,
    @Inject(RPC_OPTIONS) private readonly options: ResolvedRpcOptions,
    @Optional() @Inject(SessionCache) private readonly cache: SessionCache | null,
  ) {
    super();
  }

  override read(call: ExecutionContext): Call {
    const args = call.getArgs<object[]>();
    let known = this.calls.get(args);
    if (!known) this.calls.set(args, (known = this.callOf(call)));
    return known;
  }

  /** The filter of the handlers makes it what the other service gets. */
  override refusalOf(error: AuthKitError): Error {
    return error;
  }

  private callOf(call: ExecutionContext): Call {
    const message = openMessage(call);
    const patterns = [Reflect.getMetadata(PATTERN_METADATA, call.getHandler()) as unknown].flat().map(patternName);
    const context = RequestContext.ofMessage(patterns[0]);
    let found: Promise<Authentication | null> | undefined;
    return {
      context,
      authenticate: (liveSession) => (found ??= this.authenticate(message, patterns, liveSession)),
    };
  }

  private async authenticate(
    message: IdentifiedMessage,
    patterns: readonly string[],
    liveSession: boolean,
  ): Promise<Authentication | null> {
    if (message.authkit === null) return null;
    const { claims, taken } = this.verify(message, message.authkit, patterns);
    await taken;
    return { principal: await this.principalOf(claims, liveSession), via: 'header' };
  }

  private verify(message: IdentifiedMessage, identity: string, patterns: readonly string[]) {
    let known = this.verified.get(message);
    if (known) {
      assertPattern(known.claims, patterns);
    } else {
      const claims = verifyIdentity(this.keys.all, identity, { patterns, data: message.data }, this.clock.now());
      known = { claims, taken: this.taken.take(claims) };
      this.verified.set(message, known);
    }
    return known;
  }

  private async principalOf(claims: IdentityClaims, liveSession: boolean): Promise<Principal> {
    const { kind, id, sessionId } = claims.caller;
    if (kind !== 'user' || sessionId === undefined || !this.cache || this.options.trustSender) {
      return new SignedPrincipal(claims, this.roles);
    }
    const snapshot = await this.cache.get(sessionId, id, liveSession);
    if (!snapshot) throw new AuthKitError('token_revoked', { reason: 'the session is dead' });
    if (snapshot.userId !== id) throw new AuthKitError('token_invalid', { reason: 'not the user of the session' });
    return snapshot.principal;
  }
}
