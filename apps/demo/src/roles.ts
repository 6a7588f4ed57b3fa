import type { RoleDefinition } from 'nest-authkit';

/** What the roles may do with notes that are not their own; everybody may do everything with their own. */
export const ROLES = {
  user: {},
  editor: { permissions: ['notes:read'] },
  admin: { inherits: ['editor'], permissions: ['*'] },
} satisfies Record<string, RoleDefinition>;

export type Role = keyof typeof ROLES;
export const ROLE_NAMES = Object.keys(ROLES) as Role[];
