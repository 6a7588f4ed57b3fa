import type { Principal } from 'nest-authkit';
import type { Note } from './note.entity.js';

type Owned = Pick<Note, 'ownerId'>;

/** Who may do what with one note: the guard knows the caller, only this knows the note. */
export const mayRead = (who: Principal, note: Owned): boolean => isOwner(who, note) || who.can('notes:read');
export const mayEdit = (who: Principal, note: Owned): boolean => isOwner(who, note);
export const mayDelete = (who: Principal, note: Owned): boolean => isOwner(who, note) || who.can('notes:delete');

function isOwner(who: Principal, note: Owned): boolean {
  return who.kind === 'user' && who.id === note.ownerId;
}
