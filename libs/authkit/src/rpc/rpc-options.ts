import type { Duration } from '../kernel/duration.js';

/** Options of `rpc()`. */
export interface RpcFeatureOptions {
  /**
   * Shared by the services that believe each other; of several the first signs, all verify. 32 bytes or more.
   *
   * @default derived from `secret` of the module, for services that are nodes of one app
   */
  secret?: string | readonly string[];
  /** How long an identity is good for, at most 30 s. @default '10s' */
  lifetime?: Duration;
  /**
   * Where it is noted that an identity was taken: in this process, or in the `AttemptStore` for all nodes, which costs a
   * statement a message.
   *
   * @default 'node'
   */
  replay?: 'node' | 'shared';
  /**
   * Believes the roles that the sender has signed, and reads no session. For services that have a database of their own,
   * without the users'.
   *
   * @default false with `AuthKitModule`, true with `ResourceServerModule`
   */
  trustSender?: boolean;
}

/** The options with every default applied; milliseconds. */
export interface ResolvedRpcOptions {
  readonly secrets: readonly string[] | null;
  readonly lifetime: number;
  readonly replay: 'node' | 'shared';
  readonly trustSender: boolean;
}

/** Injection token of the resolved options. */
export const RPC_OPTIONS = Symbol.for('nest-authkit:rpc-options');
