import { Grants, type RolePolicy } from '../access/role-policy.js';
import type { Principal } from '../kernel/principal.js';

/** What a test says of who acts. */
export interface TestPrincipal {
  /** @default 'user' */
  kind?: Principal['kind'];
  /** @default a fixed one */
  id?: string;
  /** @default none */
  sessionId?: string;
  /** @default [] */
  roles?: readonly string[];
  /** Besides those of the roles. @default [] */
  permissions?: readonly string[];
  /** @default ['pwd'] */
  amr?: readonly string[];
  /** Whether the e-mail address is proven. @default true */
  emailVerified?: boolean;
  /** Epoch milliseconds. @default now */
  authenticatedAt?: number;
}

/**
 * A Principal for tests, which answers as a real one does.
 *
 * @param policy what roles grant: `app.get(RolePolicy)` or `new RolePolicy({ roles })`. Without it a role grants only itself.
 */
export function testPrincipal(description: TestPrincipal = {}, policy?: RolePolicy): Principal {
  const { kind = 'user', id = '01890000-0000-7000-8000-000000000001', sessionId } = description;
  const { roles = [], permissions = [], amr = ['pwd'], authenticatedAt = Date.now() } = description;
  const { emailVerified = true } = description;
  const granted = policy?.grantsOf(roles) ?? { roles, permissions: [] };
  const grants = new Grants(granted.roles, [...granted.permissions, ...permissions]);
  return Object.freeze<Principal>({
    kind,
    id,
    ...(sessionId !== undefined && { sessionId }),
    roles: grants.roles,
    permissions: grants.permissions,
    amr,
    authenticatedAt,
    emailVerified,
    hasRole: (...anyOf) => grants.hasRole(anyOf),
    can: (...allOf) => grants.can(allOf),
  });
}
