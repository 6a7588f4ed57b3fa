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
