import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { Observable } from 'rxjs';
import { callContextOf } from './call-reader.js';

/** Opens the context of a call that is no HTTP request around its handler, parameters included. */
@Injectable()
export class CallContextInterceptor implements NestInterceptor {
  intercept(call: ExecutionContext, next: CallHandler): Observable<unknown> {
    const context = callContextOf(call);
    if (!context) return next.handle();
    return new Observable((subscriber) => context.run(() => next.handle().subscribe(subscriber)));
  }
}
