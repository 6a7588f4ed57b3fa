import { argon2id } from '../passwords/argon2.hasher.js';
import { bcrypt } from '../passwords/bcrypt.hasher.js';
import type { AuthKitRuntimeOptions } from './authkit-options.js';
import { resolveOptions } from './resolve-options.js';

const SECRET = 'Jr7u2kP0xWq9Zt4Vb6Nm1Ls8Hd3Fg5Yc_aE';
const OTHER = 'pL3nV8cX1zQ6wE9rT2yU7iO4aS0dF5gH-jK';
const production = {
  baseUrl: 'https://app.example.com',
  secret: SECRET,
  mail: { transport: 'smtps://mail.example.com', from: 'no-reply@example.com' },
};
const resolve = (options: AuthKitRuntimeOptions, env: NodeJS.ProcessEnv = {}) => resolveOptions(options, env);

describe('resolveOptions in development', () => {
  it('needs nothing, and says what a random secret means', () => {
    const options = resolve({});
    expect(options).toMatchObject({
      production: false,
      baseUrl: 'http://localhost:3000',
      accessToken: { ttl: 900_000, issuer: 'http://localhost:3000', audience: 'http://localhost:3000' },
      credentials: { header: true, cookie: true, default: 'bearer' },
      session: {
        idleTimeout: 604_800_000,
        absoluteTimeout: 2_592_000_000,
        rotationGrace: 30_000,
        maxPerUser: 20,
        check: 'cached',
        staleness: 5_000,
      },
      cookies: {
        secure: false,
        sameSite: 'lax',
        names: { access: 'authkit_at', refresh: 'authkit_rt', device: 'authkit_device' },
        domain: null,
      },
      passwords: { minLength: 12, workers: null, queue: 64 },
      registration: { enabled: true, requireVerifiedEmail: false, defaultRoles: ['user'] },
      adminRole: 'admin',
      allowedOrigins: ['http://localhost:3000'],
    });
    expect(options.secrets[0].length).toBeGreaterThanOrEqual(48);
    expect(options.secrets).not.toEqual(resolve({}).secrets);
    expect(options.warnings.join()).toMatch(/no secret is set/);
  });

  it('takes the port of the environment into the base URL', () => {
    expect(resolve({}, { PORT: '8080', NODE_ENV: 'test' }).baseUrl).toBe('http://localhost:8080');
  });

  it('warns of a weak secret without showing it', () => {
    const warnings = resolve({ secret: 'short' }).warnings.join();
    expect(warnings).toMatch(/secret is shorter than 32 bytes; production will refuse it/);
    expect(warnings).not.toContain('short ');
  });

  it('freezes everything', () => {
    const options = resolve({ roles: { admin: { permissions: ['*'] } } });
    expect(Object.isFrozen(options)).toBe(true);
    expect(Object.isFrozen(options.session)).toBe(true);
    expect(Object.isFrozen(options.roles['admin'].permissions)).toBe(true);
  });
});

describe('resolveOptions in production', () => {
  it('accepts https and a strong secret, with secure cookies', () => {
    const options = resolve(production, { NODE_ENV: 'production' });
    expect(options).toMatchObject({ production: true, cookies: { secure: true }, warnings: [] });
  });

  it('is production for any base URL that is not loopback, whatever NODE_ENV says', () => {
    expect(resolve(production, { NODE_ENV: 'development' }).production).toBe(true);
    expect(resolve({ baseUrl: 'http://127.0.0.1:3000', secret: SECRET }).production).toBe(false);
    expect(resolve({ baseUrl: 'http://[::1]:3000', secret: SECRET }).production).toBe(false);
  });

  it.each<[string, AuthKitRuntimeOptions, RegExp]>([
    ['no base URL', { secret: SECRET }, /baseUrl: it is missing/],
    ['no secret', { baseUrl: production.baseUrl }, /secret: it is missing/],
    ['a short secret', { ...production, secret: 'tooShort1' }, /secret: it is shorter than 32 bytes/],
    [
      'a placeholder',
      { ...production, secret: 'supersecret-supersecret-supersecret-x1' },
      /secret: it looks like a placeholder/,
    ],
    ['a change-me', { ...production, secret: 'please-change-me-0123456789-abcdefgh' }, /placeholder/],
    ['a repeated character', { ...production, secret: 'a'.repeat(64) }, /fewer than 12 different characters/],
    ['a weak second secret', { ...production, secret: [SECRET, 'weak'] }, /secret\[1\]: it is shorter/],
    [
      'cookies over http',
      { ...production, baseUrl: 'http://app.example.com' },
      /cookies\.secure: cookies would be sent over plain HTTP/,
    ],
    ['insecure cookies', { ...production, cookies: { secure: false } }, /cookies\.secure/],
    ['a wildcard origin', { ...production, allowedOrigins: ['*'] }, /allowedOrigins\[0\]: "\*" is not valid/],
    [
      'a cheap bcrypt',
      { ...production, passwords: { hasher: bcrypt({ cost: 4 }) } },
      /passwords\.hasher: "bcrypt cost 4"/,
    ],
    ['a cheap argon2id', { ...production, passwords: { hasher: argon2id({ memory: 64 }) } }, /argon2id m=64/],
  ])('refuses %s', (_what, options, message) => {
    expect(() => resolve(options, { NODE_ENV: 'production' })).toThrow(message);
  });

  it('starts with insecure cookies only when told so dangerously, or without cookies', () => {
    const http = { ...production, baseUrl: 'http://app.example.com' };
    expect(resolve({ ...http, dangerouslyAllowInsecureCookies: true }).cookies.secure).toBe(false);
    expect(resolve({ ...http, credentials: { cookie: false } }).cookies.secure).toBe(false);
  });
});

describe('resolveOptions refuses what cannot be meant', () => {
  it.each<[string, unknown, RegExp]>([
    ['an unknown option', { sesion: {} }, /sesion: there is no such option\. Known here: appName, /],
    ['an unknown nested option', { session: { ttl: '1h' } }, /session\.ttl: there is no such option/],
    ['a section that is no object', { session: [] }, /session: a list of 0 is not valid\. Give an object/],
    [
      'a bad duration',
      { accessToken: { ttl: '15 minutes' } },
      /accessToken\.ttl: "15 minutes" is not valid\. Give seconds or text like '15m'/,
    ],
    ['a duration out of bounds', { accessToken: { ttl: '30d' } }, /accessToken\.ttl/],
    ['a duration in milliseconds', { session: { rotationGrace: 30_000 } }, /session\.rotationGrace: 30000/],
    ['an idle timeout beyond the absolute one', { session: { idleTimeout: '60d' } }, /session\.idleTimeout/],
    ['a base URL that is none', { baseUrl: 'app.example.com' }, /baseUrl: "app\.example\.com" is not valid/],
    ['a base URL with credentials', { baseUrl: 'http://u:p@localhost' }, /baseUrl/],
    ['an origin with a path', { allowedOrigins: ['https://a.example/x'] }, /allowedOrigins\[0\]/],
    ['an origin with a wildcard in it', { allowedOrigins: ['https://*.a.example'] }, /allowedOrigins\[0\]/],
    ['the null origin', { allowedOrigins: ['null'] }, /allowedOrigins\[0\]/],
    ['SameSite=None without https', { cookies: { sameSite: 'none' } }, /cookies\.sameSite/],
    ['a cookie name with a prefix', { cookies: { names: { access: '__Host-x' } } }, /cookies\.names\.access/],
    ['no credentials at all', { credentials: { header: false, cookie: false } }, /credentials/],
    ['a default transport that is off', { credentials: { cookie: false, default: 'cookie' } }, /credentials\.default/],
    [
      'an unknown check',
      { session: { check: 'sometimes' } },
      /session\.check: "sometimes" is not valid\. Give one of "cached", "always", "never"/,
    ],
    [
      'a minimum under 8',
      { passwords: { minLength: 4 } },
      /passwords\.minLength: 4 is not valid\. Give a whole number from 8/,
    ],
    ['a hasher that is none', { passwords: { hasher: () => 'x' } }, /passwords\.hasher: a function is not valid/],
    ['roles that are no text', { registration: { defaultRoles: [1] } }, /registration\.defaultRoles/],
    [
      'roles that differ only in case',
      { registration: { defaultRoles: ['user', 'User'] } },
      /registration\.defaultRoles: "user, User" is not valid\. Two of the roles differ only in spelling/,
    ],
    [
      'an unknown parent role',
      { roles: { admin: { inherits: ['editr'] } } },
      /roles\.admin\.inherits: "editr" is not valid/,
    ],
    ['an unknown key of a role', { roles: { admin: { perms: [] } } }, /roles\.admin\.perms: there is no such option/],
    ['a flag that is none', { registration: { enabled: 'yes' } }, /registration\.enabled: "yes" is not valid/],
    ['an empty app name', { appName: '' }, /appName/],
    ['a secret that is no text', { secret: 42 }, /secret: it is not a text or a list/],
    ['an empty list of secrets', { secret: [] }, /secret: it is not a text or a list/],
    ['a secret listed twice', { secret: [SECRET, SECRET] }, /secret: the same secret is listed twice/],
  ])('%s', (_what, options, message) => {
    expect(() => resolve(options as AuthKitRuntimeOptions)).toThrow(message);
  });

  it('never shows a secret in an error', () => {
    const weak = 'my-very-own-password-that-is-weak-12345';
    expect(() => resolve({ ...production, secret: weak })).toThrow(expect.not.stringContaining(weak) as never);
  });
});

describe('resolveOptions', () => {
  it('lets several secrets verify, adds bcrypt for imports, and warns of what weakens', () => {
    const options = resolve({
      secret: [SECRET, OTHER],
      passwords: { hasher: argon2id(), workers: 0 },
      cookies: { domain: 'example.com', secure: true },
      session: { check: 'never' },
      adminRole: null,
    });
    expect(options.secrets).toEqual([SECRET, OTHER]);
    expect(options.passwords.hashers.map(({ scheme }) => scheme)).toEqual(['argon2id', 'bcrypt-sha256', 'imported']);
    expect(options.adminRole).toBeNull();
    expect(options.warnings).toHaveLength(2);
  });

  it('signs in by cookie when that is the only transport, and takes origins of apps', () => {
    const options = resolve({ credentials: { header: false }, allowedOrigins: ['capacitor://localhost'] });
    expect(options.credentials.default).toBe('cookie');
    expect(options.allowedOrigins).toContain('capacitor://localhost');
  });
});
