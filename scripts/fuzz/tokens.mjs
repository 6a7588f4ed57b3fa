import { createHmac } from 'node:crypto';

const json = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

const HEADERS = [
  { alg: 'none' },
  { alg: 'nOnE' },
  { alg: 'HS512' },
  { alg: 'RS256' },
  { alg: ['HS256'] },
  { alg: null },
  { typ: 'JWT' },
  { typ: 'refresh+jwt' },
  { typ: 1 },
  { kid: '../../dev/null' },
  { kid: "' OR 1=1--" },
  { kid: ['a'] },
  { kid: null },
  { kid: '__proto__' },
  { jku: 'http://127.0.0.1:1/jwks.json' },
  { jwk: { kty: 'oct', k: 'AA' } },
  { x5u: 'http://127.0.0.1:1/' },
  { crit: ['exp'] },
  { b64: false, crit: ['b64'] },
  { zip: 'DEF' },
  { enc: 'A256GCM', alg: 'dir' },
];

const CLAIMS = [
  { sub: null },
  { sub: 1 },
  { sub: '' },
  { sid: 'not-a-uuid' },
  { sid: '00000000-0000-0000-0000-000000000000' },
  { sid: ["'--"] },
  { exp: 1e300 },
  { exp: -1 },
  { exp: '9999999999' },
  { iat: 1e12 },
  { nbf: 1e12 },
  { roles: 'admin' },
  { roles: ['admin'] },
  { roles: { length: 1 } },
  { iss: 'https://evil.example' },
  { aud: [] },
  { amr: [null] },
  { ['__proto__']: { admin: true } },
];

/** Tokens that are nearly right. `held` gives genuine ones of a victim's. */
export class Tokens {
  constructor(random, strings, held) {
    Object.assign(this, { random, strings, held });
  }

  any() {
    return this.random.once(2) ? this.access() : this.refresh();
  }

  access() {
    const { random, strings, held } = this;
    const [head, body, signature] = held.access.split('.');
    switch (random.below(10)) {
      case 0:
        return held.access;
      case 1:
        return this.mangled(held.access);
      case 2: {
        const header = json({ alg: 'HS256', typ: 'at+jwt', ...random.pick(HEADERS) });
        return `${header}.${body}.${this.signature(`${header}.${body}`)}`;
      }
      case 3: {
        const claims = { ...JSON.parse(Buffer.from(body, 'base64url').toString()), ...random.pick(CLAIMS) };
        return `${head}.${json(claims)}.${random.once(2) ? signature : this.signature(`${head}.${json(claims)}`)}`;
      }
      case 4:
        return [head, body, signature, head, body].slice(0, random.below(6)).join('.');
      case 5:
        return random.pick([
          `${held.access}=`,
          `${held.access}.`,
          `.${held.access}`,
          ` ${held.access}`,
          `${head}..${signature}`,
        ]);
      case 6:
        return [head, random.bytes(random.below(300)).toString('base64url'), signature].join('.');
      case 7:
        return [strings.header(), strings.header(), strings.header()].join('.');
      case 8:
        return held.access.replace(/[-_]/g, (one) => (one === '-' ? '+' : '/'));
      default:
        return held.refresh;
    }
  }

  refresh() {
    const { random, strings, held } = this;
    const bytes = Buffer.from(held.refresh.slice(4), 'base64url');
    switch (random.below(8)) {
      case 0:
        return this.mangled(held.refresh);
      case 1:
        bytes[random.below(bytes.length)] ^= 1 << random.below(8);
        return `nar_${bytes.toString('base64url')}`;
      case 2:
        bytes.writeUInt32BE(random.pick([0, 1, 2, 0x7fffffff, 0xffffffff]), 17);
        return `nar_${bytes.toString('base64url')}`;
      case 3:
        return `nar_${random.bytes(random.pick([0, 52, 53, 54, 4000])).toString('base64url')}`;
      case 4:
        return random.pick(['NAR_', 'nar', 'nar__', '']) + held.refresh.slice(4);
      case 5:
        return `nar_${bytes.toString('base64')}`;
      case 6:
        return strings.any();
      default:
        return held.access;
    }
  }

  signature(text) {
    return createHmac('sha256', this.random.pick(['', 'secret', 'null']))
      .update(text)
      .digest('base64url');
  }

  /** One character changed, left out, doubled or put in. */
  mangled(token) {
    const at = this.random.below(token.length);
    const one = this.random.pick(['A', '.', '_', '=', '%00', '\u00e9', ',', '"']);
    return (
      token.slice(0, at) + this.random.pick(['', one, token[at] + token[at], one + token[at]]) + token.slice(at + 1)
    );
  }
}
