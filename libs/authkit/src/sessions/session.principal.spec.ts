import { Grants, RolePolicy } from '../access/role-policy.js';
import { principalOf, SessionPrincipal } from './session.principal.js';

describe('the principal of a session', () => {
  const grants = new Grants(['editor', 'author'], ['posts:*']);
  const principal = new SessionPrincipal('u1', 's1', grants, { amr: ['pwd'], authenticatedAt: 7 });

  it('tells who acts, in which session, by what proof', () => {
    expect(principal).toMatchObject({
      kind: 'user',
      id: 'u1',
      sessionId: 's1',
      roles: ['editor', 'author'],
      permissions: ['posts:*'],
      amr: ['pwd'],
      authenticatedAt: 7,
    });
  });

  it('has a role when it has any of those asked for, and may do what all its permissions cover', () => {
    expect(principal.hasRole('admin', 'author')).toBe(true);
    expect(principal.hasRole('admin')).toBe(false);
    expect(principal.can('posts:write', 'posts:delete')).toBe(true);
    expect(principal.can('posts:write', 'users:delete')).toBe(false);
  });

  it('cannot be given another identity by a handler', () => {
    expect(Object.isFrozen(principal)).toBe(true);
  });
});

it('a verified token alone makes the same principal, its time in milliseconds', () => {
  const claims = { sub: 'u1', sid: 's1', roles: ['editor'], amr: ['pwd'], auth_time: 1_800_000_000 } as const;
  const roles = new RolePolicy({ roles: { editor: { inherits: [], permissions: ['posts:*'] } } });
  const principal = principalOf(claims as never, roles);
  expect(principal).toMatchObject({
    ...{ kind: 'user', id: 'u1', sessionId: 's1', roles: ['editor'], permissions: ['posts:*'] },
    ...{ amr: ['pwd'], authenticatedAt: 1_800_000_000_000 },
  });
  expect([principal.hasRole('editor'), principal.can('posts:write'), principal.can('users:write')]).toEqual([
    true,
    true,
    false,
  ]);
});
