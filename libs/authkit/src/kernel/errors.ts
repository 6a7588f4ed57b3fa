import { HttpException } from '@nestjs/common';
import { RequestContext } from './request-context.js';

/** Every problem code with its HTTP status and title; clients may rely on the codes. */
export const PROBLEMS = {
  malformed_body: [400, 'The request body is not valid JSON'],
  malformed_path: [400, 'The path is not valid'],
  ambiguous_credentials: [400, 'The request carries more than one credential of a kind'],
  authentication_required: [401, 'Authentication is required'],
  invalid_credentials: [401, 'The credentials are not valid'],
  token_invalid: [401, 'The token is not valid'],
  token_expired: [401, 'The token has expired'],
  token_revoked: [401, 'The session has ended'],
  insufficient_scope: [403, 'The role or permission for this is missing'],
  credential_not_allowed: [403, 'This kind of credential is not accepted here'],
  csrf_rejected: [403, 'The request comes from another site'],
  csrf_origin_missing: [403, 'The request does not say which site it comes from'],
  email_not_verified: [403, 'The e-mail address is not verified yet'],
  registration_disabled: [403, 'Registration is closed'],
  session_not_found: [404, 'There is no such session'],
  user_not_found: [404, 'There is no such user'],
  method_not_allowed: [405, 'The method is not allowed here'],
  email_taken: [409, 'The e-mail address is already registered'],
  username_taken: [409, 'The username is already taken'],
  conflict: [409, 'The value is already in use'],
  last_admin: [409, 'The last active administrator cannot be removed'],
  password_changed_meanwhile: [409, 'The password was changed by another request'],
  body_too_large: [413, 'The request body is too large'],
  unsupported_media_type: [415, 'The content type is not supported'],
  validation_failed: [422, 'The request is not valid'],
  password_too_short: [422, 'The password is too short'],
  password_too_long: [422, 'The password is too long'],
  password_invalid: [422, 'The password is not valid text'],
  not_supported: [501, 'The user store does not support this'],
  overloaded: [503, 'Too many logins at once'],
  unavailable: [503, 'A service needed to decide is not available'],
} as const satisfies Record<string, readonly [number, string]>;

export type ProblemCode = keyof typeof PROBLEMS;

/** One field of a request that was refused. */
export interface FieldProblem {
  field: string;
  code: string;
  detail: string;
}

/** RFC 9457 problem details, the body of every error. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  code: ProblemCode;
  detail?: string;
  instance?: string;
  requestId?: string;
  errors?: FieldProblem[];
}

export interface AuthKitErrorOptions {
  /** Shown to the client; no secrets, no internals. */
  detail?: string;
  errors?: FieldProblem[];
  /** Response headers that belong to the error. */
  headers?: Record<string, string>;
  /** The real reason, for events and logs only. */
  reason?: string;
  /** Whether the reply deletes the kit's cookies. */
  clearCookies?: boolean;
  cause?: unknown;
}

/** The kit's one error: an HttpException whose response is the problem, so a host needs no filter to show it. */
export class AuthKitError extends HttpException {
  /** Response headers that belong to the error, e.g. `WWW-Authenticate` (RFC 6750) or `Retry-After`. */
  readonly headers: Readonly<Record<string, string>>;
  /** The real reason; never part of the response. */
  readonly reason: string;
  /** Whether the reply deletes the kit's cookies: what they hold is certainly worthless. */
  readonly clearCookies: boolean;

  constructor(
    readonly code: ProblemCode,
    options: AuthKitErrorOptions = {},
  ) {
    const [status, title] = PROBLEMS[code];
    const context = RequestContext.current();
    const problem: Problem = {
      type: `urn:nest-authkit:problem:${code}`,
      title,
      status,
      code,
      ...(options.detail !== undefined && { detail: options.detail }),
      ...(context && { instance: context.path, requestId: context.requestId }),
      ...(options.errors && { errors: options.errors }),
    };
    super(problem, status, { cause: options.cause });
    this.message = options.detail ?? title;
    this.reason = options.reason ?? code;
    this.clearCookies = options.clearCookies ?? false;
    this.headers = { ...(status === 401 && { 'WWW-Authenticate': challengeOf(code) }), ...options.headers };
  }

  get problem(): Problem {
    return this.getResponse() as Problem;
  }
}

/** RFC 6750, section 3: no `error` when nothing was presented. */
function challengeOf(code: ProblemCode): string {
  return code.startsWith('token_') ? 'Bearer error="invalid_token"' : 'Bearer';
}

/** A configuration the kit refuses to start with: where, what, and what to do. */
export class AuthKitConfigError extends Error {
  constructor(
    readonly path: string,
    readonly problem: string,
    readonly remedy: string,
  ) {
    super(`nest-authkit: ${path}: ${problem}. ${remedy}`);
    this.name = 'AuthKitConfigError';
  }
}
