import { HttpException } from '@nestjs/common';
import { RequestContext } from './request-context.js';

/** Every problem code with its HTTP status and title; clients may rely on the codes. */
export const PROBLEMS = {
  /** A route of the kit got broken JSON, no JSON object, bytes that are not UTF-8, a forbidden name (`__proto__`, `constructor`, `prototype`), nesting over 16 levels, or a name or form field twice. Send one plain JSON object. */
  malformed_body: [400, 'The request body is not valid JSON'],
  /** The id in the path is not percent-encoded UTF-8 (Express; Fastify answers in its own words). Encode it. */
  malformed_path: [400, 'The path is not valid'],
  /** Two `Authorization` headers, one of the kit's cookies twice, or a refresh token in body and cookie. Send one. */
  ambiguous_credentials: [400, 'The request carries more than one credential of a kind'],
  /** No credential, an unknown `Authorization` scheme, bearer tokens switched off, or no refresh token at refresh. Log in. */
  authentication_required: [401, 'Authentication is required'],
  /** Login: whatever is wrong. Password change, reauthentication: the password is wrong. Ask again. */
  invalid_credentials: [401, 'The credentials are not valid'],
  /** An access or refresh token that is not genuine, not this app's, or came the wrong way. Log in. */
  token_invalid: [401, 'The token is not valid'],
  /** An access token past its time: refresh. At refresh, a session past its idle or absolute timeout: log in. */
  token_expired: [401, 'The token has expired'],
  /** The session has ended: logout, revocation, password change, deactivation, reuse. Log in. */
  token_revoked: [401, 'The session has ended'],
  /** A role or permission is missing. Another login does not help, another account may. */
  insufficient_scope: [403, 'The role or permission for this is missing'],
  /** The kind of credential is not accepted on this handler: see `@AllowCredentials()`. */
  credential_not_allowed: [403, 'This kind of credential is not accepted here'],
  /** The user last proved who they are longer ago than `max_age` seconds. POST /auth/reauthenticate, and try again. */
  reauthentication_required: [403, 'A more recent authentication is required'],
  /** The call comes from an origin that is not allowed. Add a page of yours to `allowedOrigins`. */
  csrf_rejected: [403, 'The request comes from another site'],
  /** Cookies are involved and no header says where the call comes from. Send `Origin`, or use bearer tokens. */
  csrf_origin_missing: [403, 'The request does not say which site it comes from'],
  /** Login with `requireVerifiedEmail`: all else was right. Elsewhere: it is for users with a proven address. Prove it. */
  email_not_verified: [403, 'The e-mail address is not verified yet'],
  /** Login after failures, or registration: `captchaToken` is missing or not right. Show the widget. */
  captcha_required: [403, 'Solve the captcha first'],
  /** `registration.enabled` is false. An account is made by `AuthService.register()`. */
  registration_disabled: [403, 'Registration is closed'],
  /** `account.deletion.enabled` is false. `AuthService.deleteUser()` deletes accounts. */
  deletion_disabled: [403, 'Users cannot delete their accounts here'],
  /** Not a live session of this user. It may have ended meanwhile: list them again. */
  session_not_found: [404, 'There is no such session'],
  /** Not a device of this user. It may have been forgotten meanwhile: list them again. */
  device_not_found: [404, 'There is no such device'],
  /** `AuthService`: no such user. `/auth/me`: deleted meanwhile. */
  user_not_found: [404, 'There is no such user'],
  /** A path of the kit with another method; `Allow` names those there are. */
  method_not_allowed: [405, 'The method is not allowed here'],
  /** At register, without `requireVerifiedEmail`, and when a new address is confirmed. Log in, or choose another address. */
  email_taken: [409, 'The e-mail address is already registered'],
  /** At register and at a change of the username. Choose another. */
  username_taken: [409, 'The username is already taken'],
  /** Another unique column of the user is taken. Choose another value. */
  conflict: [409, 'The value is already in use'],
  /** The last active holder of `adminRole` would lose it, be deactivated or deleted. Appoint another first. */
  last_admin: [409, 'The last active administrator cannot be removed'],
  /** Another request changed the password first. Start again with the new one. */
  password_changed_meanwhile: [409, 'The password was changed by another request'],
  /** The link of a mail was used, has expired, was replaced by a newer one, or is not genuine. Ask for another. */
  link_invalid: [410, 'The link is not valid any more'],
  /** A body over 16 KiB on a route of the kit. */
  body_too_large: [413, 'The request body is too large'],
  /** Not JSON in UTF-8 (at `/auth/token`: not a form), or a content encoding. Send `application/json`. */
  unsupported_media_type: [415, 'The content type is not supported'],
  /** `errors` says which fields, and why. */
  validation_failed: [422, 'The request is not valid'],
  /** Fewer code points than `passwords.minLength`. Choose a longer one. */
  password_too_short: [422, 'The password is too short'],
  /** Over 1024 bytes. Choose a shorter one. */
  password_too_long: [422, 'The password is too long'],
  /** One of the common ones, or made of the user's or the app's names: `errors` says which (`common_password`, `context_word`, `simple_pattern`) and what to do. Choose another. */
  password_blocklisted: [422, 'The password is too easy to guess'],
  /** Known from a breach of another service, with `passwords.breachCheck`. Choose another, there too. */
  password_breached: [422, 'The password is known from a breach'],
  /** `AuthService`: not well-formed Unicode. Over HTTP that is `validation_failed` with `invalid_text`. */
  password_invalid: [422, 'The password is not valid text'],
  /** Too many failed logins, mails or registrations; the same whether there is such an account. Try again after `Retry-After` seconds. */
  rate_limited: [429, 'Too many attempts'],
  /** The user store lacks the method. Add it, or leave the call out. */
  not_supported: [501, 'The user store does not support this'],
  /** Too many passwords to hash. Try again after `Retry-After` seconds. */
  overloaded: [503, 'Too many logins at once'],
  /** The store cannot be asked, a session kept changing, or a password's pepper is not configured. Try again after `Retry-After` seconds. */
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
  /** With `reauthentication_required`: seconds since the last authentication, at most (RFC 9470). */
  max_age?: number;
}

export interface AuthKitErrorOptions {
  /** Shown to the client; no secrets, no internals. */
  detail?: string;
  errors?: FieldProblem[];
  /** Seconds; the problem's `max_age`. */
  maxAge?: number;
  /** Response headers that belong to the error. */
  headers?: Record<string, string>;
  /** The real reason, for events and logs only. */
  reason?: string;
  /** Whether the reply deletes the kit's cookies. */
  clearCookies?: boolean;
  cause?: unknown;
}

/** Seconds; what is not available is often back by then, and not flooded if not. */
const RETRY_AFTER_S = '5';

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
      ...(options.maxAge !== undefined && { max_age: options.maxAge }),
    };
    super(problem, status, { cause: options.cause });
    this.message = options.detail ?? title;
    this.reason = options.reason ?? code;
    this.clearCookies = options.clearCookies ?? false;
    this.headers = {
      ...(status === 401 && { 'WWW-Authenticate': challengeOf(code) }),
      ...(status === 503 && { 'Retry-After': RETRY_AFTER_S }),
      ...options.headers,
    };
  }

  get problem(): Problem {
    return this.getResponse() as Problem;
  }

  /** The problem, where graphql-js looks for what a GraphQL client is told beside the message. */
  get extensions(): Problem {
    return this.problem;
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
