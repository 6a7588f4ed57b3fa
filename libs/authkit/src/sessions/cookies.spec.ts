import { resolveOptions } from '../options/resolve-options.js';
import { AuthCookies } from './cookies.js';

const TOKENS = { accessToken: 'AT', expiresIn: 900, refreshToken: 'RT', refreshExpiresIn: 3600 };
const ACCESS = '__Host-authkit_at';
const REFRESH = '__Host-authkit_rt';
const SECRET = 'wR3xT8mK1vB6nQ9zL4cJ7hF2sD5gA0pY-Ei';

const cookiesWith = (raw: Parameters<typeof resolveOptions>[0] = {}) =>
  new AuthCookies(resolveOptions({ baseUrl: 'https://app.example', secret: SECRET, ...raw }, {}));

describe('the cookies of a session', () => {
  it('live as long as the session, for scripts unreadable, on https only', () => {
    expect(cookiesWith().issue(TOKENS)).toEqual([
      `${ACCESS}=AT; Max-Age=3600; Path=/; HttpOnly; Secure; SameSite=Lax`,
      `${REFRESH}=RT; Max-Age=3600; Path=/; HttpOnly; Secure; SameSite=Strict`,
    ]);
  });

  it('are deleted with the attributes they were set with', () => {
    expect(cookiesWith().clear()).toEqual([
      `${ACCESS}=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax`,
      `${REFRESH}=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Strict`,
    ]);
  });

  it('carry the configured SameSite on the access cookie alone, and the domain on both', () => {
    const cookies = cookiesWith({ cookies: { sameSite: 'none', domain: 'app.example' } });
    expect(cookies.issue(TOKENS)).toEqual([
      '__Secure-authkit_at=AT; Max-Age=3600; Domain=app.example; Path=/; HttpOnly; Secure; SameSite=None',
      '__Secure-authkit_rt=RT; Max-Age=3600; Domain=app.example; Path=/; HttpOnly; Secure; SameSite=Strict',
    ]);
  });
});

describe('reading the cookies', () => {
  const cookies = cookiesWith();

  it.each([
    ['no header', undefined, undefined],
    ['an empty header', '', undefined],
    ['another cookie', 'theme=dark', undefined],
    ['ours alone', `${ACCESS}=abc`, 'abc'],
    ['ours among others', `theme=dark; ${ACCESS}=abc; x=y`, 'abc'],
    ['ours without a space before it', `theme=dark;${ACCESS}=abc`, 'abc'],
    ['a value with = in it', `${ACCESS}=a=b`, 'a=b'],
    ['an empty value', `${ACCESS}=`, undefined],
    ['a longer name', `${ACCESS}x=abc`, undefined],
    ['a name that ends in ours', `x${ACCESS}=abc`, undefined],
    ['our name as a value', `x=${ACCESS}=`, undefined],
    ['the other one of ours', `${REFRESH}=abc`, undefined],
  ])('finds in %s (%p): %p', (_what, header, value) => {
    expect(cookies.accessToken(header)).toBe(value);
    expect(
      cookies.refreshToken(header?.replaceAll(ACCESS, '@').replaceAll(REFRESH, ACCESS).replaceAll('@', REFRESH)),
    ).toBe(value);
  });

  it.each([ACCESS, REFRESH])('refuses two values of %s and has both cookies cleared', (name) => {
    const read = () => [cookies.accessToken(`${name}=a; x=y; ${name}=b`), cookies.refreshToken(`${name}=a; ${name}=b`)];
    expect(read).toThrow(expect.objectContaining({ code: 'ambiguous_credentials', clearCookies: true }));
  });

  it('sees none where the cookie transport is switched off, not even two of one name', () => {
    const off = cookiesWith({ credentials: { cookie: false } });
    expect(off.accessToken(`${ACCESS}=a`)).toBeUndefined();
    expect(off.refreshToken(`${REFRESH}=a; ${REFRESH}=b`)).toBeUndefined();
  });

  it.each([
    [undefined, false],
    ['theme=dark', false],
    [`${ACCESS}=a`, true],
    [`${REFRESH}=a`, true],
    [`${ACCESS}=a; ${REFRESH}=b`, true],
  ])('tells whether any of ours is carried by %p: %p', (header, present) => {
    expect(cookies.isPresent(header)).toBe(present);
  });
});
