import { Test } from '@nestjs/testing';
import { AuthKitModule, RouteInventory, type AnyAuthEvent } from 'nest-authkit';
import { memoryStorage } from 'nest-authkit/testing';
import type { CallOptions } from '../support/client.js';
import { DRIVERS, graphqlModule, RESOLVERS, SecretResolver, writes } from '../support/graphql-app.js';
import { createTestApp, SECRET, type SignedUp, type TestApp } from '../support/test-app.js';

const HOME = { origin: 'http://localhost:3000' };

interface GraphqlError {
  message: string;
  extensions: Record<string, unknown>;
}

describe.each(DRIVERS)('GraphQL by $driver on $adapter', ({ driver, adapter }) => {
  let t: TestApp;
  let ann: SignedUp;
  let root: SignedUp;
  beforeAll(async () => {
    t = await createTestApp({
      adapter,
      imports: [graphqlModule(driver, { fieldResolverEnhancers: ['guards'] })],
      providers: [...RESOLVERS, SecretResolver],
    });
    ann = await t.signUp('ann@example.com');
    root = await t.signUp('root@example.com', ['admin']);
  });
  afterAll(() => t.close());

  const ask = async (query: string, options: CallOptions = {}) => {
    const { status, body } = await t.client.post('/graphql', { query }, options);
    return { status, ...(body as { data: Record<string, unknown> | null; errors?: GraphqlError[] }) };
  };
  const as = ({ accessToken }: SignedUp): CallOptions => ({ token: accessToken });
  const codesOf = ({ errors = [] }: { errors?: GraphqlError[] }) => errors.map(({ extensions }) => extensions['code']);

  it('denies by default, in the words of the problem', async () => {
    const reply = await ask('{ plain { text } }');
    expect(reply.data?.['plain'] ?? null).toBeNull();
    expect(reply.errors).toHaveLength(1);
    expect(reply.errors![0]).toMatchObject({
      message: 'Authentication is required',
      extensions: {
        code: 'authentication_required',
        status: 401,
        type: 'urn:nest-authkit:problem:authentication_required',
        instance: '/graphql',
        requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      },
    });
    expect(JSON.stringify(reply)).not.toMatch(/stack|node_modules|no credential/);
  });

  it('lets users call what has no rule, and knows them', async () => {
    expect((await ask('{ plain { text } me }', as(ann))).data).toEqual({
      plain: { text: 'plain' },
      me: `${ann.id} ${ann.email}`,
    });
  });

  it('knows nobody on public resolvers, beside others too, and whoever calls on optional ones', async () => {
    expect((await ask('{ open optional }')).data).toEqual({ open: null, optional: null });
    expect((await ask('{ me open optional }', as(ann))).data).toMatchObject({ open: null, optional: ann.id });
  });

  it('asks for roles, permissions and a recent authentication', async () => {
    expect(codesOf(await ask('{ staff }', as(ann)))).toEqual(['insufficient_scope']);
    expect(codesOf(await ask('{ drafts }', as(ann)))).toEqual(['insufficient_scope']);
    expect((await ask('{ staff drafts fresh }', as(root))).data).toEqual({
      ...{ staff: 'staff', drafts: 'drafts', fresh: 'fresh' },
    });
    const old = await t.kit.actingAs(ann, { authenticatedAt: new Date(t.clock.now() - 6 * 60_000) });
    const { errors } = await ask('{ fresh }', { token: old.accessToken });
    expect(errors![0].extensions).toMatchObject({ code: 'reauthentication_required', max_age: 300 });
  });

  it('refuses a bad credential, also where none is needed, and one of two kinds', async () => {
    expect(codesOf(await ask('{ optional }', { token: 'nonsense' }))).toEqual(['token_invalid']);
    expect(codesOf(await ask('{ plain { text } }', { headers: { authorization: 'Basic x' } }))).toEqual([
      'authentication_required',
    ]);
  });

  it('answers what is allowed beside what is not', async () => {
    const reply = await ask('{ open staff }', as(ann));
    expect(codesOf(reply)).toEqual(['insufficient_scope']);
    expect(reply.errors![0]).toHaveProperty('path', ['staff']);
  });

  it('guards field resolvers, each on its own', async () => {
    expect((await ask('{ plain { text secret reader } }', as(root))).data).toEqual({
      plain: { text: 'plain', secret: 'under the stone', reader: root.id },
    });
    const refused = await ask('{ plain { text secret } }', as(ann));
    expect(refused.data).toEqual({ plain: { text: 'plain', secret: null } });
    expect(codesOf(refused)).toEqual(['insufficient_scope']);
  });

  it('takes cookies only from the own site, as for a controller', async () => {
    const { headers } = await t.kit.actingAs(ann, { transport: 'cookie' });
    const cookie = headers['cookie']!;
    const before = writes.count;
    const write = 'mutation { write(text: "x") }';
    expect(codesOf(await ask(write, { cookie, headers: { origin: 'https://evil.example' } }))).toEqual([
      'csrf_rejected',
    ]);
    expect(codesOf(await ask(write, { cookie, headers: {} }))).toEqual(['csrf_origin_missing']);
    expect(writes.count).toBe(before);
    expect((await ask(write, { cookie, headers: HOME })).data).toEqual({ write: 'x' });
    expect(writes.count).toBe(before + 1);
  });

  it('never changes anything by GET', async () => {
    const { headers } = await t.kit.actingAs(ann, { transport: 'cookie' });
    const before = writes.count;
    const query = encodeURIComponent('mutation { write(text: "x") }');
    const { status } = await t.client.get(`/graphql?query=${query}`, {
      cookie: headers['cookie'],
      headers: { 'x-apollo-operation-name': 'w', 'sec-fetch-site': 'cross-site' },
    });
    expect(status).toBeGreaterThanOrEqual(400);
    expect(writes.count).toBe(before);
  });

  it('answers by GET what a query asks for', async () => {
    const { body } = await t.client.get(`/graphql?query=${encodeURIComponent('{ me }')}`, {
      token: ann.accessToken,
      headers: { 'content-type': 'application/json' },
    });
    expect(body).toMatchObject({ data: { me: `${ann.id} ${ann.email}` } });
  });

  it('tells of each refusal, and of no success', async () => {
    const denied = (events: AnyAuthEvent[]) => events.filter(({ type }) => type === 'authorization.denied');
    const before = denied(t.events).length;
    await ask('{ me }', as(ann));
    await ask('{ staff }', as(ann));
    expect(denied(t.events).slice(before)).toMatchObject([
      { subject: ann.id, details: { code: 'insufficient_scope', method: 'POST', path: '/graphql' } },
    ]);
  });

  it('refuses a session that has ended, at once', async () => {
    const session = await t.kit.actingAs(ann, { transport: 'bearer' });
    expect((await ask('{ optional }', { token: session.accessToken })).data).toEqual({ optional: ann.id });
    await t.kit.revoke(session);
    expect(codesOf(await ask('{ optional }', { token: session.accessToken }))).toEqual(['token_revoked']);
  });
});

describe('the reading of the session by GraphQL', () => {
  it('is one statement a request, however many resolvers ask, and one for the user', async () => {
    const t = await createTestApp({
      database: 'sqlite',
      authkit: { session: { check: 'always' } },
      imports: [graphqlModule('apollo')],
      providers: RESOLVERS,
    });
    const ann = await t.signUp('ann@example.com');
    const statements: string[] = [];
    t.source.logger.logQuery = (query: string) => void statements.push(query);
    const query = '{ a: me b: me c: me d: me plain { reader } }';
    const { body } = await t.client.post('/graphql', { query }, { token: ann.accessToken });
    expect(body).toMatchObject({ data: { d: `${ann.id} ${ann.email}`, plain: { reader: ann.id } } });
    expect(statements.filter((one) => !/clock_timestamp|UNION ALL/.test(one))).toHaveLength(2);
    await t.close();
  });
});

describe('rules on field resolvers that Nest would not ask a guard about', () => {
  it('keep the app from starting', async () => {
    const module = await Test.createTestingModule({
      imports: [
        AuthKitModule.forRoot({ secret: SECRET, baseUrl: 'http://localhost:3000', storage: memoryStorage() }),
        graphqlModule('apollo'),
      ],
      providers: [...RESOLVERS, SecretResolver],
    }).compile();
    await expect(module.createNestApplication({ logger: false }).init()).rejects.toThrow(
      "nest-authkit: GraphQLModule.fieldResolverEnhancers: the rules of SecretResolver.secret are not in force: Nest asks no guard about field resolvers. Add 'guards'",
    );
  });
});

describe('resolvers that no guard stands before', () => {
  it('are named at boot', async () => {
    const t = await createTestApp({
      authkit: { globalGuard: false },
      imports: [graphqlModule('apollo')],
      providers: RESOLVERS,
    });
    // Ten names are shown, and those of controllers come first.
    const routes = t.app
      .get(RouteInventory)
      .routes()
      .filter(({ guarded, rule }) => !guarded && !rule.public);
    const [{ text }] = t.app.get(RouteInventory).notes();
    // Of NotesResolver nine: not its field, nor its two public ones.
    expect(text).toContain(` and ${routes.length + 9 - 10} more: use it there`);
    await t.close();
  });
});
