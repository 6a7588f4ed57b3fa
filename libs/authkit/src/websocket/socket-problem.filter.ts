import { Catch, type ArgumentsHost } from '@nestjs/common';
import { BaseWsExceptionFilter, WsException } from '@nestjs/websockets';
import { AuthKitError } from '../kernel/errors.js';

/** Tells clients the problem of an error that a gateway has thrown, as event `exception`; Nest would say "Internal server error". */
@Catch(AuthKitError)
export class SocketProblemFilter extends BaseWsExceptionFilter {
  override catch(error: AuthKitError, host: ArgumentsHost): void {
    super.catch(new WsException(error.problem), host);
  }
}
