import type { INestApplication } from '@nestjs/common';
import type { OpenAPIObject } from '@nestjs/swagger';
import { AuthService, RESOLVED_OPTIONS, UserStore, type ResolvedOptions } from 'nest-authkit';
import { DataSource } from 'typeorm';
import { createDemoApp } from '../../apps/demo/src/create-app.js';
import { LegacyMember } from '../../apps/demo/src/legacy/legacy-member.entity.js';
import { startDemo } from '../../apps/demo/src/start-demo.js';
import { FirstAdmin } from '../../apps/demo/src/users/first-admin.js';
import { BROWSER_FILES } from '../../libs/authkit/src/pages/browser-files.js';
import { PAGE_NAMES } from '../../libs/authkit/src/pages/page-names.js';
import { Client, cookieHeader } from '../support/client.js';
import { ALL_DATABASES, DATABASES, describeOnDatabases, type Database } from '../support/databases.js';
import { prepareDemo } from '../support/demo-app.js';
import { ADAPTERS, describeOn, PASSWORD } from '../support/test-app.js';

const NOTE = { title: 'Shopping', text: 'Milk, bread, a lantern' };

describeOn('the demo', { databases: DATABASES }, ({ adapter, database }) => {
  const printed: string[] = [];
  let demo: Awaited<ReturnType<typeof prepareDemo>>;
  let app: INestApplication;
  let client: Client;
  let origin: Record<string, string>;
  let admin: { email: string; password: string };
  let member: { username: string; password: string };

  beforeAll(async () => {
    demo = await prepareDemo(adapter, database as Database);
    app = await startDemo(demo.env, (line) => printed.push(line));
    client = Client.of(app);
    origin = { origin: new URL(app.get<ResolvedOptions>(RESOLVED_OPTIONS).baseUrl).origin };
    const valueOf = (name: string) =>
      printed.map((line) => line.trim().split(/\s+/)).find(([key]) => key === name)?.[1];
    admin = { email: valueOf('e-mail')!, password: valueOf('password')! };
    const password = printed
      .at(printed.findIndex((line) => line.includes('username')) + 1)!
      .trim()
      .split(/\s+/)[1];
    member = { username: valueOf('username')!, password };
  });
  afterAll(async () => {
    await app.close();
    await demo.drop();
  });

  /** Most stories begin with somebody signed in; a password each time would cost most of the run. */
  async function tokenOf(email: string): Promise<string> {
    const known = await app.get(UserStore).findByIdentifier({ email });
    return (await app.get(AuthService).issueFor(known!.user)).accessToken;
  }

  async function signUp(email: string): Promise<{ id: string; token: string }> {
    const registered = await client.post('/auth/register', { email, password: PASSWORD, fullName: email });
    expect(registered.status).toBe(201);
    return { id: registered.body.user.id as string, token: await tokenOf(email) };
  }

  it('prints the first admin, a legacy member, the URL and the Swagger page at its first start, and the admin signs in', async () => {
    expect(printed.join('\n')).toMatch(
      /e-mail +admin@example\.com\n +password +[\w-]{24}\nA member .*\n +username +M-1001\n +password +[\w-]{24}\nNotes +http\S+\nSwagger +http\S+\/docs$/,
    );
    const login = await client.post('/auth/login', { identifier: admin.email, password: admin.password });
    const me = await client.get('/auth/me', { token: login.body.access_token });
    expect(me.body.user).toMatchObject({ email: 'admin@example.com', roles: ['admin'], emailVerified: true });
  });

  it('signs in a member of the former system, who is a user with a session of the kit from then on', async () => {
    const signIn = (body: object) => client.post('/auth/passport/legacy', body);
    const first = await Promise.all([signIn(member), signIn(member)]);
    expect(first.map(({ status }) => status)).toEqual([200, 200]);
    const [{ body }, second] = first;
    expect(body.user).toMatchObject({ email: 'member@example.com', fullName: 'Mary Member', roles: ['user'] });
    expect(second.body.user.id).toBe(body.user.id);
    expect((await client.post('/notes', NOTE, { token: body.access_token })).status).toBe(201);
    expect((await client.post('/auth/refresh', { refreshToken: body.refresh_token })).status).toBe(200);
    expect((await client.get(`/users/${body.user.id}`, { token: await tokenOf(admin.email) })).status).toBe(200);
  });

  it('refuses members it does not know, wrong passwords, and an address that is another account’s', async () => {
    const attempts = [
      { ...member, password: 'wrong' },
      { ...member, username: 'M-9999' },
    ];
    for (const body of attempts) {
      const reply = await client.post('/auth/passport/legacy', body);
      expect([reply.status, reply.body.code]).toEqual([401, 'invalid_credentials']);
    }
    await signUp('taken@example.com');
    const members = app.get(DataSource).getRepository(LegacyMember);
    const { password } = await members.findOneByOrFail({ number: member.username });
    await members.save({ number: 'M-2', email: 'taken@example.com', fullName: 'T', password });
    const taken = await client.post('/auth/passport/legacy', { ...member, username: 'M-2' });
    expect([taken.status, taken.body.code]).toEqual([401, 'invalid_credentials']);
    expect((await client.post('/auth/passport/legacy', { ...member, username: 'a\0b' })).status).toBe(422);
  });

  it('prints no password at its second start, and keeps accounts and sessions', async () => {
    const token = await tokenOf(admin.email);
    const lines: string[] = [];
    await app.close();
    app = await startDemo(demo.env, (line) => lines.push(line));
    client = Client.of(app);
    expect(lines).toEqual([expect.stringMatching(/^Notes /), expect.stringMatching(/^Swagger /)]);
    expect((await client.get('/auth/me', { token })).status).toBe(200);
  });

  it('shows its landing page to anybody, without naming the framework', async () => {
    const page = await client.get('/');
    expect(page.status).toBe(200);
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(page.text).toContain('href="/docs"');
    expect(page.headers['x-powered-by']).toBeUndefined();
  });

  it('greets strangers and those signed in, and refuses a bad token where none is needed', async () => {
    const { token } = await signUp('greta@example.com');
    expect((await client.get('/greeting')).body).toEqual({ message: 'Hello, stranger' });
    expect((await client.get('/greeting', { token })).body).toEqual({ message: 'Hello, greta@example.com' });
    expect((await client.get('/greeting', { token: `${token}x` })).status).toBe(401);
  });

  it('lets owners write, list, read, edit and delete their notes', async () => {
    const { id: ownerId, token } = await signUp('owner@example.com');
    const created = await client.post('/notes', NOTE, { token });
    expect(created.status).toBe(201);
    expect(created.body).toMatchObject({ ...NOTE, ownerId });
    const path = `/notes/${created.body.id}`;

    const second = await client.post('/notes', { ...NOTE, title: 'Second' }, { token });
    const edited = await client.patch(path, { title: 'Market' }, { token });
    expect(edited.body).toMatchObject({ title: 'Market', text: NOTE.text, createdAt: created.body.createdAt });
    expect((await client.get(path, { token })).body).toEqual(edited.body);
    const listed = await client.get('/notes', { token });
    expect(listed.body).toHaveLength(2);
    expect(listed.body).toEqual(expect.arrayContaining([edited.body, second.body]));
    expect((await client.get('/notes?page=2', { token })).body).toEqual([]);

    expect((await client.delete(path, { token })).status).toBe(204);
    expect((await client.get(path, { token })).status).toBe(404);
  });

  it('refuses notes to anonymous callers, and bodies that are not valid', async () => {
    const { token } = await signUp('careless@example.com');
    const anonymous = await client.post('/notes', NOTE);
    expect(anonymous.status).toBe(401);
    expect(anonymous.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(anonymous.headers['www-authenticate']).toBe('Bearer');
    const wrong = [{ ...NOTE, title: '' }, { ...NOTE, text: 'a\0b' }, { ...NOTE, ownerId: 'x' }, { title: 'alone' }];
    for (const body of wrong) expect((await client.post('/notes', body, { token })).status).toBe(400);
    const deep = `{"title":${'['.repeat(7_000)}${']'.repeat(7_000)}}`;
    const headers = { 'content-type': 'application/json' };
    expect((await client.post('/notes', deep, { token, headers })).status).toBe(400);
    const { body: note } = await client.post('/notes', NOTE, { token });
    expect((await client.patch(`/notes/${note.id}`, { title: null }, { token })).status).toBe(400);
    expect((await client.get('/notes/1', { token })).status).toBe(400);
    expect((await client.get('/notes?page=0', { token })).status).toBe(400);
  });

  it("hides a user's note from others, shows it to editors, and lets admins delete it", async () => {
    const [ann, bob, ed] = [
      await signUp('ann@example.com'),
      await signUp('bob@example.com'),
      await signUp('ed@example.com'),
    ];
    const root = await tokenOf(admin.email);
    const path = `/notes/${(await client.post('/notes', NOTE, { token: ann.token })).body.id}`;
    const statuses = async (token: string) => [
      (await client.get(path, { token })).status,
      (await client.patch(path, { title: 'Mine now' }, { token })).status,
      (await client.delete(path, { token })).status,
      (await client.get('/notes/all', { token })).status,
    ];
    expect(await statuses(bob.token)).toEqual([404, 404, 404, 403]);

    const promoted = await client.call('PUT', `/users/${ed.id}/roles`, {
      token: root,
      body: { roles: ['user', 'editor'] },
    });
    expect(promoted.status).toBe(200);
    expect([...promoted.body.roles].sort()).toEqual(['editor', 'user']);
    expect(await statuses(ed.token)).toEqual([200, 403, 403, 200]);
    expect((await client.get(path, { token: ann.token })).body.title).toBe(NOTE.title);

    expect(await statuses(root)).toEqual([200, 403, 204, 200]);
    expect((await client.get(path, { token: ann.token })).status).toBe(404);
  });

  it('lets only admins see users, give roles and sign users out', async () => {
    const { id, token } = await signUp('carol@example.com');
    const root = await tokenOf(admin.email);
    expect((await client.get('/users', { token })).status).toBe(403);
    expect((await client.call('PUT', `/users/${id}/roles`, { token, body: { roles: ['admin'] } })).status).toBe(403);

    const users = await client.get('/users', { token: root });
    expect(users.body).toContainEqual(expect.objectContaining({ id, email: 'carol@example.com' }));
    expect(users.text).not.toMatch(/hash|epoch/i);
    expect((await client.get(`/users/${id}`, { token: root })).body).toMatchObject({ id, roles: ['user'] });
    const unknown = await client.call('PUT', `/users/${id}/roles`, { token: root, body: { roles: ['owner'] } });
    expect(unknown.status).toBe(400);

    expect((await client.delete(`/users/${id}/sessions`, { token: root })).status).toBe(204);
    expect((await client.get('/notes', { token })).status).toBe(401);
  });

  it("deletes a user's notes with the user", async () => {
    const { id, token } = await signUp('leaver@example.com');
    await client.post('/notes', NOTE, { token });
    const source = app.get(DataSource);
    await source.getRepository('User').delete({ id });
    expect(await source.getRepository('Note').countBy({ ownerId: id })).toBe(0);
  });

  it("leaves the bodies of the kit's routes to the kit, its own pipe notwithstanding", async () => {
    const body = { email: 'eve@example.com', password: PASSWORD, fullName: 'Eve', roles: ['admin'] };
    const refused = await client.post('/auth/register', body);
    expect(refused.status).toBe(422);
    expect(refused.body).toMatchObject({ code: 'validation_failed', errors: [{ field: 'roles' }] });
  });

  it('shows and changes the columns of its own user, and no others', async () => {
    const { token } = await signUp('dora@example.com');
    const changed = await client.patch('/auth/me', { fullName: 'Dora', about: 'Writes.' }, { token });
    expect(changed.body.user).toMatchObject({ email: 'dora@example.com', fullName: 'Dora', about: 'Writes.' });
    expect((await client.patch('/auth/me', { email: 'x@example.com' }, { token })).status).toBe(422);
  });

  it('serves a browser by cookies: signs in, writes from its own origin only, refreshes, signs out', async () => {
    await signUp('cora@example.com');
    const credentials = { identifier: 'cora@example.com', password: PASSWORD, transport: 'cookie' };
    const login = await client.post('/auth/login', credentials, { headers: origin });
    expect(login.status).toBe(200);
    expect(login.text).not.toMatch(/token/);
    const cookie = cookieHeader(login.cookies);

    expect((await client.post('/notes', NOTE, { cookie, headers: origin })).status).toBe(201);
    expect((await client.post('/notes', NOTE, { cookie, headers: { origin: 'https://evil.example' } })).status).toBe(
      403,
    );
    expect((await client.get('/notes', { cookie })).body).toHaveLength(1);

    const refreshed = await client.post('/auth/refresh', undefined, { cookie, headers: origin });
    expect(refreshed.status).toBe(200);
    const renewed = cookieHeader(refreshed.cookies);
    expect((await client.post('/auth/logout', undefined, { cookie: renewed, headers: origin })).status).toBe(204);
    expect((await client.get('/notes', { cookie: renewed })).status).toBe(401);
  });

  it("serves Swagger's Authorize button by the OAuth2 form, and renews its token", async () => {
    await signUp('otto@example.com');
    const basic = { headers: { authorization: `Basic ${Buffer.from(':').toString('base64')}` } };
    const form = { grant_type: 'password', username: 'otto@example.com', password: PASSWORD };
    const reply = await client.form('/auth/token', form, basic);
    expect(reply.status).toBe(200);
    expect(reply.cookies).toEqual([]);
    expect((await client.get('/notes', { token: reply.body.access_token })).status).toBe(200);
    const renewed = await client.form('/auth/token', {
      grant_type: 'refresh_token',
      refresh_token: reply.body.refresh_token,
    });
    expect((await client.get('/notes', { token: renewed.body.access_token })).status).toBe(200);
    const wrong = await client.form('/auth/token', { ...form, password: 'wrong password 99' }, basic);
    expect([wrong.status, wrong.body.error]).toEqual([400, 'invalid_grant']);
  });

  it('documents public operations as open and all others as protected', async () => {
    const { body } = await client.get('/docs-json');
    const document = body as OpenAPIObject;
    expect(document.security).toEqual([{ password: [] }, { bearer: [] }, { cookie: [] }]);
    expect(document.components?.securitySchemes).toMatchObject({
      bearer: { type: 'http', scheme: 'bearer' },
      password: { type: 'oauth2', flows: { password: { tokenUrl: '/auth/token' } } },
      cookie: { type: 'apiKey', in: 'cookie', name: 'authkit_at' },
    });
    const open: string[] = [];
    for (const [path, item] of Object.entries(document.paths)) {
      for (const method of ['get', 'post', 'put', 'patch', 'delete'] as const) {
        const operation = item[method];
        if (!operation) continue;
        if (operation.security) {
          expect(operation.security).toEqual([]);
          open.push(`${method} ${path}`);
        } else {
          for (const status of ['401', '403']) {
            expect(operation.responses[status]).toHaveProperty(['content', 'application/problem+json']);
          }
        }
      }
    }
    const pages = open.filter((operation) => operation.startsWith('get /auth/pages/'));
    expect(pages).toHaveLength(PAGE_NAMES.length + Object.keys(BROWSER_FILES).length);
    expect(open.filter((operation) => !pages.includes(operation)).sort()).toEqual([
      'get /',
      'get /chat',
      'get /chat.js',
      'get /demo.css',
      'get /mailbox',
      'get /mailbox.js',
      'post /auth/devices/not-me',
      'post /auth/email/change/cancel',
      'post /auth/email/change/confirm',
      'post /auth/email/verify',
      'post /auth/email/verify/resend',
      'post /auth/login',
      'post /auth/logout',
      'post /auth/me/deletion/cancel',
      'post /auth/passport/legacy',
      'post /auth/password/forgot',
      'post /auth/password/reset',
      'post /auth/refresh',
      'post /auth/register',
      'post /auth/token',
    ]);
    expect((await client.get('/docs')).text).toContain('swagger-ui');
  });
});

describe.each(DATABASES)('two nodes that start the demo at once (%s)', (database) => {
  it('make one admin between them, and the node that made it knows the password', async () => {
    const demo = await prepareDemo(ADAPTERS[0], database);
    const nodes: INestApplication[] = [];
    try {
      for (let i = 0; i < 2; i++) nodes.push(await (await createDemoApp(demo.env)).init());
      const made = await Promise.all(nodes.map((node) => node.get(FirstAdmin).ensure()));
      const admins = made.filter((one) => one !== null);
      expect(admins).toHaveLength(1);
      const { email, password } = admins[0];
      for (const node of nodes) {
        expect((await node.get(AuthService).login(email, password)).user.roles).toEqual(['admin']);
      }
    } finally {
      for (const node of nodes) await node.close();
      await demo.drop();
    }
  });
});

describeOnDatabases('the demo in production', ALL_DATABASES, (database) => {
  it('makes its tables by migrations, once, as the entities have them, and keeps what is in them', async () => {
    const demo = await prepareDemo(ADAPTERS[0], database);
    const env = { ...demo.env, NODE_ENV: 'production', AUTHKIT_BASE_URL: 'https://notes.example.com' };
    const lines: string[] = [];
    const start = () => startDemo(env, (line) => lines.push(line));
    const migrationsOf = async (app: INestApplication) => {
      const source = app.get(DataSource);
      expect(source.options.synchronize).not.toBe(true);
      expect((await source.driver.createSchemaBuilder().log()).upQueries).toEqual([]);
      const { schema } = source.options as { schema?: string };
      const path = source.driver.buildTableName('migrations', schema);
      return source.createQueryBuilder().select('name').from(path, 'm').orderBy('id').getRawMany<{ name: string }>();
    };
    let app = await start();
    const ran = await migrationsOf(app);
    expect(ran.map(({ name }) => name.slice(0, -13))).toEqual([
      'AuthKitUsers',
      'AuthKitSessions',
      'Notes',
      'AuthKitAccounts',
      'AuthKitAttempts',
      'AuthKitDevices',
      'AuthKitDeletions',
      'LegacyMembers',
      'AuthKitWsTickets',
    ]);
    const [, password] = /password {2,}(\S+)/.exec(lines.join(' '))!;
    await app.close();
    app = await start();
    expect(await migrationsOf(app)).toEqual(ran);
    const { accessToken } = await app.get(AuthService).login('admin@example.com', password);
    const note = await Client.of(app).post('/notes', NOTE, { token: accessToken });
    expect([note.status, note.body.title]).toEqual([201, NOTE.title]);
    // Mails are not kept here, so there is no mailbox, and no way to one.
    const mailbox = await Client.of(app).get('/mailbox');
    expect([mailbox.status, mailbox.headers['content-type']]).toEqual([404, 'application/json; charset=utf-8']);
    expect((await Client.of(app).get('/')).text).not.toContain('/mailbox');
    await app.close();
    await demo.drop();
  });
});

describe('an environment that makes no sense', () => {
  it.each([
    ['PORT', 'http'],
    ['ADAPTER', 'koa'],
    ['DATABASE_URL', 'oracle://app:hunter2@db/app'],
  ])('stops the demo with the name of the variable (%s), and repeats no password', async (name, value) => {
    const failure = await startDemo({ [name]: value }, () => undefined).catch((error: Error) => error.message);
    expect(failure).toMatch(new RegExp(`^${name}: `));
    expect(failure).not.toContain('hunter2');
  });
});
