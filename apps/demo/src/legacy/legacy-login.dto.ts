import { ApiProperty } from '@nestjs/swagger';
import { PasswordSignInDto } from 'nest-authkit/passport';
import { IsText } from '../is-text.decorator.js';

/** Body of POST /auth/passport/legacy; the names are passport-local's. */
export class LegacyLoginDto extends PasswordSignInDto {
  @ApiProperty({ type: String, description: 'Member number in the former system.', example: 'M-1001' })
  @IsText({ max: 20 })
  override username!: string;
}
