import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, MaxLength } from 'class-validator';
import type { CredentialTransport } from '../kernel/credential-transport.js';

/** What the body of every sign-in may have. */
export class SignInDto {
  @ApiPropertyOptional({ enum: ['bearer', 'cookie'], description: 'Tokens in the reply, or in HttpOnly cookies.' })
  @IsOptional()
  @IsIn(['bearer', 'cookie'])
  transport?: CredentialTransport;
}

/** The fields that passport-local looks for. */
export class PasswordSignInDto extends SignInDto {
  @ApiProperty({ type: String })
  @IsString()
  @MaxLength(1024)
  username!: string;

  @ApiProperty({ type: String, format: 'password' })
  @IsString()
  @MaxLength(1024)
  password!: string;
}
