import { namesOf, summaryOf, whoMayCall } from './route-words.js';
import type { RouteEntry } from './route-entry.js';
import type { RouteRule } from './route-rule.js';

const RULE: RouteRule = {
  public: false,
  optional: false,
  roles: [],
  permissions: [],
  credentials: ['user'],
  liveSession: false,
  maxAge: null,
  verifiedEmail: false,
  explicit: true,
};
const route = (rule: Partial<RouteRule>, guarded = true) => ({ rule: { ...RULE, ...rule }, guarded }) as RouteEntry;

describe('who may call a route, in words', () => {
  it.each<[string, RouteEntry]>([
    ['public', route({ public: true })],
    // In a class with @Roles(): the guard lets everybody in all the same.
    ['public', route({ public: true, roles: [['admin']] })],
    ['public', route({ public: true }, false)],
    ['anyone', route({ optional: true })],
    ['signed in', route({})],
    ['signed in, by api-key or user', route({ credentials: ['api-key', 'user'] })],
    ['role a or b, role c', route({ roles: [['a', 'b'], ['c']] })],
    ['role a, permission x and y', route({ roles: [['a']], permissions: ['x', 'y'] })],
    ['permission x, by client', route({ permissions: ['x'], credentials: ['client'] })],
    ['signed in, e-mail proven', route({ verifiedEmail: true })],
    ['signed in, authenticated within 15 min', route({ maxAge: 900 })],
    ['role a, authenticated within 90 s', route({ roles: [['a']], maxAge: 90 })],
    ['signed in, authenticated within 2 h', route({ maxAge: 7_200 })],
    ['signed in, authenticated within 1 d', route({ maxAge: 86_400 })],
    ['unguarded', route({ explicit: false }, false)],
    ['unguarded, despite its rule: role a', route({ roles: [['a']] }, false)],
  ])('%s', (words, entry) => expect(whoMayCall(entry)).toBe(words));

  it('counts every route once, and leaves out what there is none of', () => {
    expect(summaryOf([])).toBe('0 routes');
    expect(summaryOf([route({ public: true, roles: [['a']] })])).toBe('1 route: 1 public');
    expect(summaryOf([route({}), route({})])).toBe('2 routes: 2 signed in');
    expect(summaryOf([route({ explicit: false }), route({ explicit: false })])).toBe(
      '2 routes: 2 signed in (2 of them without a decorator)',
    );
    const all = [
      route({ public: true }, false),
      route({ optional: true }),
      route({}),
      route({ explicit: false }),
      route({ roles: [['a']] }),
      route({ permissions: ['x'] }),
      route({ roles: [['a']] }, false),
    ];
    expect(summaryOf(all)).toBe(
      '7 routes: 1 public, 1 optional, 2 signed in (1 of them without a decorator), 2 by role or permission, 1 unguarded',
    );
  });

  it('names ten at most, each once', () => {
    const names = Array.from({ length: 12 }, (_, i) => `n${i}`);
    expect(namesOf([...names, 'n0'])).toBe(`${names.slice(0, 10).join(', ')} and 2 more`);
    expect(namesOf(['a', 'b', 'a'])).toBe('a, b');
    expect(namesOf(names.slice(0, 10))).toBe(names.slice(0, 10).join(', '));
  });
});
