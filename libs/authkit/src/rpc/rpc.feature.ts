import type { AuthKitFeature } from '../features/feature.js';
import { durationMs } from '../kernel/duration.js';
import { AuthKitConfigError } from '../kernel/errors.js';
import { weaknessOf } from '../options/weak-secret.js';
import { MAX_LIFETIME_MS } from './identity.js';
import { RpcCallReader } from './rpc-call.reader.js';
import { RpcGuard, RpcHandlers } from './rpc-handlers.js';
import { RpcIdentity } from './rpc-identity.js';
import { RpcKeys } from './rpc-keys.js';
import { RPC_OPTIONS, type ResolvedRpcOptions, type RpcFeatureOptions } from './rpc-options.js';
import { TakenIdentities } from './taken-identities.js';

/** Guards the message handlers of microservices, and tells other services on whose behalf messages are sent. */
export function rpc(options: RpcFeatureOptions = {}): AuthKitFeature {
  return {
    name: 'rpc',
    callReader: RpcCallReader,
    providers: [
      { provide: RPC_OPTIONS, useValue: resolve(options) },
      ...[RpcKeys, TakenIdentities, RpcIdentity, RpcGuard, RpcHandlers],
    ],
    exports: [RpcIdentity],
  };
}

function resolve({
  secret,
  lifetime = '10s',
  replay = 'node',
  trustSender = false,
}: RpcFeatureOptions): ResolvedRpcOptions {
  const milliseconds = durationMs(lifetime);
  if (!milliseconds || milliseconds > MAX_LIFETIME_MS) {
    throw new AuthKitConfigError('rpc.lifetime', `it is ${lifetime}`, "Give up to '30s'.");
  }
  const secrets = secret === undefined ? null : [secret].flat();
  const weakness = secrets?.length === 0 ? 'is missing' : secrets?.map(weaknessOf).find((one) => one !== null);
  if (weakness) {
    throw new AuthKitConfigError('rpc.secret', `it ${weakness}`, 'Make a random one: openssl rand -base64 48.');
  }
  return { secrets, lifetime: milliseconds, replay, trustSender };
}
