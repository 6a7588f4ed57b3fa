import { refuseField } from './refusals.js';
import { canonicalUsername, isReservedUsername } from './username.js';

/** The canonical form of a username that somebody may take. Throws `validation_failed` (422). */
export function newUsername(raw: string, reserved: readonly string[]): string {
  const username = canonicalUsername(raw);
  if (username === null) {
    return refuseField('username', 'invalid_username', 'Use 3 to 32 letters, digits and single . _ - between them.');
  }
  if (isReservedUsername(username, reserved)) {
    return refuseField('username', 'reserved_username', 'This username is reserved.');
  }
  return username;
}
