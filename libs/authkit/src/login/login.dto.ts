import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, MaxLength, ValidateIf } from 'class-validator';
import type { CredentialTransport } from '../kernel/credential-transport.js';

/** Body of POST /auth/login. */
export class LoginDto {
  @ApiPropertyOptional({ type: String, description: 'E-mail address or username.', example: 'ada@example.com' })
  @ValidateIf((body: LoginDto) => body.username === undefined || body.identifier !== undefined)
  @IsString()
  @MaxLength(1024)
  identifier?: string;

  @ApiPropertyOptional({ type: String, description: 'Another name for identifier.' })
  @ValidateIf((body: LoginDto) => body.username !== undefined)
  @IsString()
  @MaxLength(1024)
  username?: string;

  @ApiProperty({ type: String, format: 'password' })
  @IsString()
  password!: string;

  @ApiPropertyOptional({ enum: ['bearer', 'cookie'], description: 'Tokens in the reply, or in HttpOnly cookies.' })
  @IsOptional()
  @IsIn(['bearer', 'cookie'])
  transport?: CredentialTransport;

  @ApiPropertyOptional({ type: String, description: "What the captcha's widget gave; asked for after failures." })
  @IsOptional()
  @IsString()
  @MaxLength(8192)
  captchaToken?: string;
}

/** Body of POST /auth/reauthenticate. */
export class ReauthenticateDto {
  @ApiProperty({ type: String, format: 'password' })
  @IsString()
  password!: string;
}

/** Body of POST /auth/refresh; empty when the refresh cookie is sent. */
export class RefreshDto {
  @ApiPropertyOptional({ type: String })
  @ValidateIf((body: RefreshDto) => body.refreshToken !== undefined)
  @IsString()
  refreshToken?: string;
}

/** Reply of a bearer login or refresh; the names are OAuth's (RFC 6749, 5.1). */
export class BearerReplyDto {
  @ApiProperty({ type: String })
  access_token!: string;

  @ApiProperty({ type: String, enum: ['Bearer'] })
  token_type!: 'Bearer';

  @ApiProperty({ type: Number, description: 'Seconds the access token lives.' })
  expires_in!: number;

  @ApiProperty({ type: String })
  refresh_token!: string;

  @ApiProperty({ type: Number, description: 'Seconds the session lives without another refresh.' })
  refresh_expires_in!: number;

  @ApiPropertyOptional({ type: String, description: 'At login: send it as X-Authkit-Device at the next one.' })
  device_token?: string;
}

/** Reply of a cookie login or refresh: the tokens are in Set-Cookie only. */
export class CookieReplyDto {
  @ApiProperty({ type: Number, description: 'Seconds the access token lives.' })
  expires_in!: number;
}
