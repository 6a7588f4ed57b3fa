import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Expose } from 'class-transformer';
import { IsNotEmpty, IsOptional, IsString, MaxLength } from 'class-validator';

/** Body of POST /auth/register; extend it with the host's own fields. */
export class RegisterDto {
  @ApiProperty({ type: String, format: 'email', maxLength: 254, example: 'ada@example.com' })
  @IsString()
  email!: string;

  @ApiProperty({ type: String, format: 'password', maxLength: 1024, example: 'correct horse battery' })
  @IsString()
  password!: string;

  @ApiPropertyOptional({ type: String, minLength: 3, maxLength: 32, example: 'ada' })
  @IsOptional()
  @IsString()
  username?: string;

  @ApiPropertyOptional({ type: String, description: "What the captcha's widget gave; where the app has one." })
  @IsOptional()
  @IsString()
  @MaxLength(8192)
  captchaToken?: string;
}

/** Body of PATCH /auth/me when the host names none: users change nothing themselves. */
export class NoProfileDto {}

/** Body of POST /auth/password/change. */
export class ChangePasswordDto {
  @ApiProperty({ type: String, format: 'password' })
  @IsString()
  @IsNotEmpty()
  currentPassword!: string;

  @ApiProperty({ type: String, format: 'password', maxLength: 1024 })
  @IsString()
  newPassword!: string;
}

/** Body of the calls that mail a link: POST /auth/password/forgot, /auth/email/verify/resend. */
export class EmailDto {
  @ApiProperty({ type: String, format: 'email', maxLength: 254, example: 'ada@example.com' })
  @IsString()
  email!: string;
}

/** Body of the calls that a link of a mail leads to. */
export class LinkTokenDto {
  @ApiProperty({ type: String, description: 'What stands behind `#token=` in the link.' })
  @IsString()
  token!: string;
}

/** Body of POST /auth/password/reset. */
export class ResetPasswordDto extends LinkTokenDto {
  @ApiProperty({ type: String, format: 'password', maxLength: 1024 })
  @IsString()
  newPassword!: string;
}

/** What replies show of a user; extend it and `@Expose()` more. */
export class AuthUserDto {
  @ApiProperty({ type: String, format: 'uuid' })
  @Expose()
  id!: string;

  @ApiProperty({ type: String, format: 'email' })
  @Expose()
  email!: string;

  @ApiProperty({ type: String, nullable: true })
  @Expose()
  username!: string | null;

  @ApiProperty({ type: Boolean })
  @Expose()
  emailVerified!: boolean;

  @ApiProperty({ type: [String] })
  @Expose()
  roles!: string[];

  @ApiProperty({ type: String, format: 'date-time' })
  @Expose()
  createdAt!: Date;
}
