import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { optionsFromEnv } from './options-from-env.js';
import { resolveOptions } from './resolve-options.js';

describe('optionsFromEnv', () => {
  it('is empty without variables, so that every default holds', () => {
    expect(optionsFromEnv({ PATH: '/bin', AUTHKIT_SECRET: '' })).toEqual({});
  });

  it('reads every variable into options that resolve', () => {
    const options = optionsFromEnv({
      AUTHKIT_APP_NAME: 'shop',
      AUTHKIT_BASE_URL: 'https://shop.example',
      AUTHKIT_SECRET: 'Jr7u2kP0xWq9Zt4Vb6Nm1Ls8Hd3Fg5Yc_aE, pL3nV8cX1zQ6wE9rT2yU7iO4aS0dF5gH-jK',
      AUTHKIT_ACCESS_TOKEN_TTL: '600',
      AUTHKIT_ISSUER: 'https://issuer.example',
      AUTHKIT_AUDIENCE: 'shop-api',
      AUTHKIT_CREDENTIALS_HEADER: 'true',
      AUTHKIT_CREDENTIALS_COOKIE: 'no',
      AUTHKIT_CREDENTIALS_DEFAULT: 'bearer',
      AUTHKIT_SESSION_IDLE_TIMEOUT: '2d',
      AUTHKIT_SESSION_ABSOLUTE_TIMEOUT: '20d',
      AUTHKIT_SESSION_ROTATION_GRACE: '10s',
      AUTHKIT_SESSION_MAX_PER_USER: '3',
      AUTHKIT_SESSION_CHECK: 'always',
      AUTHKIT_SESSION_STALENESS: '2s',
      AUTHKIT_COOKIES_SECURE: '1',
      AUTHKIT_COOKIES_SAME_SITE: 'strict',
      AUTHKIT_COOKIES_DOMAIN: 'shop.example',
      AUTHKIT_PASSWORDS_MIN_LENGTH: '15',
      AUTHKIT_PEPPER: '2026:aP9sD4fG7hJ2kL5zX8cV1bN6mQ3wE0rT-new, 2025:Zk3vQ8rT1yW6uB0nM5cX9dF2gH7jL4pS:old',
      AUTHKIT_REGISTRATION_ENABLED: 'off',
      AUTHKIT_REQUIRE_VERIFIED_EMAIL: 'yes',
      AUTHKIT_MAIL_URL: 'smtps://shop:hunter2@mail.example.com',
      AUTHKIT_MAIL_FROM: 'Shop <no-reply@shop.example>',
      AUTHKIT_TRUSTED_PROXIES: '10.0.0.0/8, ::1',
      AUTHKIT_ALLOWED_ORIGINS: 'https://a.example, https://b.example',
      AUTHKIT_STRICT_ROUTES: 'yes',
    });
    expect(resolveOptions(options, {})).toMatchObject({
      appName: 'shop',
      baseUrl: 'https://shop.example',
      secrets: [expect.any(String), expect.any(String)],
      accessToken: { ttl: 600_000, issuer: 'https://issuer.example', audience: 'shop-api' },
      credentials: { header: true, cookie: false, default: 'bearer' },
      session: {
        idleTimeout: 172_800_000,
        absoluteTimeout: 1_728_000_000,
        rotationGrace: 10_000,
        maxPerUser: 3,
        check: 'always',
        staleness: 2_000,
      },
      cookies: { secure: true, sameSite: 'strict', domain: 'shop.example' },
      passwords: {
        minLength: 15,
        peppers: [
          { id: '2026', secret: 'aP9sD4fG7hJ2kL5zX8cV1bN6mQ3wE0rT-new' },
          { id: '2025', secret: 'Zk3vQ8rT1yW6uB0nM5cX9dF2gH7jL4pS:old' },
        ],
      },
      registration: { enabled: false, requireVerifiedEmail: true },
      mail: { transport: { kind: 'smtp' }, from: '"Shop" <no-reply@shop.example>' },
      trustedProxies: ['10.0.0.0/8', '::1'],
      allowedOrigins: ['https://shop.example', 'https://a.example', 'https://b.example'],
      strictRoutes: true,
    });
  });

  it('switches rate limits off only for a word that means yes', () => {
    const name = 'AUTHKIT_DANGEROUSLY_DISABLE_RATE_LIMITS';
    expect(optionsFromEnv({ [name]: '1' })).toEqual({ rateLimits: false });
    expect(optionsFromEnv({ [name]: '0' })).toEqual({});
    expect(() => optionsFromEnv({ [name]: 'maybe' })).toThrow(`${name}: "maybe" is not valid`);
  });

  it('knows the common JWT names', () => {
    expect(
      optionsFromEnv({
        JWT_SECRET_KEY: 's',
        JWT_ISSUER: 'i',
        JWT_AUDIENCE: 'a',
        JWT_ACCESS_TOKEN_EXPIRE_MINUTES: '30',
        JWT_REFRESH_TOKEN_EXPIRE_DAYS: '14',
      }),
    ).toEqual({
      secret: 's',
      accessToken: { ttl: '30m', issuer: 'i', audience: 'a' },
      session: { idleTimeout: '14d' },
    });
    expect(optionsFromEnv({ JWT_SECRET: 'x', AUTHKIT_SECRET: 'own' }).secret).toBe('own');
  });

  it('reads a secret from the file its _FILE twin names', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'authkit-')), 'secret');
    writeFileSync(file, 'from-a-file\n');
    expect(optionsFromEnv({ AUTHKIT_SECRET_FILE: file })).toEqual({ secret: 'from-a-file' });
  });

  it('refuses both a value and a file, a missing file and a flag that is none, naming the variable', () => {
    expect(() => optionsFromEnv({ AUTHKIT_SECRET: 'a', AUTHKIT_SECRET_FILE: '/b' })).toThrow(
      /both AUTHKIT_SECRET and AUTHKIT_SECRET_FILE/,
    );
    expect(() => optionsFromEnv({ AUTHKIT_SECRET_FILE: '/does/not/exist' })).toThrow(
      /AUTHKIT_SECRET_FILE: .*cannot be read \(ENOENT\)/,
    );
    expect(() => optionsFromEnv({ AUTHKIT_COOKIES_SECURE: 'maybe' })).toThrow(
      /AUTHKIT_COOKIES_SECURE: "maybe" is not valid/,
    );
  });
});
