import { Catch, type ExceptionFilter } from '@nestjs/common';
import { throwError, type Observable } from 'rxjs';
import { AuthKitError } from '../kernel/errors.js';

/** The other service gets the problem; by itself Nest tells it of an internal error. */
@Catch(AuthKitError)
export class RpcProblemFilter implements ExceptionFilter<AuthKitError> {
  catch(error: AuthKitError): Observable<never> {
    return throwError(() => error.problem);
  }
}
