import { applyDecorators } from '@nestjs/common';
import { IsString, Matches, MaxLength, MinLength } from 'class-validator';

/** Text of so many characters. NUL is refused, because PostgreSQL cannot store it. */
export function IsText({ min = 0, max }: { min?: number; max: number }): PropertyDecorator {
  return applyDecorators(
    IsString(),
    MinLength(min),
    MaxLength(max),
    Matches(/^[^\0]*$/, { message: '$property must not contain NUL' }),
  );
}
