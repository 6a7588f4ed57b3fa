import type { ExecutionContext } from '@nestjs/common';
import { AuthGuard, type IAuthGuard } from '@nestjs/passport';
import { AuthKitError } from '../kernel/errors.js';
import type { RequestLike } from '../kernel/request-context.js';
import type { PassportAdmission } from './passport-admission.js';

/** Of the guard class; as properties, because they are replaced. */
interface GuardMethods {
  canActivate: (this: IAuthGuard, context: ExecutionContext) => Promise<boolean>;
  handleRequest: (this: IAuthGuard, ...args: Parameters<IAuthGuard['handleRequest']>) => unknown;
}

/**
 * Lets `AuthGuard(name)` refuse as `AuthKitGuard` does, with headers and event, where its own answer would be a bare
 * 401. @nestjs/passport makes one class a name, so the host's guards of that name, and their subclasses, are meant.
 * A subclass that overrides `handleRequest()` has the last word, as ever.
 */
export function refuseInOwnWords(
  name: string,
  admissionOf: (request: RequestLike) => PassportAdmission | undefined,
): void {
  patch(AuthGuard(name).prototype as GuardMethods, admissionOf, () => true);
  // AuthGuard() without a name is another class; it means the default strategy of PassportModule.
  patch(AuthGuard().prototype as GuardMethods, admissionOf, (guard) => guard.options?.defaultStrategy === name);
}

type Configured = IAuthGuard & { options?: { defaultStrategy?: unknown } };

function patch(
  guard: GuardMethods,
  admissionOf: (request: RequestLike) => PassportAdmission | undefined,
  isMeant: (guard: Configured) => boolean,
): void {
  const { canActivate, handleRequest } = guard;

  guard.canActivate = async function (context) {
    if (!isMeant(this)) return canActivate.call(this, context);
    // The host may say where its request is (GraphQL).
    const request = this.getRequest(context) as RequestLike;
    const admission = admissionOf(request);
    if (!admission) throw new AuthKitError('unavailable', { reason: 'a request of an app the strategy does not know' });
    try {
      const admitted = await canActivate.call(this, context);
      await admission.enforce(context, request);
      return admitted;
    } catch (error) {
      return admission.refuse(error, context);
    }
  };

  guard.handleRequest = function (...args) {
    const [error, user, info] = args as unknown[];
    if (!error && !user && info instanceof AuthKitError) throw info;
    return handleRequest.apply(this, args);
  };
}
