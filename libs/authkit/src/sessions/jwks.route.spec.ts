import { Subject } from 'rxjs';
import type { HttpAdapterHost } from '@nestjs/core';
import { KEYS } from '../../../../test/support/keys.js';
import { wire } from '../../../../test/support/wiring.js';
import { AccessTokenKeys } from './access-token-keys.js';
import { JwksRoute } from './jwks.route.js';

type Handler = (request: object, response: object) => void;

/** The route on an adapter that only remembers. */
function setUp(routes?: false | { jwks?: boolean }, keys = [KEYS.ES256, KEYS.HS256]) {
  const { options, keys: ring, clock } = wire({ accessToken: { keys } });
  const init$ = new Subject<void>();
  const served = new Map<string, Handler>();
  const reply = { headers: {} as Record<string, string>, body: undefined as unknown, status: 0 };
  const httpAdapter = {
    get: (path: string, handler: Handler) => void served.set(path, handler),
    setHeader: (_response: object, name: string, value: string) => void (reply.headers[name] = value),
    reply: (_response: object, body: unknown, status: number) => void Object.assign(reply, { body, status }),
  };
  new JwksRoute({ init$, httpAdapter } as unknown as HttpAdapterHost, new AccessTokenKeys(options, ring, clock), {
    routes,
  });
  const ask = (ifNoneMatch?: string) => {
    reply.headers = {};
    served.get('/.well-known/jwks.json')!({ headers: { 'if-none-match': ifNoneMatch } }, {});
    return { ...reply };
  };
  return { init: () => init$.next(), served, ask };
}

describe('the JWKS route', () => {
  it('is added when the adapter is there, and not before', () => {
    const { init, served } = setUp();
    expect(served.size).toBe(0);
    init();
    expect([...served.keys()]).toEqual(['/.well-known/jwks.json']);
  });

  it.each([
    [false as const, 0],
    [{ jwks: false }, 0],
    [{ jwks: true }, 1],
    [{}, 1],
  ])('with routes %p is served so many times: %p', (routes, times) => {
    const { init, served } = setUp(routes);
    init();
    expect(served.size).toBe(times);
  });

  it('answers with the public keys, for anybody to keep five minutes', () => {
    const { init, ask } = setUp();
    init();
    const { headers, body, status } = ask();
    expect(status).toBe(200);
    expect(JSON.parse(String(body))).toMatchObject({ keys: [{ kid: 'es', alg: 'ES256', use: 'sig', kty: 'EC' }] });
    expect(JSON.parse(String(body)).keys).toHaveLength(1);
    expect(headers).toEqual({
      'Cache-Control': 'public, max-age=300',
      ETag: expect.stringMatching(/^"[\w-]{22}"$/),
      'X-Content-Type-Options': 'nosniff',
      'Access-Control-Allow-Origin': '*',
      'Content-Type': 'application/jwk-set+json; charset=utf-8',
    });
  });

  it('answers 304, without a type, to whoever has these keys', () => {
    const { init, ask } = setUp();
    init();
    const { ETag: etag } = ask().headers;
    for (const tag of [etag, `W/${etag}`, `"x", ${etag}`, `"x",  W/${etag} `, '*']) {
      const { status, body, headers } = ask(tag);
      expect([tag, status, body, headers['Content-Type']]).toEqual([tag, 304, undefined, undefined]);
      expect(headers['Cache-Control']).toBe('public, max-age=300');
    }
    for (const tag of ['"x"', `x${etag}`, etag.slice(1), '', undefined])
      expect([tag, ask(tag).status]).toEqual([tag, 200]);
  });

  it('has another tag for other keys', () => {
    const [one, other] = [setUp(), setUp(undefined, [KEYS.RS256 as never])];
    one.init();
    other.init();
    expect(one.ask().headers['ETag']).not.toBe(other.ask().headers['ETag']);
  });

  it('waits while there is no adapter', () => {
    const init$ = { subscribe: (attach: () => void) => attach() };
    const { options, keys, clock } = wire();
    const ring = new AccessTokenKeys(options, keys, clock);
    expect(() => new JwksRoute({ init$ } as unknown as HttpAdapterHost, ring, {})).not.toThrow();
  });
});
