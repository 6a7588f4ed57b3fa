import type { IncomingMessage } from 'node:http';
import { bearerTokenOf } from './bearer-token.js';

const request = (...values: string[]) =>
  ({
    headers: values.length > 0 ? { authorization: values[0] } : {},
    rawHeaders: ['Host', 'x', ...values.flatMap((value, n) => [n % 2 ? 'AUTHORIZATION' : 'Authorization', value])],
  }) as IncomingMessage;

describe('the bearer token of a request', () => {
  it.each(['Bearer a.b.c', 'bearer a.b.c', 'BEARER a.b.c'])('is what follows the scheme in %p', (header) => {
    expect(bearerTokenOf(request(header))).toBe('a.b.c');
  });

  it('is undefined without the header', () => {
    expect(bearerTokenOf(request())).toBeUndefined();
  });

  it.each(['Basic YTpi', 'Bearer', 'Bearera.b.c', 'xBearer a', '', 'Token a'])('is refused for %p', (header) => {
    expect(() => bearerTokenOf(request(header))).toThrow(
      expect.objectContaining({ code: 'authentication_required', reason: 'unknown Authorization scheme' }),
    );
  });

  it('is refused when the header is there twice, in whatever case its name is', () => {
    expect(() => bearerTokenOf(request('Bearer a', 'Bearer a'))).toThrow(
      expect.objectContaining({ code: 'ambiguous_credentials', reason: 'two Authorization headers' }),
    );
  });

  it('does not count headers of other names, or values that look like one', () => {
    const one = request('Bearer a');
    one.rawHeaders.push('X-Forwarded-B', 'authorization', 'Proxy-Authorization', 'Bearer b');
    expect(bearerTokenOf(one)).toBe('a');
  });
});
