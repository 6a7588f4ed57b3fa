import type { IncomingMessage } from 'node:http';
import { Inject, Injectable, Optional, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Clock } from '../kernel/clock.js';
import { AuthKitError } from '../kernel/errors.js';
import { AuthEvents } from '../kernel/events.js';
import type { Principal } from '../kernel/principal.js';
import { nodeRequest, RequestContext, type RequestLike } from '../kernel/request-context.js';
import { RESOLVED_OPTIONS } from '../options/tokens.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import { UserStore } from '../storage/user.store.js';
import { ProblemWriter } from '../http/problem-writer.js';
import { AUTHENTICATORS, type Authentication, type Authenticator } from './authenticator.js';
import { authorize } from './authorize.js';
import { callContextOf, CALL_READERS, keepCallContext, type CallReader } from './call-reader.js';
import { assertSameSite } from './csrf.js';
import { ruleOf, type RouteRule } from './route-rule.js';

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Decides for every handler of the app who may call it; denies by default. Synchronous, and without a statement, while
 * the caller's session is cached. Protected methods are there to be overridden.
 */
@Injectable()
export class AuthKitGuard implements CanActivate {
  constructor(
    @Inject(AUTHENTICATORS) private readonly authenticators: readonly Authenticator[],
    @Optional() @Inject(UserStore) private readonly users: UserStore | null,
    private readonly events: AuthEvents,
    private readonly problems: ProblemWriter,
    @Inject(RESOLVED_OPTIONS)
    private readonly options: Pick<ResolvedOptions, 'allowedOrigins'> &
      Partial<Pick<ResolvedOptions, 'session' | 'dangerouslyUnguardedSockets'>>,
    private readonly clock: Clock,
    @Optional() @Inject(CALL_READERS) private readonly readers: readonly CallReader[] | null = null,
  ) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const rule = ruleOf(context.getHandler(), context.getClass());
    if (rule.public) return true;
    try {
      if (context.getType<string>() !== 'http') return this.judgeCall(context, rule);
      const request = nodeRequest(context.switchToHttp().getRequest<RequestLike>());
      const found = this.authenticate(request, rule);
      if (!(found instanceof Promise)) return this.admit(found, rule, request);
      return found
        .then((authenticated) => this.admit(authenticated, rule, request))
        .catch((error: unknown) => this.refuse(error, context));
    } catch (error) {
      return this.refuse(error, context);
    }
  }

  /** Who the request's credential belongs to; null when it carries none. */
  protected authenticate(
    request: IncomingMessage,
    rule: RouteRule,
  ): Authentication | null | Promise<Authentication | null> {
    const { authenticators } = this;
    if (authenticators.length === 1) return authenticators[0].authenticate(request, this.readsSession(rule));
    return this.authenticateByAny(request, rule);
  }

  /** Whether the rule can only be judged by the session's row: where sessions are not looked at, tokens tell too little. */
  protected readsSession(rule: RouteRule): boolean {
    return rule.liveSession || (rule.verifiedEmail && this.options.session?.check === 'never');
  }

  /** Lets the caller in, or throws the problem that says why not. */
  protected admit(found: Authentication | null, rule: RouteRule, request: IncomingMessage): boolean {
    this.letIn(found?.principal, rule, RequestContext.of(request));
    if (found?.via === 'cookie' && !SAFE_METHODS.has(request.method ?? '')) {
      assertSameSite({ headers: request.headers, allowedOrigins: this.options.allowedOrigins, involvesCookies: true });
    }
    return true;
  }

  /** Lets the caller of something else than an HTTP request in; a type of call without a reader is denied. */
  protected async judgeCall(context: ExecutionContext, rule: RouteRule): Promise<boolean> {
    try {
      const reader = this.readerOf(context);
      if (!reader) return this.judgeUnread(context);
      const call = reader.read(context);
      keepCallContext(context, call.context);
      return await call.context.run(async () => {
        const found = await call.authenticate(this.readsSession(rule));
        this.letIn(found?.principal, rule, call.context);
        return true;
      });
    } catch (error) {
      return this.refuse(error, context);
    }
  }

  private judgeUnread(context: ExecutionContext): boolean {
    const type = context.getType<string>();
    if (type === 'ws' && this.options.dangerouslyUnguardedSockets === true) return true;
    throw new AuthKitError('authentication_required', { reason: `nothing reads ${type} calls` });
  }

  private readerOf(context: ExecutionContext): CallReader | undefined {
    return this.readers?.find(({ type }) => type === context.getType<string>());
  }

  private letIn(principal: Principal | undefined, rule: RouteRule, context: RequestContext): void {
    context.principal = principal;
    authorize(principal ?? null, rule, this.clock.now());
    const { users } = this;
    if (users && principal?.kind === 'user') context.loadUser = () => loadUserOnce(users, context, principal.id);
  }

  private async authenticateByAny(request: IncomingMessage, rule: RouteRule): Promise<Authentication | null> {
    for (const authenticator of this.authenticators) {
      const found = await authenticator.authenticate(request, this.readsSession(rule));
      if (found) return found;
    }
    return null;
  }

  /** Headers are written before the throw, so that the app needs no exception filter to answer properly. */
  protected refuse(error: unknown, context: ExecutionContext): never {
    const refusal =
      error instanceof AuthKitError ? error : new AuthKitError('unavailable', { reason: String(error), cause: error });
    const isHttp = context.getType<string>() === 'http';
    const call = isHttp ? RequestContext.of(context.switchToHttp().getRequest<RequestLike>()) : callContextOf(context);
    if (isHttp) this.problems.writeHead(context.switchToHttp().getResponse(), refusal);
    if (call) {
      call.refusal = refusal;
      void this.events.emit(
        'authorization.denied',
        { code: refusal.code, reason: refusal.reason, method: call.method, path: call.path },
        { subject: call.principal?.id },
      );
    }
    throw (!isHttp && this.readerOf(context)?.refusalOf(refusal, context)) || refusal;
  }
}

function loadUserOnce(users: UserStore, context: RequestContext, id: string): Promise<unknown> {
  const loaded = Promise.resolve(users.findById(id)).then((record) => record?.user ?? null);
  context.loadUser = () => loaded;
  return loaded;
}
