import { createParamDecorator, type ExecutionContext, type Type } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { validate, type ValidationError } from 'class-validator';
import { AuthKitError, type FieldProblem } from '../kernel/errors.js';
import { RequestContext, type RequestLike } from '../kernel/request-context.js';

/** Passwords may contain any character; no other text may contain NUL, which PostgreSQL cannot store. */
const PASSWORD_FIELDS = new Set(['password', 'currentPassword', 'newPassword']);

/**
 * The body the gate has read, validated against a DTO. The parameter's type must be an interface: a class would invite
 * the host's global pipes to validate and transform it a second time.
 */
export function AuthBody(dto: Type<object>): ParameterDecorator {
  return createParamDecorator((_data: unknown, context: ExecutionContext) => {
    return validateDto(dto, bodyOf(RequestContext.of(context.switchToHttp().getRequest<RequestLike>())));
  })();
}

/** What the gate has read. Throws what it found wrong (400, 413, 415); also where a router led past the gate. */
export function bodyOf({ body, bodyError }: RequestContext): Record<string, unknown> {
  if (!body) throw bodyError ?? new AuthKitError('unsupported_media_type');
  return body;
}

/** Throws `validation_failed` (422) with every field that is wrong or unknown. */
async function validateDto<T extends object>(dto: Type<T>, plain: Record<string, unknown>): Promise<T> {
  const unstorable = unstorableFields(plain, '');
  if (unstorable.length > 0) throw new AuthKitError('validation_failed', { errors: unstorable });
  const instance = plainToInstance(dto, plain);
  const errors = await validate(instance, {
    whitelist: true,
    forbidNonWhitelisted: true,
    forbidUnknownValues: false,
    validationError: { target: false, value: false },
  });
  if (errors.length > 0)
    throw new AuthKitError('validation_failed', { errors: errors.flatMap((e) => describe(e, '')) });
  return instance;
}

function describe(error: ValidationError, prefix: string): FieldProblem[] {
  const field = prefix + error.property;
  const own = Object.entries(error.constraints ?? {}).map(([constraint, detail]) => ({
    field,
    code: constraint === 'whitelistValidation' ? 'unknown_field' : snakeCase(constraint),
    detail,
  }));
  return [...own, ...(error.children ?? []).flatMap((child) => describe(child, `${field}.`))];
}

function unstorableFields(value: unknown, path: string): FieldProblem[] {
  if (typeof value === 'string') {
    const ok = value.isWellFormed() && (PASSWORD_FIELDS.has(path) || !value.includes('\0'));
    return ok
      ? []
      : [{ field: path, code: 'invalid_text', detail: 'The text contains characters that are not allowed.' }];
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, item]) => unstorableFields(item, path ? `${path}.${name}` : name));
}

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
