import { ApiProperty, PartialType } from '@nestjs/swagger';
import { IsText } from '../is-text.decorator.js';
import type { Note } from './note.entity.js';

export class CreateNoteDto {
  @ApiProperty({ type: String, minLength: 1, maxLength: 200, example: 'Shopping' })
  @IsText({ min: 1, max: 200 })
  title!: string;

  @ApiProperty({ type: String, maxLength: 10_000, example: 'Milk, bread, a lantern' })
  @IsText({ max: 10_000 })
  text!: string;
}

/** A field left out stays; null is refused. */
export class EditNoteDto extends PartialType(CreateNoteDto, { skipNullProperties: false }) {}

export class NoteDto {
  @ApiProperty({ type: String, format: 'uuid' })
  id!: string;

  @ApiProperty({ type: String, format: 'uuid' })
  ownerId!: string;

  @ApiProperty({ type: String })
  title!: string;

  @ApiProperty({ type: String })
  text!: string;

  @ApiProperty({ type: String, format: 'date-time' })
  createdAt!: string;

  @ApiProperty({ type: String, format: 'date-time' })
  editedAt!: string;

  static of({ id, ownerId, title, text, createdAt, editedAt }: Note): NoteDto {
    return { id, ownerId, title, text, createdAt, editedAt };
  }
}
