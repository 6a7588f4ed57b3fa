import { patternCovers, RolePolicy } from './role-policy.js';

const role = (inherits: string[] = [], permissions: string[] = []) => ({ inherits, permissions });

describe('patternCovers', () => {
  it.each([
    ['*', 'posts:write', true],
    ['*', 'posts', true],
    ['posts:*', 'posts:write', true],
    ['posts:*', 'posts:comments:delete', true],
    ['posts:*', 'posts', false],
    ['posts:*', 'postsx:write', false],
    ['posts:write', 'posts:write', true],
    ['posts:write', 'posts:writer', false],
    ['posts:write', 'posts:write:own', false],
    ['*:read', 'posts:read', true],
    ['*:read', 'posts:comments:read', false],
    ['posts', 'posts:write', false],
    ['', 'posts', false],
  ])('%p covers %p: %p', (pattern, permission, covers) => {
    expect(patternCovers(pattern, permission)).toBe(covers);
  });
});

describe('RolePolicy', () => {
  const policy = new RolePolicy({
    roles: {
      admin: role(['editor'], ['*']),
      editor: role(['author'], ['posts:*']),
      author: role([], ['drafts:write']),
    },
  });

  it('gives what is inherited, at any depth', () => {
    const grants = policy.grantsOf(['editor']);
    expect(grants.roles).toEqual(['editor', 'author']);
    expect(grants.hasRole(['author'])).toBe(true);
    expect(grants.hasRole(['admin', 'owner'])).toBe(false);
    expect(grants.can(['posts:write', 'drafts:write'])).toBe(true);
    expect(grants.can(['posts:write', 'users:delete'])).toBe(false);
    expect(grants.can([])).toBe(true);
  });

  it('gives a role nobody defined, such as one named like an Object member, nothing but itself', () => {
    const grants = policy.grantsOf(['constructor', 'toString']);
    expect(grants.roles).toEqual(['constructor', 'toString']);
    expect(grants.permissions).toEqual([]);
  });

  it('does not confuse one role with a comma in its name with two roles', () => {
    expect(policy.grantsOf(['a,admin']).hasRole(['admin'])).toBe(false);
    expect(policy.grantsOf(['a', 'admin']).hasRole(['admin'])).toBe(true);
  });

  it('refuses roles that inherit themselves', () => {
    expect(() => new RolePolicy({ roles: { a: role(['b']), b: role(['a']) } })).toThrow(
      /it inherits itself: a > b > a/,
    );
  });

  it('answers rightly beyond what it remembers', () => {
    const many = new RolePolicy({ roles: { admin: role([], ['p:*']) } });
    const grants = many.grantsOf(['admin']);
    for (let n = 0; n < 1_100; n += 1) expect(grants.can([`p:${n}`])).toBe(true);
    for (let n = 0; n < 1_100; n += 1) many.grantsOf([`role${n}`]);
    expect(many.grantsOf(['role1099']).roles).toEqual(['role1099']);
  });
});

describe('what RolePolicy remembers', () => {
  const sizeOf = (holder: object, name: string) => (holder as Record<string, Map<string, unknown>>)[name].size;
  const policy = () => new RolePolicy({ roles: { admin: role([], ['p:*']) } });

  it('is the grants of the same roles, in the same order', () => {
    const one = policy();
    expect(one.grantsOf(['a', 'b'])).toBe(one.grantsOf(['a', 'b']));
    expect(one.grantsOf(['b', 'a'])).not.toBe(one.grantsOf(['a', 'b']));
  });

  it('are a thousand sets of roles and a thousand answers at most', () => {
    const one = policy();
    const grants = one.grantsOf(['admin']);
    for (let n = 0; n < 1_100; n += 1) one.grantsOf([`role${n}`]);
    for (let n = 0; n < 1_100; n += 1) grants.can([`p:${n}`]);
    expect([sizeOf(one, 'cache'), sizeOf(grants, 'answers')]).toEqual([1_000, 1_000]);
  });

  it('cannot be changed by who gets it', () => {
    const { roles, permissions } = policy().grantsOf(['admin']);
    expect([Object.isFrozen(roles), Object.isFrozen(permissions)]).toEqual([true, true]);
  });

  it('counts what two roles both give once', () => {
    const shared = new RolePolicy({ roles: { a: role([], ['p', 'q']), b: role(['a'], ['q', 'r']) } });
    expect(shared.grantsOf(['a', 'b'])).toMatchObject({ roles: ['a', 'b'], permissions: ['p', 'q', 'r'] });
  });
});

it('a circle of roles is refused with where it is and what to do', () => {
  const circle = { roles: { z: role(), a: role(['b']), b: role(['c']), c: role(['b']) } };
  expect(() => new RolePolicy(circle)).toThrow(
    expect.objectContaining({
      path: 'roles.b.inherits',
      problem: 'it inherits itself: a > b > c > b',
      remedy: 'Break the circle.',
    }),
  );
});
