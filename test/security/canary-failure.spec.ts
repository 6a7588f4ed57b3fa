import { Logger } from '@nestjs/common';
import { optionsFromEnv, type AuthKitRuntimeOptions } from 'nest-authkit';
import { resolveOptions } from '../../libs/authkit/src/options/resolve-options.js';
import { PasswordService } from '../../libs/authkit/src/passwords/password.service.js';
import { stateOf } from '../support/attack.js';
import { Canaries, formsOf, listen, loggerInto } from '../support/canaries.js';
import { ALL_DATABASES, type Database } from '../support/databases.js';
import { P256 } from '../support/keys.js';
import { createTestApp, describeOn, type SignedUp, type TestApp } from '../support/test-app.js';

const PASSWORD = 'canary password in a failing call';
const SECRET = 'canary-secret-Vb3Nw8Kd1Rt6Yq4Zs9Lx2Hf7';
const PEM = P256.privateKey;

describe('what looks for canaries', () => {
  it.each(formsOf('canary "quoted" secret 1'))('finds the form %s', (form) => {
    const canaries = new Canaries();
    canaries.add('secret', 'canary "quoted" secret 1');
    canaries.see('log', `x ${form} y`);
    expect(canaries.finds(() => false)).toEqual(['secret in log']);
  });

  it('finds one inside other bytes in base64, in a cause, behind a getter, and in a line of a PEM', () => {
    const canaries = new Canaries();
    canaries.add('secret', SECRET);
    canaries.add('private key', PEM);
    canaries.see('base64', Buffer.from(`user:${SECRET}:`).toString('base64'));
    canaries.see('cause', new Error('x', { cause: new Error(SECRET) }));
    canaries.see('hidden', Object.defineProperty({}, 'hidden', { get: () => SECRET }));
    canaries.see('line', PEM.split('\n')[1]);
    expect(canaries.finds(() => false)).toEqual([
      'private key in line',
      'secret in base64',
      'secret in cause',
      'secret in hidden',
    ]);
  });

  it('finds nothing where there is nothing', () => {
    const canaries = new Canaries();
    canaries.add('secret', SECRET);
    canaries.see('log', 'an innocent line', new Error('of no interest'), { a: [1, null] });
    expect(canaries.finds(() => false)).toEqual([]);
  });
});

/** Statements that make the database refuse what the kit writes, each with its undoing. */
const FAULTS = {
  sqlite: {
    'refuses a row of users': [
      "CREATE TRIGGER trap BEFORE INSERT ON users BEGIN SELECT RAISE(ABORT, 'no'); END",
      'DROP TRIGGER trap',
    ],
    'refuses a row of sessions': [
      "CREATE TRIGGER trap BEFORE INSERT ON auth_sessions BEGIN SELECT RAISE(ABORT, 'no'); END",
      'DROP TRIGGER trap',
    ],
    'refuses every change': [
      "CREATE TRIGGER trap BEFORE UPDATE ON users BEGIN SELECT RAISE(ABORT, 'no'); END",
      'DROP TRIGGER trap',
    ],
    'has lost the sessions': ['ALTER TABLE auth_sessions RENAME TO lost', 'ALTER TABLE lost RENAME TO auth_sessions'],
    'has lost the hashes': [
      'ALTER TABLE users RENAME COLUMN password_hash TO lost',
      'ALTER TABLE users RENAME COLUMN lost TO password_hash',
    ],
  },
  mariadb: {
    'refuses a row of users': [
      "CREATE TRIGGER trap BEFORE INSERT ON users FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no'",
      'DROP TRIGGER trap',
    ],
    'refuses a row of sessions': [
      "CREATE TRIGGER trap BEFORE INSERT ON auth_sessions FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no'",
      'DROP TRIGGER trap',
    ],
    'refuses every change': [
      "CREATE TRIGGER trap BEFORE UPDATE ON users FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no'",
      'DROP TRIGGER trap',
    ],
    'has lost the sessions': ['ALTER TABLE auth_sessions RENAME TO lost', 'ALTER TABLE lost RENAME TO auth_sessions'],
    'has lost the hashes': [
      'ALTER TABLE users CHANGE COLUMN password_hash lost VARCHAR(255) NULL',
      'ALTER TABLE users CHANGE COLUMN lost password_hash VARCHAR(255) NULL',
    ],
  },
  postgres: {
    'refuses a row of users': [
      "ALTER TABLE users ADD CONSTRAINT trap CHECK (email NOT LIKE 'trap%') NOT VALID",
      'ALTER TABLE users DROP CONSTRAINT trap',
    ],
    'refuses a row of sessions': [
      'ALTER TABLE auth_sessions ADD CONSTRAINT trap CHECK (generation < 0) NOT VALID',
      'ALTER TABLE auth_sessions DROP CONSTRAINT trap',
    ],
    'refuses every change': [
      'ALTER TABLE users ADD CONSTRAINT trap CHECK (session_epoch < 0) NOT VALID',
      'ALTER TABLE users DROP CONSTRAINT trap',
    ],
    'has lost the sessions': ['ALTER TABLE auth_sessions RENAME TO lost', 'ALTER TABLE lost RENAME TO auth_sessions'],
    'has lost the hashes': [
      'ALTER TABLE users RENAME COLUMN password_hash TO lost',
      'ALTER TABLE users RENAME COLUMN lost TO password_hash',
    ],
  },
} as const;

describeOn('canary secrets', { databases: ALL_DATABASES }, (place) => {
  const canaries = new Canaries();
  let t: TestApp;
  let restore: () => void;
  let users = 0;
  beforeAll(async () => {
    restore = listen(canaries);
    const configure = () => Logger.overrideLogger(loggerInto(canaries));
    t = await createTestApp({ ...place, authkit: { secret: SECRET }, configure });
    canaries.add('secret', SECRET);
    canaries.add('password', PASSWORD);
  });
  afterAll(async () => {
    restore();
    await t.close();
  });

  it.each(Object.keys(FAULTS.sqlite) as (keyof typeof FAULTS.sqlite)[])(
    'show nowhere when the database %s',
    async (fault) => {
      const [make, undo] = FAULTS[place.database as Database][fault];
      const ada = await t.signUp(`ada${(users += 1)}@example.com`, undefined, PASSWORD);
      canaries.add('token', ada.accessToken, ada.refreshToken);
      for (const row of Object.values(
        JSON.parse(await stateOf(t)) as Record<string, Record<string, string>[]>,
      ).flat()) {
        canaries.add('seed', row['seed']);
        canaries.add('password hash', row['password_hash']);
      }
      const prefix = place.database === 'postgres' ? `SET search_path TO ${schemaOf(t)};` : '';
      const run = (sql: string) => t.source.query(prefix + sql);
      await run(make);
      const failures = await everyCall(t, ada, `trap${(users += 1)}@example.com`);
      await run(undo);
      canaries.see('reply', ...failures.replies);
      canaries.see('error', ...failures.errors);
      canaries.see('event', ...t.events);
      expect(failures.statuses).toContain(503);
      expect(failures.errors.length).toBeGreaterThan(0);
      expect(canaries.countAt('log')).toBeGreaterThan(0);
      expect(canaries.finds(() => false)).toEqual([]);
    },
  );

  /** A new hash is in no table if its row is refused; this is how it is known all the same. */
  beforeEach(() => {
    const hasher = t.app.get(PasswordService);
    const real = hasher.hash.bind(hasher);
    hasher.hash = async (password) => {
      const made = await real(password);
      // PostgreSQL cuts long values of a failing row.
      canaries.add('password hash', made, made.slice(0, 56));
      return made;
    };
  });
});

const schemaOf = (t: TestApp) => t.source.entityMetadatas[0].schema!;

/** Every call that asks the database, by HTTP and by the host's code. */
async function everyCall(t: TestApp, ada: SignedUp, newcomer: string) {
  const token = { token: ada.accessToken };
  const login = { identifier: ada.email, password: PASSWORD };
  const replies = [
    await t.client.post('/auth/register', { email: newcomer, password: PASSWORD }),
    await t.client.post('/auth/login', login),
    await t.client.form('/auth/token', { grant_type: 'password', username: ada.email, password: PASSWORD }),
    await t.client.get('/auth/me', token),
    await t.client.get('/probe/principal', token),
    await t.client.get('/auth/sessions', token),
    await t.client.post('/auth/password/change', { currentPassword: PASSWORD, newPassword: `${PASSWORD} 2` }, token),
    await t.client.post('/auth/logout', { refreshToken: 'nar_x' }),
  ];
  const calls = [
    () => t.auth.register({ email: newcomer, password: PASSWORD }),
    () => t.auth.login(ada.email, PASSWORD),
    () => t.auth.setPassword(ada.id, `${PASSWORD} 3`),
    () => t.auth.setActive(ada.id, false),
    () => t.auth.refresh(ada.refreshToken),
  ];
  const errors: unknown[] = [];
  for (const call of calls) await call().catch((error: unknown) => errors.push(error));
  // A login or refresh that went through shows tokens, as it should.
  const shown = replies.filter(({ body }) => body?.access_token === undefined);
  return {
    replies: shown.map(({ text, headers }) => ({ text, headers })),
    statuses: replies.map(({ status }) => status),
    errors,
  };
}

describe('a boot that fails', () => {
  const production = { NODE_ENV: 'production', PORT: '3000' };
  const weak = 'canary-canary-canary';
  const URL_PASSWORD = 'canary-url-password';
  const good = { baseUrl: 'https://app.example.com', secret: SECRET };
  const wrong: Record<string, unknown> = {
    'a weak secret': { ...good, secret: weak },
    'a secret that is no text': { ...good, secret: [SECRET, 1] },
    'a secret listed twice': { ...good, secret: [SECRET, SECRET] },
    'a secret in the place of an option': { ...good, session: SECRET },
    'a secret in the place of a list': { ...good, allowedOrigins: SECRET },
    'a secret as an origin': { ...good, allowedOrigins: [SECRET] },
    'a secret as a name': { ...good, cookies: { names: { access: `${SECRET}=` } } },
    'a secret as a role': { ...good, roles: { admin: { inherits: [SECRET] } } },
    'a secret as a hasher': { ...good, passwords: { hasher: { pepper: SECRET } } },
    'a key that is the PEM itself': { ...good, accessToken: { keys: [PEM] } },
    'keys that are the PEM itself': { ...good, accessToken: { keys: PEM } },
    'a PEM as the key id': { ...good, accessToken: { keys: [{ kid: PEM, alg: 'ES256', pem: PEM }] } },
    'a PEM as the algorithm': { ...good, accessToken: { keys: [{ kid: 'a', alg: PEM, pem: PEM }] } },
    'a PEM as a date': { ...good, accessToken: { keys: [{ kid: 'a', alg: 'ES256', pem: PEM, signsFrom: PEM }] } },
    'a PEM as a secret': { ...good, accessToken: { keys: [{ kid: 'a', alg: 'HS256', secret: PEM, pem: PEM }] } },
    'a broken PEM': {
      ...good,
      accessToken: { keys: [{ kid: 'a', alg: 'ES256', pem: PEM.replace('BEGIN', 'BEGINN') }] },
    },
    'a weak shared secret': { ...good, accessToken: { keys: [{ kid: 'a', alg: 'HS256', secret: weak }] } },
    'a password in baseUrl': { ...good, baseUrl: `https://user:${URL_PASSWORD}@app.example.com` },
    'a password in an origin': { ...good, allowedOrigins: [`https://user:${URL_PASSWORD}@app.example.com`] },
  };
  const wrongEnv: Record<string, Record<string, string>> = {
    'a secret where a file is named': { AUTHKIT_SECRET_FILE: SECRET },
    'a secret and a file': { AUTHKIT_SECRET: SECRET, AUTHKIT_SECRET_FILE: '/nowhere' },
    'keys that are no JSON': { AUTHKIT_ACCESS_TOKEN_KEYS: `[{"pem":${PEM}}]` },
    'keys that are only the PEM': { AUTHKIT_ACCESS_TOKEN_KEYS: JSON.stringify(PEM) },
    'a secret where a switch is': { AUTHKIT_CREDENTIALS_COOKIE: SECRET },
    'a secret where a time is': { AUTHKIT_ACCESS_TOKEN_TTL: SECRET },
    'a secret where a number is': { AUTHKIT_SESSION_MAX_PER_USER: SECRET },
    'a weak secret under its old name': { JWT_SECRET: weak },
  };

  function seen(work: () => unknown): Canaries {
    const canaries = new Canaries();
    canaries.add('secret', SECRET);
    canaries.add('private key', PEM);
    canaries.add('weak secret', weak);
    canaries.add('URL password', URL_PASSWORD);
    try {
      canaries.see('warnings', (work() as { warnings: readonly string[] }).warnings);
    } catch (error) {
      canaries.see('error', error);
    }
    return canaries;
  }

  it.each(Object.entries(wrong))('over %s does not say it', (_name, options) => {
    const canaries = seen(() => resolveOptions(options as AuthKitRuntimeOptions, production));
    expect(canaries.countAt('error')).toBeGreaterThan(0);
    expect(canaries.finds(() => false)).toEqual([]);
  });

  it.each(Object.entries(wrong))('or warns over %s in development does not say it', (_name, options) => {
    const canaries = seen(() => resolveOptions({ ...(options as object), baseUrl: 'http://localhost:3000' }, {}));
    expect(canaries.finds(() => false)).toEqual([]);
  });

  it.each(Object.entries(wrongEnv))('over the environment, by %s, does not say it', (_name, env) => {
    const given = { AUTHKIT_BASE_URL: 'https://app.example.com', ...env };
    const canaries = seen(() => resolveOptions({ secret: SECRET, ...optionsFromEnv(given) }, production));
    expect(canaries.countAt('error')).toBeGreaterThan(0);
    expect(canaries.finds(() => false)).toEqual([]);
  });
});
