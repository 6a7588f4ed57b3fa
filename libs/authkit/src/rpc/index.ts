export { rpc } from './rpc.feature.js';
export { RpcIdentity, type RpcClient, type RpcClientLike } from './rpc-identity.js';
export type { RpcCaller } from './identity.js';
export type { RpcFeatureOptions } from './rpc-options.js';
