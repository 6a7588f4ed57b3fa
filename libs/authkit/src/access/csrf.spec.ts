import type { IncomingHttpHeaders } from 'node:http';
import { assertSameSite } from './csrf.js';

const HOME = 'https://app.example';
const check = (headers: IncomingHttpHeaders, involvesCookies = true) => {
  try {
    assertSameSite({ headers, allowedOrigins: [HOME, 'https://partner.example'], involvesCookies });
    return 'passes';
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('a state-changing request', () => {
  it.each<[headers: IncomingHttpHeaders]>([
    [{ 'sec-fetch-site': 'same-origin' }],
    [{ 'sec-fetch-site': 'none' }],
    [{ 'sec-fetch-site': 'same-origin', origin: 'https://evil.example' }],
    [{ 'sec-fetch-site': 'cross-site', origin: 'https://partner.example' }],
    [{ origin: HOME }],
    [{ origin: HOME, referer: 'https://evil.example/' }],
    [{ referer: `${HOME}/page?x=1` }],
  ])('from our pages passes: %p', (headers) => {
    expect([check(headers), check(headers, false)]).toEqual(['passes', 'passes']);
  });

  it.each<[headers: IncomingHttpHeaders]>([
    [{ origin: 'https://evil.example' }],
    [{ origin: 'null' }],
    [{ origin: '' }],
    [{ origin: 'https://evil.example', referer: `${HOME}/` }],
    [{ referer: 'https://evil.example/' }],
    [{ referer: 'no URL' }],
    [{ referer: '' }],
    [{ 'sec-fetch-site': 'cross-site' }],
    [{ 'sec-fetch-site': 'same-site' }],
    [{ 'sec-fetch-site': '' }],
    [{ 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }],
    [{ 'sec-fetch-site': 'cross-site', referer: `${HOME}/` }],
  ])('from another site is refused, with or without cookies: %p', (headers) => {
    expect([check(headers), check(headers, false)]).toEqual(['csrf_rejected', 'csrf_rejected']);
  });

  it('that says nothing of where it comes from passes without cookies only', () => {
    expect([check({}), check({}, false)]).toEqual(['csrf_origin_missing', 'passes']);
  });

  it('whose Referer is no URL is refused even where the opaque origin were allowed as text', () => {
    const situation = { headers: { referer: 'x' }, allowedOrigins: [''], involvesCookies: true };
    expect(() => assertSameSite(situation)).toThrow(expect.objectContaining({ code: 'csrf_rejected' }));
  });
});
