/** What fits the column, and reads the same everywhere. */
const ROLE_NAME = /^[\x21-\x7e]{1,64}$/;

export const ALIKE = { code: 'roles_alike', detail: 'Two of the roles differ only in spelling.' } as const;

/** What is wrong with a user's roles; null when nothing is. */
export function problemOfRoles(roles: readonly string[]): { code: string; detail: string } | null {
  if (!roles.every((role) => ROLE_NAME.test(role))) {
    return { code: 'invalid_role', detail: 'Use 1 to 64 printable characters.' };
  }
  // Two spellings of one role are a mistake, and to many a collation they are one.
  const distinct = new Set(roles);
  return new Set([...distinct].map((role) => role.toLowerCase())).size < distinct.size ? ALIKE : null;
}
