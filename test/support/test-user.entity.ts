import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Expose } from 'class-transformer';
import { IsOptional, IsString, MaxLength } from 'class-validator';
import { AuthUserBase, AuthUserDto, RegisterDto } from 'nest-authkit';
import { Column, Entity } from 'typeorm';

/** A host's user with columns of its own. */
@Entity('users')
export class User extends AuthUserBase {
  @Column({ name: 'full_name', type: 'varchar', length: 100, nullable: true })
  fullName!: string | null;

  @Column({ name: 'employee_number', type: 'varchar', length: 20, nullable: true, unique: true })
  employeeNumber!: string | null;
}

export class TestRegisterDto extends RegisterDto {
  @ApiPropertyOptional({ type: String })
  @IsOptional()
  @IsString()
  @MaxLength(100)
  fullName?: string;

  @ApiPropertyOptional({ type: String })
  @IsOptional()
  @IsString()
  @MaxLength(20)
  employeeNumber?: string;
}

export class TestProfileDto {
  @ApiPropertyOptional({ type: String })
  @IsOptional()
  @IsString()
  @MaxLength(100)
  fullName?: string;

  @ApiPropertyOptional({ type: String })
  @IsOptional()
  @IsString()
  @MaxLength(20)
  employeeNumber?: string;
}

export class TestUserDto extends AuthUserDto {
  @ApiProperty({ type: String, nullable: true })
  @Expose()
  fullName!: string | null;
}
