import type { KeyObject } from 'node:crypto';
import { Inject, Injectable, Optional } from '@nestjs/common';
import { AuthKitConfigError } from '../kernel/errors.js';
import { KeyRing } from '../kernel/key-ring.js';
import { RPC_OPTIONS, type ResolvedRpcOptions } from './rpc-options.js';

/** What identities are signed with. */
@Injectable()
export class RpcKeys {
  /** The first signs, all verify. */
  readonly all: readonly KeyObject[];

  constructor(@Inject(RPC_OPTIONS) { secrets }: ResolvedRpcOptions, @Optional() @Inject(KeyRing) ring: KeyRing | null) {
    const own = secrets ? new KeyRing(secrets) : ring;
    if (!own) throw new AuthKitConfigError('rpc.secret', 'it is missing', 'Give the secret that the services share.');
    this.all = own.keys('rpc identity');
  }
}
