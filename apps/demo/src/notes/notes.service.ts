import { randomUUID } from 'node:crypto';
import { Injectable, NotFoundException } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { AuthKitError, type Principal } from 'nest-authkit';
import type { Repository } from 'typeorm';
import type { PageDto } from '../page.dto.js';
import type { CreateNoteDto, EditNoteDto } from './note.dto.js';
import { Note } from './note.entity.js';
import { mayDelete, mayEdit, mayRead } from './note.rules.js';

const NEWEST_FIRST = { createdAt: 'DESC', id: 'DESC' } as const;

/** Notes as far as the caller may know of them: others do not exist (404), known ones may be out of reach (403). */
@Injectable()
export class NotesService {
  constructor(@InjectRepository(Note) private readonly notes: Repository<Note>) {}

  listOwn(who: Principal, page: PageDto): Promise<Note[]> {
    return this.notes.find({ where: { ownerId: who.id }, order: NEWEST_FIRST, ...page.slice });
  }

  listAll(page: PageDto): Promise<Note[]> {
    return this.notes.find({ order: NEWEST_FIRST, ...page.slice });
  }

  async create(who: Principal, { title, text }: CreateNoteDto): Promise<Note> {
    const now = new Date().toISOString();
    const note = this.notes.create({ id: randomUUID(), ownerId: who.id, title, text, createdAt: now, editedAt: now });
    await this.notes.insert(note);
    return note;
  }

  async get(who: Principal, id: string): Promise<Note> {
    const note = await this.notes.findOneBy({ id });
    if (!note || !mayRead(who, note)) throw new NotFoundException('There is no such note');
    return note;
  }

  async edit(who: Principal, id: string, { title, text }: EditNoteDto): Promise<Note> {
    const note = await this.get(who, id);
    if (!mayEdit(who, note)) throw outOfReach('Only its owner edits a note');
    await this.notes.update({ id }, { title, text, editedAt: new Date().toISOString() });
    return this.get(who, id);
  }

  async delete(who: Principal, id: string): Promise<void> {
    const note = await this.get(who, id);
    if (!mayDelete(who, note)) throw outOfReach('Only its owner and admins delete a note');
    await this.notes.delete({ id });
  }
}

function outOfReach(detail: string): AuthKitError {
  return new AuthKitError('insufficient_scope', { detail });
}
