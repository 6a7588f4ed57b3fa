import type { Principal } from '../kernel/principal.js';
import { testPrincipal } from '../testing/test-principal.js';
import { authorize as authorizeAt } from './authorize.js';
import type { RouteRule } from './route-rule.js';

const rule = (over: Partial<RouteRule> = {}): RouteRule => ({
  public: false,
  optional: false,
  roles: [],
  permissions: [],
  credentials: ['user'],
  liveSession: false,
  maxAge: null,
  verifiedEmail: false,
  explicit: true,
  ...over,
});
const NOW = 1_800_000_000_000;
const authorize = (who: Principal | null, rule: RouteRule) => authorizeAt(who, rule, NOW);
const refused = (code: string, reason: string) => expect.objectContaining({ code, reason });
const editor = testPrincipal({ roles: ['editor'], permissions: ['posts:*'] });

describe('authorize', () => {
  it('lets anybody into what is public, whatever else it asks for', () => {
    expect(() => authorize(null, rule({ public: true, roles: [['boss']] }))).not.toThrow();
  });

  it('lets anonymous callers in only where they may be', () => {
    expect(() => authorize(null, rule({ optional: true }))).not.toThrow();
    expect(() => authorize(null, rule())).toThrow(refused('authentication_required', 'no credential'));
  });

  it('refuses a kind of credential that is not accepted there', () => {
    const robot = testPrincipal({ kind: 'api-key', roles: ['editor'] });
    expect(() => authorize(robot, rule())).toThrow(refused('credential_not_allowed', 'credential of kind api-key'));
    expect(() => authorize(robot, rule({ credentials: ['user', 'api-key'] }))).not.toThrow();
  });

  it('asks for one role of every list', () => {
    expect(() => authorize(editor, rule({ roles: [['boss', 'editor']] }))).not.toThrow();
    const both = rule({ roles: [['editor'], ['boss', 'chief']] });
    expect(() => authorize(editor, both)).toThrow(refused('insufficient_scope', 'needs role boss or chief'));
  });

  it('asks for every permission', () => {
    expect(() => authorize(editor, rule({ permissions: ['posts:read', 'posts:write'] }))).not.toThrow();
    const more = rule({ permissions: ['posts:read', 'users:read'] });
    expect(() => authorize(editor, more)).toThrow(
      refused('insufficient_scope', 'needs permission posts:read and users:read'),
    );
  });

  it('says in the header of a 403 that a scope is missing (RFC 6750, 3.1)', () => {
    try {
      authorize(editor, rule({ roles: [['boss']] }));
    } catch (error) {
      expect((error as { headers: object }).headers).toEqual({
        'WWW-Authenticate': 'Bearer error="insufficient_scope"',
      });
    }
    expect.assertions(1);
  });

  it('asks for an authentication no older than the rule says, to the millisecond', () => {
    const fresh = rule({ maxAge: 900 });
    const aged = (ms: number) => testPrincipal({ sessionId: 's', authenticatedAt: NOW - ms });
    for (const age of [-60_000, 0, 900_000]) expect(() => authorize(aged(age), fresh)).not.toThrow();
    expect(() => authorize(aged(900_001), fresh)).toThrow(
      expect.objectContaining({
        code: 'reauthentication_required',
        problem: expect.objectContaining({ status: 403, max_age: 900 }),
        headers: { 'WWW-Authenticate': 'Bearer error="insufficient_user_authentication", max_age=900' },
      }),
    );
    expect(() => authorize(aged(900_001), rule())).not.toThrow();
  });

  it('asks for a proven address, and takes one that nobody knows of for not proven', () => {
    const proven = rule({ verifiedEmail: true });
    expect(() => authorize(testPrincipal({ emailVerified: true }), proven)).not.toThrow();
    for (const emailVerified of [false, undefined]) {
      const principal = { ...testPrincipal(), emailVerified };
      expect(() => authorize(principal, proven)).toThrow(expect.objectContaining({ code: 'email_not_verified' }));
      expect(() => authorize(principal, rule())).not.toThrow();
    }
    expect(() => authorize(null, proven)).toThrow(refused('authentication_required', 'no credential'));
    const stranger = testPrincipal({ emailVerified: false });
    expect(() => authorize(stranger, rule({ verifiedEmail: true, roles: [['boss']] }))).toThrow(
      refused('insufficient_scope', 'needs role boss'),
    );
  });

  it('takes no credential without a session for a fresh one, and asks for freshness last', () => {
    const key = testPrincipal({ kind: 'api-key', authenticatedAt: NOW });
    expect(() => authorize(key, rule({ maxAge: 900, credentials: ['api-key'] }))).toThrow(
      refused('credential_not_allowed', 'a credential without a session is never fresh'),
    );
    const stale = testPrincipal({ sessionId: 's', authenticatedAt: 0 });
    expect(() => authorize(stale, rule({ maxAge: 900, roles: [['boss']] }))).toThrow(
      refused('insufficient_scope', 'needs role boss'),
    );
    expect(() => authorize(null, rule({ maxAge: 900 }))).toThrow(refused('authentication_required', 'no credential'));
  });
});
