import type { IncomingMessage } from 'node:http';
import { fakeResponse, requestWith, transportOf } from '../../../../test/support/wired-transport.js';
import { wire } from '../../../../test/support/wiring.js';
import type { CredentialTransport } from '../kernel/credential-transport.js';
import { TokenTransport } from './token-transport.js';

function setUp(raw: Parameters<typeof wire>[0] = {}) {
  const w = wire(raw);
  const { access, refresh } = w.options.cookies.names;
  const known = w.addUser({ email: 'ada@b.example' });
  /** A session and its tokens. */
  const signIn = (transport: CredentialTransport) => {
    const session = w.addSession(known, { transport });
    return { session, known, ...w.pairs.of({ session, known }) };
  };
  return { ...w, transport: transportOf(w), known, access, refresh, signIn };
}
const refused = (code: string) => expect.objectContaining({ code });

it('the transport of the wiring is the one under test', () => {
  expect(setUp().transport).toBeInstanceOf(TokenTransport);
});

describe('the transport a login gets', () => {
  const both = { credentials: {} };
  const headerOnly = { credentials: { cookie: false } };
  const cookieOnly = { credentials: { header: false } };

  it.each([
    ['bearer when nothing else is asked for', both, undefined, 'bearer'],
    ['the configured default', { credentials: { default: 'cookie' as const } }, undefined, 'cookie'],
    ['the one asked for', both, 'cookie', 'cookie'],
    ['the one that is on', cookieOnly, undefined, 'cookie'],
    ['bearer, asked for and on', headerOnly, 'bearer', 'bearer'],
  ] as const)('is %s', (_what, options, asked, chosen) => {
    expect(setUp(options).transport.choose(asked)).toBe(chosen);
  });

  it.each([
    ['cookie', headerOnly],
    ['bearer', cookieOnly],
  ] as const)('is none when the one asked for, %s, is switched off', (asked, options) => {
    expect(() => setUp(options).transport.choose(asked)).toThrow(
      expect.objectContaining({
        code: 'validation_failed',
        problem: expect.objectContaining({
          errors: [{ field: 'transport', code: 'switched_off', detail: 'This transport is switched off.' }],
        }),
      }),
    );
  });
});

describe('the check for other sites', () => {
  const { transport, access } = setUp();

  it('asks where a call comes from when it carries a cookie of ours or wants one', () => {
    expect(() => transport.assertSameSite(requestWith({}), false)).not.toThrow();
    expect(() => transport.assertSameSite(requestWith({}), true)).toThrow(refused('csrf_origin_missing'));
    const carrying = requestWith({ cookie: `${access}=x` });
    expect(() => transport.assertSameSite(carrying, false)).toThrow(refused('csrf_origin_missing'));
  });

  it('knows the origins of the options', () => {
    const from = (origin: string) => () => transport.assertSameSite(requestWith({ origin }), true);
    expect(from('https://app.example')).not.toThrow();
    expect(from('https://evil.example')).toThrow(refused('csrf_rejected'));
  });
});

describe('delivering tokens', () => {
  it("gives a bearer session's in the body, by OAuth's names, and no cookie", () => {
    const s = setUp();
    const { session, refreshToken } = s.signIn('bearer');
    const response = fakeResponse();
    expect(s.transport.deliver(response, { session, known: s.known })).toEqual({
      access_token: expect.stringMatching(/^ey/),
      token_type: 'Bearer',
      expires_in: 900,
      refresh_token: refreshToken,
      refresh_expires_in: 7 * 24 * 3600,
      user: expect.objectContaining({ email: 'ada@b.example' }),
    });
    expect(response.headers).toEqual([]);
  });

  it("gives a cookie session's in two cookies, and none in the body", () => {
    const s = setUp();
    const { session, refreshToken } = s.signIn('cookie');
    const response = fakeResponse();
    const body = s.transport.deliver(response, { session, known: s.known });
    expect(body).toEqual({ expires_in: 900, user: expect.objectContaining({ email: 'ada@b.example' }) });
    expect(response.headers).toEqual([
      ['Set-Cookie', expect.stringMatching(new RegExp(`^${s.access}=ey.*Max-Age=604800`))],
      ['Set-Cookie', expect.stringContaining(`${s.refresh}=${refreshToken};`)],
    ]);
  });

  it('takes the cookies away, where there can be any', () => {
    const clear = (raw: Parameters<typeof wire>[0]) => {
      const response = fakeResponse();
      setUp(raw).transport.clearCookies(response);
      return response.headers.map(([name, value]) => `${name} ${value.split(';')[0]}`);
    };
    expect(clear({})).toEqual(['Set-Cookie __Host-authkit_at=', 'Set-Cookie __Host-authkit_rt=']);
    expect(clear({ credentials: { cookie: false } })).toEqual([]);
  });
});

describe('the refresh token of a request', () => {
  const s = setUp();
  const { session, accessToken, refreshToken } = s.signIn('cookie');
  const withCookies = (cookie?: string) => requestWith({ cookie });

  it('is the one in the body', () => {
    expect(s.transport.refreshToken(withCookies(), 'T')).toEqual({ token: 'T', via: 'bearer' });
    expect(s.transport.refreshToken(withCookies(`${s.access}=${accessToken}`), 'T').via).toBe('bearer');
  });

  it('is the one in the cookie, with the session of the access cookie beside it', () => {
    const alone = withCookies(`${s.refresh}=${refreshToken}`);
    expect(s.transport.refreshToken(alone, undefined)).toEqual({ token: refreshToken, via: 'cookie' });
    const beside = withCookies(`${s.access}=${accessToken}; ${s.refresh}=T`);
    expect(s.transport.refreshToken(beside, undefined)).toEqual({ token: 'T', via: 'cookie', companionId: session.id });
    const forged = withCookies(`${s.access}=nonsense; ${s.refresh}=T`);
    expect(s.transport.refreshToken(forged, undefined).companionId).toBeUndefined();
  });

  it('is never one of two: body and cookie together are 400', () => {
    const both = () => s.transport.refreshToken(withCookies(`${s.refresh}=T`), 'T');
    expect(both).toThrow(refused('ambiguous_credentials'));
  });

  it('is needed: 401 without, an access cookie being none', () => {
    const none = () => s.transport.refreshToken(withCookies(`${s.access}=${accessToken}`), undefined);
    expect(none).toThrow(refused('authentication_required'));
  });
});

describe('the sessions a request proves', () => {
  const s = setUp();
  const [one, two, three, four] = [s.signIn('bearer'), s.signIn('bearer'), s.signIn('cookie'), s.signIn('cookie')];
  const idsOf = async (request: IncomingMessage, inBody?: string) =>
    (await s.transport.sessionsProven(request, inBody)).map(({ id }) => id);

  it('are those of header, body and both cookies', async () => {
    const cookie = `${s.access}=${three.accessToken}; ${s.refresh}=${four.refreshToken}`;
    const request = requestWith({ authorization: `Bearer ${one.accessToken}`, cookie });
    const all = [one, three, four, two].map(({ session }) => session.id);
    expect(await idsOf(request, two.refreshToken)).toEqual(all);
    expect(await s.transport.sessionsProvenByCookies(request)).toMatchObject([
      { id: three.session.id },
      { id: four.session.id },
    ]);
  });

  it('are named once each', async () => {
    const cookie = `${s.access}=${three.accessToken}; ${s.refresh}=${three.refreshToken}`;
    expect(await idsOf(requestWith({ cookie }))).toEqual([three.session.id]);
    expect(await s.transport.sessionsProvenByCookies(requestWith({ cookie }))).toHaveLength(1);
  });

  it.each(['bearer TOKEN', 'BEARER TOKEN'])('are found by %p', async (authorization) => {
    const header = authorization.replace('TOKEN', one.accessToken);
    expect(await idsOf(requestWith({ authorization: header }))).toEqual([one.session.id]);
  });

  it.each(['TOKEN', 'Basic TOKEN', 'Bearer  TOKEN', 'Bearer TOKEN x', 'x Bearer TOKEN', 'Bearer nonsense', 'Bearer '])(
    'are none by %p',
    async (authorization) => {
      const header = authorization.replace('TOKEN', one.accessToken);
      expect(await idsOf(requestWith({ authorization: header }))).toEqual([]);
    },
  );

  it('are none by nothing, and none by bad tokens', async () => {
    expect(await idsOf(requestWith({}))).toEqual([]);
    expect(await idsOf(requestWith({ cookie: `${s.access}=x; ${s.refresh}=y` }), 'z')).toEqual([]);
  });

  it('are not those of a cookie that came twice, while the other proofs hold', async () => {
    const twice = `${s.access}=${three.accessToken}; ${s.access}=${four.accessToken}; ${s.refresh}=${three.refreshToken}`;
    expect(await idsOf(requestWith({ cookie: twice }), two.refreshToken)).toEqual([three.session.id, two.session.id]);
  });
});
