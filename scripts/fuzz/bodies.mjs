const FIELDS = [
  'identifier',
  'username',
  'email',
  'password',
  'refreshToken',
  'refresh_token',
  'grant_type',
  'transport',
  'currentPassword',
  'newPassword',
  'fullName',
  'roles',
  'title',
  'text',
  'id',
  'emailVerified',
  '__proto__',
  'constructor',
  'toString',
  '',
];
const JSON_TYPE = 'application/json';
const FORM_TYPE = 'application/x-www-form-urlencoded';
const TYPES = [
  JSON_TYPE,
  'application/json; charset=utf-8',
  'application/json; charset=utf-7',
  'APPLICATION/JSON;a="b;c',
  'application/vnd.api+json',
  FORM_TYPE,
  'multipart/form-data; boundary=x',
  'multipart/form-data',
  'text/plain',
  'application/xml',
  'application/json, text/html',
  '/',
  '',
];

/** Request bodies with their types, from nearly right to hopeless. */
export class Bodies {
  constructor(random, strings, tokens) {
    Object.assign(this, { random, strings, tokens });
  }

  any() {
    const { random } = this;
    const typed = (type, body) => ({ type, body: Buffer.isBuffer(body) ? body : Buffer.from(body) });
    switch (random.below(12)) {
      case 0:
      case 1:
      case 2:
      case 3:
        return typed(JSON_TYPE, JSON.stringify(this.object()));
      case 4:
        return typed(FORM_TYPE, this.form());
      case 5: {
        const text = JSON.stringify(this.object());
        return typed(
          JSON_TYPE,
          text.slice(0, random.below(text.length)) + random.pick(['', '}', ']', ',', '\0', '//']),
        );
      }
      case 6:
        return typed(random.pick(TYPES), random.once(2) ? JSON.stringify(this.object()) : this.form());
      case 7:
        return typed(JSON_TYPE, this.nested());
      case 8:
        return typed(JSON_TYPE, random.bytes(random.below(200)));
      case 9:
        return typed(
          random.pick(TYPES),
          random.pick(['x', '[', ' ', '"']).repeat(random.pick([16_383, 16_384, 16_385, 40_000])),
        );
      case 10:
        return typed(
          JSON_TYPE,
          `{"password":"a","password":"b","__proto__":{"roles":["admin"]},"identifier":${this.raw()}}`,
        );
      default:
        return typed(JSON_TYPE, this.raw());
    }
  }

  object() {
    const { random } = this;
    const entries = Array.from({ length: random.below(5) }, () => [random.pick(FIELDS), this.value()]);
    const object = Object.create(null);
    for (const [name, value] of entries) object[name] = value;
    // Each pair would cost a password hash; `hashing` below makes the few that shall.
    if (typeof object.password === 'string' && object.password !== '')
      object.password = random.pick([1, null, [], {}, true]);
    return object;
  }

  /** A body that makes the server hash a password. */
  hashing() {
    const { strings } = this;
    return {
      type: JSON_TYPE,
      body: Buffer.from(JSON.stringify({ identifier: strings.any(), email: strings.any(), password: strings.any() })),
    };
  }

  value() {
    const { random, strings, tokens } = this;
    return random.pick([
      () => strings.any(),
      () => strings.any(),
      () => tokens.any(),
      () => random.pick([null, true, false, 0, -1, 1e308, 0.1, 2 ** 53]),
      () => [strings.any(), null],
      () => ({ [random.pick(FIELDS)]: strings.any(), toString: 1 }),
      () => random.pick(['bearer', 'cookie', 'password', 'refresh_token']),
    ])();
  }

  text() {
    return this.random.once(3) ? this.tokens.any() : this.strings.any();
  }

  form() {
    const { random, strings } = this;
    const pairs = Array.from({ length: random.below(6) }, () => {
      const name = random.pick(FIELDS.filter((field) => field !== 'password'));
      const value = random.once(4) ? random.pick(['password', 'refresh_token']) : this.text();
      return random.once(4) ? `${name}=${strings.header()}` : `${name}=${encodeURIComponent(value.toWellFormed())}`;
    });
    return pairs.join(random.pick(['&', '&', '&', ';', '&&']));
  }

  nested() {
    const depth = this.random.pick([10, 1_000, 7_000]);
    const [open, close] = this.random.pick([
      ['[', ']'],
      ['{"a":', '}'],
    ]);
    return open.repeat(depth) + (this.random.once(2) ? `1${close.repeat(depth)}` : '');
  }

  raw() {
    return this.random.pick([
      'null',
      '1',
      '"text"',
      '[]',
      '[{}]',
      'true',
      '1e999',
      '-',
      '{"a":1}{"b":2}',
      '\ufeff{}',
      "{'a':1}",
      '{"\\ud800":1}',
    ]);
  }
}
