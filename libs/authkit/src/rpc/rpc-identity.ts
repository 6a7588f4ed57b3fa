import { Inject, Injectable } from '@nestjs/common';
import { defer, type Observable } from 'rxjs';
import { Clock } from '../kernel/clock.js';
import { RequestContext } from '../kernel/request-context.js';
import { signIdentity, type RpcCaller } from './identity.js';
import { RpcKeys } from './rpc-keys.js';
import type { IdentifiedMessage } from './rpc-message.js';
import { RPC_OPTIONS, type ResolvedRpcOptions } from './rpc-options.js';

/** The part of Nest's ClientProxy that sends. */
export interface RpcClientLike {
  send<Result, Input>(pattern: unknown, data: Input): Observable<Result>;
  emit<Result, Input>(pattern: unknown, data: Input): Observable<Result>;
}

/** A client whose messages carry an identity. */
export interface RpcClient {
  /** As ClientProxy.send(): sent when it is subscribed to, each time with an identity of its own. */
  send<Result>(pattern: unknown, data?: unknown): Observable<Result>;
  /** As ClientProxy.emit(): sent at once. */
  emit<Result>(pattern: unknown, data?: unknown): Observable<Result>;
}

/** Says to other services on whose behalf a message is sent. */
@Injectable()
export class RpcIdentity {
  constructor(
    private readonly keys: RpcKeys,
    private readonly clock: Clock,
    @Inject(RPC_OPTIONS) private readonly options: ResolvedRpcOptions,
  ) {}

  /**
   * A client that sends in the name of the caller, or of the service itself.
   *
   * @param caller who to speak for @default the principal of the request or message being served, or nobody
   */
  client(proxy: RpcClientLike, caller?: RpcCaller): RpcClient {
    return {
      send: <Result>(pattern: unknown, data?: unknown) => {
        const who = caller ?? currentCaller();
        return defer(() => proxy.send<Result, IdentifiedMessage>(pattern, this.attach(pattern, data, who)));
      },
      emit: (pattern, data) => proxy.emit(pattern, this.attach(pattern, data, caller ?? currentCaller())),
    };
  }

  /** The payload to send, with an identity for this one message; `caller` null says that it is nobody's. */
  attach(pattern: unknown, data: unknown, caller: RpcCaller | null = currentCaller()): IdentifiedMessage {
    const time = { now: this.clock.now(), lifetime: this.options.lifetime };
    // Also for nobody: what a client sent as data must not be taken for an identity.
    return { authkit: caller && signIdentity(this.keys.all[0], caller, { pattern, data }, time), data };
  }
}

function currentCaller(): RpcCaller | null {
  return RequestContext.current()?.principal ?? null;
}
