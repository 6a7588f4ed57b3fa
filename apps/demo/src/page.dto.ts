import { ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, Max, Min } from 'class-validator';

const SIZE = 50;

/** Query of a list: which page of it. */
export class PageDto {
  @ApiPropertyOptional({ type: Number, minimum: 1, maximum: 10_000, default: 1, description: `${SIZE} items each.` })
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(10_000)
  page = 1;

  /** For a repository's `find`. */
  get slice(): { skip: number; take: number } {
    return { skip: (this.page - 1) * SIZE, take: SIZE };
  }
}
