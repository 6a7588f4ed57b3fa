import type { QueryRunner } from 'typeorm';
import { ALL_DATABASES } from '../support/databases.js';
import { createTestApp, describeOn, PASSWORD, type TestApp } from '../support/test-app.js';

/** What a call costs the database. */
describeOn('statements', { adapters: ['express'], databases: ALL_DATABASES }, (place) => {
  let t: TestApp;
  let statements: string[];
  beforeAll(async () => {
    t = await createTestApp(place);
    statements = [];
    t.source.logger.logQuery = (query: string, _parameters?: unknown[], _runner?: QueryRunner) => {
      // The clock and the change feed run beside the requests.
      if (!/clock_timestamp|UTC_TIMESTAMP|UNION ALL/.test(query)) statements.push(query);
    };
  });
  afterAll(() => t.close());

  const counted = async (call: () => Promise<{ status: number }>) => {
    statements.length = 0;
    const { status } = await call();
    return { status, statements: statements.length };
  };

  it('a guarded request takes one when its session is new to the node, then none', async () => {
    const { accessToken: token } = await t.signUp('warm@example.com');
    const call = () => t.client.get('/probe/principal', { token });
    expect(await counted(call)).toEqual({ status: 200, statements: 1 });
    expect(await counted(call)).toEqual({ status: 200, statements: 0 });
  });

  it('a public request takes none, whatever it carries', async () => {
    const { accessToken: token } = await t.signUp('public@example.com');
    expect(await counted(() => t.client.get('/probe/public', { token }))).toEqual({ status: 200, statements: 0 });
  });

  it('a forged or malformed token takes none', async () => {
    for (const token of ['x', `nar_${'A'.repeat(71)}`, 'a.b.c']) {
      expect(await counted(() => t.client.get('/probe/principal', { token }))).toEqual({ status: 401, statements: 0 });
    }
    expect(await counted(() => t.client.post('/auth/refresh', { refreshToken: 'nar_short' }))).toEqual({
      status: 401,
      statements: 0,
    });
  });

  it('@CurrentUser() takes one', async () => {
    const { accessToken: token } = await t.signUp('me@example.com');
    await t.client.get('/probe/user', { token });
    expect(await counted(() => t.client.get('/probe/user', { token }))).toEqual({ status: 200, statements: 1 });
  });

  it('a login on a known device takes four, and a fifth when it was last seen more than a minute ago', async () => {
    await t.kit.user({ email: 'login@example.com', password: PASSWORD });
    const body = { identifier: 'login@example.com', password: PASSWORD };
    const first = await t.client.post('/auth/login', body);
    const headers = { 'x-authkit-device': first.body.device_token as string };
    const login = () => t.client.post('/auth/login', body, { headers });
    expect(await counted(login)).toEqual({ status: 200, statements: 4 });
    t.clock.advance(60_000);
    expect(await counted(login)).toEqual({ status: 200, statements: 5 });
    expect(await counted(login)).toEqual({ status: 200, statements: 4 });
  });

  it('the first login of a user takes seven, as its device is new', async () => {
    await t.kit.user({ email: 'first@example.com', password: PASSWORD });
    const login = () => t.client.post('/auth/login', { identifier: 'first@example.com', password: PASSWORD });
    expect(await counted(login)).toEqual({ status: 200, statements: 7 });
  });

  it('a refresh takes two, and so does its retry within the grace', async () => {
    const { refreshToken } = await t.signUp('refresh@example.com');
    const refresh = () => t.client.post('/auth/refresh', { refreshToken });
    expect(await counted(refresh)).toEqual({ status: 200, statements: 2 });
    expect(await counted(refresh)).toEqual({ status: 200, statements: 1 });
  });
});
