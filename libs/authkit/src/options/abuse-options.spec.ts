import type { AuthKitRuntimeOptions } from './authkit-options.js';
import { resolveOptions } from './resolve-options.js';

const SECRET = 'Jr7u2kP0xWq9Zt4Vb6Nm1Ls8Hd3Fg5Yc_aE';
const PRODUCTION = { baseUrl: 'https://app.example.com', secret: SECRET };
const SWITCH = 'AUTHKIT_DANGEROUSLY_DISABLE_RATE_LIMITS';
const resolve = (options: AuthKitRuntimeOptions, env: NodeJS.ProcessEnv = {}) => resolveOptions(options, env);

describe('rateLimits', () => {
  it('are on with their defaults', () => {
    expect(resolve({})).toMatchObject({
      rateLimits: {
        account: { limit: 10, window: 900_000, maxDelay: 900_000, disableAfter: 100 },
        device: { limit: 10, window: 900_000, disableAfter: 100 },
        ip: { limit: 50, window: 900_000 },
        mail: { limit: 3, window: 1_800_000 },
        mailIp: { limit: 20, window: 1_800_000 },
        register: { limit: 20, window: 3_600_000 },
      },
      captcha: null,
      trustedProxies: [],
      registration: { emailPolicy: null },
    });
  });

  it('change one by one', () => {
    const { rateLimits } = resolve({ rateLimits: { account: { limit: 5, maxDelay: '1m' }, ip: { window: 60 } } });
    expect(rateLimits).toMatchObject({
      account: { limit: 5, window: 900_000, maxDelay: 60_000 },
      ip: { limit: 50, window: 60_000 },
    });
  });

  it.each<[string, AuthKitRuntimeOptions, NodeJS.ProcessEnv]>([
    ['rateLimits', { rateLimits: false }, {}],
    [SWITCH, {}, { [SWITCH]: '1' }],
    [SWITCH, { rateLimits: { ip: { limit: 5 } } }, { [SWITCH]: 'true' }],
  ])('are off by %s, with a warning, but never in production', (path, options, env) => {
    const resolved = resolve(options, env);
    expect(resolved.rateLimits).toBeNull();
    expect(resolved.warnings).toContain(`${path}: the rate limits are off`);
    for (const production of [{ ...env, NODE_ENV: 'production' }, env]) {
      expect(() => resolve({ ...PRODUCTION, ...options }, production)).toThrow(
        `${path}: it switches the rate limits off, and this is production`,
      );
    }
  });

  it.each(['', '0', 'false', undefined])('stay on with the switch set to %p', (value) => {
    expect(resolve({}, { [SWITCH]: value }).rateLimits).not.toBeNull();
    expect(resolve(PRODUCTION, { [SWITCH]: value, NODE_ENV: 'production' }).rateLimits).not.toBeNull();
  });

  it.each<[AuthKitRuntimeOptions, RegExp]>([
    [{ rateLimits: true as never }, /rateLimits: true is not valid/],
    [{ rateLimits: { logins: {} } as never }, /rateLimits\.logins: there is no such option/],
    [{ rateLimits: { account: { limit: 0 } } }, /rateLimits\.account\.limit: 0 is not valid/],
    [{ rateLimits: { account: { disableAfter: 101 } } }, /rateLimits\.account\.disableAfter: 101/],
    [{ rateLimits: { account: { limit: 50, disableAfter: 40 } } }, /account\.limit: 50.*at most disableAfter \(40\)/],
    [{ rateLimits: { device: { limit: 101 } } }, /device\.limit: 101.*at most disableAfter/],
    [{ rateLimits: { ip: { window: '2d' } } }, /rateLimits\.ip\.window: "2d"/],
    [{ captcha: {} as never }, /captcha\.verify: undefined is not valid/],
    [{ captcha: { verify: () => true, afterFailures: -1 } }, /captcha\.afterFailures: -1/],
    [{ registration: { emailPolicy: 'none' as never } }, /registration\.emailPolicy: "none" is not valid/],
    [{ trustedProxies: ['10.0.0.0/8', 'proxy'] }, /trustedProxies\[1\]: "proxy" is not valid.*networks/],
    [{ trustedProxies: ['10.0.0.0/33'] }, /trustedProxies\[0\]/],
  ])('and their neighbours refuse %j', (options, message) => {
    expect(() => resolve(options)).toThrow(message);
  });
});
