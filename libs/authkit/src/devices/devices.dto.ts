import { ApiProperty } from '@nestjs/swagger';
import { IsString, MaxLength } from 'class-validator';

class DeviceDto {
  @ApiProperty({ type: String, format: 'uuid' })
  id!: string;

  @ApiProperty({ type: Boolean, description: 'Whether this request presented it.' })
  current!: boolean;

  @ApiProperty({ type: String, nullable: true, example: 'Safari on iPhone' })
  name!: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'Where from, at the last login.' })
  ip!: string | null;

  @ApiProperty({ type: String, format: 'date-time', description: 'The first login on it.' })
  createdAt!: Date;

  @ApiProperty({ type: String, format: 'date-time', description: 'The last login on it, to the minute.' })
  lastSeenAt!: Date;
}

/** Reply of GET /auth/devices. */
export class DeviceListDto {
  @ApiProperty({ type: [DeviceDto] })
  items!: DeviceDto[];
}

/** Body of POST /auth/devices/not-me. */
export class NotMeDto {
  @ApiProperty({ type: String, description: 'Of the link in the mail.' })
  @IsString()
  @MaxLength(256)
  token!: string;
}
