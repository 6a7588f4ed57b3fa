import { Catch, HttpException, Injectable, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { BaseExceptionFilter, HttpAdapterHost } from '@nestjs/core';
import { AuthKitError, type ProblemCode } from '../kernel/errors.js';
import { AuthEvents } from '../kernel/events.js';
import { RequestContext, type RequestLike } from '../kernel/request-context.js';
import { ProblemWriter } from './problem-writer.js';

/** Refusals that have an event of their own, `login.failed`. */
const TOLD = new Set<ProblemCode>(['invalid_credentials', 'email_not_verified']);
const BUGS = [TypeError, RangeError, ReferenceError, SyntaxError];

/**
 * Answers errors of the kit's own routes as problems; a host's controllers that call AuthService may use it too. What a host's pipe or guard throws there stays as it is; what a
 * store throws is 503, because nobody can be let in on its word.
 */
@Catch()
@Injectable()
export class ProblemFilter extends BaseExceptionFilter implements ExceptionFilter {
  private readonly logger = new Logger('AuthKit');

  constructor(
    private readonly adapterHost: HttpAdapterHost,
    private readonly problems: ProblemWriter,
    private readonly events: AuthEvents,
  ) {
    super();
  }

  override catch(exception: unknown, host: ArgumentsHost): void {
    const error = this.problemOf(exception);
    if (!error) {
      super.catch(exception, host);
      return;
    }
    const http = host.switchToHttp();
    const context = RequestContext.of(http.getRequest<RequestLike>());
    const isRefusal = error.getStatus() === 401 || error.getStatus() === 403;
    if (isRefusal && context.refusal !== error && !TOLD.has(error.code)) {
      const { method, path } = context;
      void this.events.emit('authorization.denied', { code: error.code, reason: error.reason, method, path });
    }
    this.problems.writeHead(http.getResponse(), error);
    this.adapterHost.httpAdapter.reply(http.getResponse(), error.problem, error.getStatus());
  }

  private problemOf(exception: unknown): AuthKitError | null {
    if (exception instanceof AuthKitError) return exception;
    if (exception instanceof HttpException) return null;
    if (BUGS.some((type) => exception instanceof type)) return null;
    const stack = exception instanceof Error ? exception.stack : String(exception);
    this.logger.error('a dependency failed', stack);
    return new AuthKitError('unavailable', { reason: String(exception), cause: exception });
  }
}
