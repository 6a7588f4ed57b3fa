import type { CanActivate } from '@nestjs/common';
import { AuthKitError } from '../kernel/errors.js';

const guards = new WeakMap<object, CanActivate>();

/** Remembers which app has let a client in. */
export function keepGuard(client: object, guard: CanActivate): void {
  guards.set(client, guard);
}

/** The guard of the app that has let the client in. Throws 401 for a client that nobody has. */
export function guardOf(client: object): CanActivate {
  const guard = guards.get(client);
  if (guard) return guard;
  throw new AuthKitError('authentication_required', { reason: 'the client came by no server that is guarded' });
}
