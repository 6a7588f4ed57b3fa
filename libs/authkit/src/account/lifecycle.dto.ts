import { ApiProperty } from '@nestjs/swagger';
import { IsString } from 'class-validator';

/** Body of POST /auth/email/change. */
export class ChangeEmailDto {
  @ApiProperty({ type: String, format: 'email', maxLength: 254, example: 'ada@example.org' })
  @IsString()
  newEmail!: string;
}

/** Body of POST /auth/username/change. */
export class ChangeUsernameDto {
  @ApiProperty({ type: String, minLength: 3, maxLength: 32, example: 'ada' })
  @IsString()
  username!: string;
}

/** Reply of DELETE /auth/me. */
export class DeletionDto {
  @ApiProperty({ type: String, format: 'date-time', description: 'When the account is erased.' })
  deletionAt!: Date;
}
