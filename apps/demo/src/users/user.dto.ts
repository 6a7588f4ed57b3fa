import { ApiProperty, ApiPropertyOptional, PickType } from '@nestjs/swagger';
import { Expose } from 'class-transformer';
import { ArrayUnique, IsArray, IsIn, IsOptional } from 'class-validator';
import { AuthUserDto, RegisterDto } from 'nest-authkit';
import { IsText } from '../is-text.decorator.js';
import { ROLE_NAMES, type Role } from '../roles.js';

/** Body of POST /auth/register: the kit's fields and one of ours. */
export class RegisterUserDto extends RegisterDto {
  @ApiPropertyOptional({ type: String, maxLength: 100, example: 'Ada Lovelace' })
  @IsOptional()
  @IsText({ max: 100 })
  fullName?: string;
}

/** Body of PATCH /auth/me: what users may change of themselves. */
export class UpdateProfileDto {
  @ApiPropertyOptional({ type: String, maxLength: 100, nullable: true, example: 'Ada Lovelace' })
  @IsOptional()
  @IsText({ max: 100 })
  fullName?: string | null;

  @ApiPropertyOptional({ type: String, maxLength: 1000, nullable: true })
  @IsOptional()
  @IsText({ max: 1000 })
  about?: string | null;
}

/** A user as replies show one. */
export class UserDto extends AuthUserDto {
  @ApiProperty({ type: String, nullable: true })
  @Expose()
  fullName!: string | null;

  @ApiProperty({ type: String, nullable: true })
  @Expose()
  about!: string | null;
}

/** A user in a list. */
export class UserSummaryDto extends PickType(UserDto, ['id', 'email', 'fullName', 'createdAt'] as const) {}

export class SetRolesDto {
  @ApiProperty({ enum: ROLE_NAMES, isArray: true, example: ['user', 'editor'] })
  @IsArray()
  @ArrayUnique()
  @IsIn(ROLE_NAMES, { each: true })
  roles!: Role[];
}
