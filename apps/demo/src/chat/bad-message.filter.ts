import { BadRequestException, Catch, type ArgumentsHost } from '@nestjs/common';
import { BaseWsExceptionFilter, WsException } from '@nestjs/websockets';

/** Tells clients what the validation pipe finds wrong with a message, as event `exception`. */
@Catch(BadRequestException)
export class BadMessageFilter extends BaseWsExceptionFilter {
  override catch(error: BadRequestException, host: ArgumentsHost): void {
    super.catch(new WsException(error.getResponse()), host);
  }
}
