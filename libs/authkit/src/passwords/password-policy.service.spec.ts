import { AuthEvents, type AnyAuthEvent } from '../kernel/events.js';
import type { AuthKitRuntimeOptions } from '../options/authkit-options.js';
import { resolveOptions } from '../options/resolve-options.js';
import { FixedClock } from '../testing/fixed-clock.js';
import { BreachCheck } from './breach-check.js';
import { PasswordPolicy } from './password-policy.service.js';

const GOOD = 'violet harbour lantern 42';

class StandIn extends BreachCheck {
  readonly asked: string[] = [];
  constructor(private readonly answer: () => Promise<boolean>) {
    super();
  }
  override isBreached(password: string): Promise<boolean> {
    this.asked.push(password);
    return this.answer();
  }
}

function setUp(passwords: AuthKitRuntimeOptions['passwords'] = {}) {
  const heard: AnyAuthEvent[] = [];
  const events = new AuthEvents(new FixedClock());
  events.subscribe({ onAuthEvent: (event) => void heard.push(event) });
  return { heard, policy: new PasswordPolicy(resolveOptions({ appName: 'Corner Shop', passwords }, {}), events) };
}

const refused = (code: string, reason = code, field = 'password') =>
  expect.objectContaining({
    code,
    problem: expect.objectContaining({ status: 422, errors: [{ field, code: reason, detail: expect.any(String) }] }),
  });

describe('PasswordPolicy', () => {
  it('lets a good password pass, without asking anybody', async () => {
    const { policy, heard } = setUp();
    await expect(policy.assert(GOOD, { email: 'ada@example.com', username: null })).resolves.toBeUndefined();
    expect(heard).toEqual([]);
  });

  it.each([
    ['over 1024 bytes', 'x'.repeat(1025), refused('password_too_long')],
    ['of half a surrogate pair', `${GOOD}\ud800`, refused('password_invalid')],
    ['too short, and common', 'password', refused('password_too_short')],
    ['common', 'password1234', refused('password_blocklisted', 'common_password')],
    ['of the name of the app', 'cornershop2024', refused('password_blocklisted', 'context_word')],
    ['of the address', 'ada@example.com', refused('password_blocklisted', 'context_word')],
    ['of the username', 'countess-1815', refused('password_blocklisted', 'context_word')],
    ['along the keyboard', 'qwertyuiopas', refused('password_blocklisted', 'simple_pattern')],
  ])('refuses one %s', async (_what, password, refusal) => {
    const { policy } = setUp();
    await expect(policy.assert(password, { email: 'ada@example.com', username: 'countess' })).rejects.toEqual(refusal);
  });

  it('PWD-06 refuses every common password that is long enough, as listed and a little changed', async () => {
    const { dictionary } = await import('@zxcvbn-ts/language-common');
    const listed = dictionary['passwords-common'].filter((one) => one.length >= 8);
    const { policy } = setUp({ minLength: 8 });
    const passed: string[] = [];
    const isRefused = (password: string) =>
      policy.assert(password).then(
        () => false,
        (error: { code?: string }) => error.code === 'password_blocklisted',
      );
    for (const [i, one] of listed.entries()) {
      const isPlain = i % 20 === 0 && /^[a-z0-9]*[a-z][a-z0-9]*$/.test(one);
      for (const password of [one, one.toUpperCase(), ...(isPlain ? [`${one}1!`, one + one] : [])]) {
        if (!(await isRefused(password))) passed.push(password);
      }
    }
    expect(passed).toEqual([]);
  });

  it('names the field it is told', async () => {
    const refusal = refused('password_blocklisted', 'common_password', 'newPassword');
    await expect(setUp().policy.assert('password1234', { field: 'newPassword' })).rejects.toEqual(refusal);
  });

  it('refuses words of the option, and with false neither those nor common passwords', async () => {
    const { policy } = setUp({ blocklist: ['Road Runner'] });
    await expect(policy.assert('roadrunner99')).rejects.toEqual(refused('password_blocklisted', 'context_word'));
    await expect(policy.assert('password1234')).rejects.toEqual(refused('password_blocklisted', 'common_password'));
    const off = setUp({ blocklist: false }).policy;
    await expect(off.assert('password1234', { username: 'password' })).resolves.toBeUndefined();
  });

  it('asks the breach check last, in NFC', async () => {
    const breachCheck = new StandIn(async () => true);
    const { policy } = setUp({ breachCheck });
    for (const password of ['x'.repeat(1025), 'short', 'password1234']) {
      await expect(policy.assert(password)).rejects.not.toMatchObject({ code: 'password_breached' });
    }
    expect(breachCheck.asked).toEqual([]);
    await expect(policy.assert('violet e\u0301toile 42')).rejects.toEqual(refused('password_breached'));
    expect(breachCheck.asked).toEqual(['violet \u00e9toile 42']);
  });

  it('lets a password pass that is in no breach', async () => {
    const { policy, heard } = setUp({ breachCheck: new StandIn(async () => false) });
    await policy.assert(GOOD);
    expect(heard).toEqual([]);
  });

  it.each([
    ['rejects', async () => Promise.reject(new Error('fetch failed', { cause: new Error('ECONNREFUSED') }))],
    [
      'throws',
      () => {
        throw new Error('fetch failed', { cause: new Error('ECONNREFUSED') });
      },
    ],
  ])('lets it pass with an event that names the reason, when the breach check %s', async (_how, answer) => {
    const { policy, heard } = setUp({ breachCheck: new StandIn(answer) });
    await policy.assert(GOOD);
    expect(heard).toMatchObject([
      { type: 'password.breach_check_failed', details: { reason: 'Error: fetch failed (ECONNREFUSED)' } },
    ]);
    expect(JSON.stringify(heard)).not.toContain(GOOD);
  });
});
