import { RequestMethod } from '@nestjs/common';
import { HTTP_CODE_METADATA, METHOD_METADATA } from '@nestjs/common/constants.js';
import {
  ApiExtraModels,
  ApiOperation,
  ApiProperty,
  ApiPropertyOptional,
  ApiResponse,
  getSchemaPath,
  type DocumentBuilder,
} from '@nestjs/swagger';
import type { FieldProblem, Problem, ProblemCode } from '../kernel/errors.js';

type Target = MethodDecorator & ClassDecorator;

class FieldProblemDto implements FieldProblem {
  @ApiProperty({ type: String, example: 'email' })
  field!: string;

  @ApiProperty({ type: String, example: 'is_string' })
  code!: string;

  @ApiProperty({ type: String })
  detail!: string;
}

/** RFC 9457 problem details: the body of every error. */
export class ProblemDto implements Problem {
  @ApiProperty({ type: String, example: 'urn:nest-authkit:problem:token_expired' })
  type!: string;

  @ApiProperty({ type: String })
  title!: string;

  @ApiProperty({ type: Number, example: 401 })
  status!: number;

  @ApiProperty({ type: String, example: 'token_expired' })
  code!: ProblemCode;

  @ApiPropertyOptional({ type: String })
  detail?: string;

  @ApiPropertyOptional({ type: String, description: 'Path of the request.' })
  instance?: string;

  @ApiPropertyOptional({ type: String, description: 'Names this request in the events.' })
  requestId?: string;

  @ApiPropertyOptional({ type: [FieldProblemDto] })
  errors?: FieldProblemDto[];

  @ApiPropertyOptional({ type: Number, description: 'With reauthentication_required: seconds (RFC 9470).' })
  max_age?: number;
}

/** Documents a problem reply. */
export function ApiProblem(status: number, description: string): Target {
  const problem = ApiResponse({
    status,
    description,
    content: { 'application/problem+json': { schema: { $ref: getSchemaPath(ProblemDto) } } },
  });
  return both(ApiExtraModels(ProblemDto), problem);
}

/** Documents a handler or a controller that needs a credential. */
export function documentProtected(needs = 'The role or permission is missing.'): Target {
  return both(ApiProblem(401, 'No credential, or not a valid one.'), ApiProblem(403, needs), keepSuccess);
}

const RESPONSES = 'swagger/apiResponse';

/** Swagger writes the success it assumes only where no reply is declared; ours must not take it away. */
function keepSuccess(_target: object, _property?: string | symbol, descriptor?: PropertyDescriptor): void {
  if (!descriptor) return;
  const handler = descriptor.value as object;
  // Later, because decorators above this one (@Post, @HttpCode, @ApiOkResponse) have not run yet.
  queueMicrotask(() => {
    const responses = (Reflect.getMetadata(RESPONSES, handler) ?? {}) as Record<string, object>;
    if (Object.keys(responses).some((status) => /^([23]\d\d|default)$/.test(status))) return;
    const isPost = Reflect.getMetadata(METHOD_METADATA, handler) === RequestMethod.POST;
    const status = (Reflect.getMetadata(HTTP_CODE_METADATA, handler) as number | undefined) ?? (isPost ? 201 : 200);
    Reflect.defineMetadata(RESPONSES, { ...responses, [status]: { description: '' } }, handler);
  });
}

const OPERATION = 'swagger/apiOperation';

/** Documents a handler, or those handlers of a controller that have no rule of their own, as needing no credential. */
export function documentPublic(): Target {
  return (target: object, property?: string | symbol, descriptor?: PropertyDescriptor) => {
    if (property !== undefined && descriptor) return markPublic(target, property, descriptor);
    const prototype = (target as { prototype: object }).prototype;
    for (const name of Object.getOwnPropertyNames(prototype)) {
      const method = Object.getOwnPropertyDescriptor(prototype, name)!;
      const isHandler =
        typeof method.value === 'function' && Reflect.hasMetadata(METHOD_METADATA, method.value as object);
      if (isHandler && !hasOwnRule(method.value as object)) markPublic(prototype, name, method);
    }
  };
}

function markPublic(target: object, property: string | symbol, descriptor: PropertyDescriptor): void {
  const existing = (Reflect.getMetadata(OPERATION, descriptor.value as object) as object | undefined) ?? {};
  ApiOperation({ ...existing, security: [] })(target, property, descriptor);
}

function hasOwnRule(handler: object): boolean {
  return Reflect.getMetadataKeys(handler).some((key) => String(key).startsWith('authkit:') && key !== 'authkit:public');
}

function both(...decorators: (MethodDecorator | ClassDecorator)[]): Target {
  return (target: object, property?: string | symbol, descriptor?: PropertyDescriptor) => {
    for (const decorate of decorators) (decorate as (...args: unknown[]) => void)(target, property, descriptor);
  };
}

export interface AuthKitOpenApiOptions {
  /** Path of POST /auth/token as the browser sees it, for Swagger UI's Authorize button. @default '/auth/token' */
  tokenUrl?: string;
  /** Name of the access cookie: `cookies.names.access` of the resolved options. @default none documented */
  accessCookie?: string;
}

/**
 * Adds the security schemes and makes them the default of every operation, so that handlers without a decorator are
 * documented as what they are: protected. Public ones say `security: []`.
 */
export function authKitOpenApi(builder: DocumentBuilder, options: AuthKitOpenApiOptions = {}): DocumentBuilder {
  const tokenUrl = options.tokenUrl ?? '/auth/token';
  builder
    .addOAuth2({ type: 'oauth2', flows: { password: { tokenUrl, refreshUrl: tokenUrl, scopes: {} } } }, 'password')
    .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'An access token.' }, 'bearer')
    .addSecurityRequirements('password')
    .addSecurityRequirements('bearer');
  if (options.accessCookie !== undefined) {
    builder.addCookieAuth(options.accessCookie, undefined, 'cookie').addSecurityRequirements('cookie');
  }
  return builder;
}
