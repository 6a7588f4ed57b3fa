import { connect } from 'node:net';
import { once } from 'node:events';
import { Body, Controller, Post, Put } from '@nestjs/common';
import { Authenticated, Public } from 'nest-authkit';
import { createTestApp, describeOn, PASSWORD, type TestApp } from '../support/test-app.js';

/** A host may add handlers of its own on the kit's paths; they are none of the kit's business. */
@Controller('auth')
class AccountExtras {
  @Put('me')
  @Authenticated()
  putMe() {
    return { replaced: true };
  }

  @Post('me')
  @Public()
  postMe(@Body() body: unknown) {
    return { body };
  }

  @Put('logout')
  @Public()
  logoutBy() {
    return { host: true };
  }
}

describeOn('kit and host on one path', {}, ({ adapter }) => {
  let t: TestApp;
  beforeAll(async () => {
    t = await createTestApp({ adapter, controllers: [AccountExtras] });
  });
  afterAll(() => t.close());

  it('the host’s handlers run, with the bodies the host’s parser makes', async () => {
    const { accessToken } = await t.signUp('ada@example.com');
    expect((await t.client.call('PUT', '/auth/me')).status).toBe(401);
    expect((await t.client.call('PUT', '/auth/me', { token: accessToken })).body).toEqual({ replaced: true });
    const items = { list: ['x'.repeat(20_000)] };
    expect((await t.client.post('/auth/me', items)).body).toEqual({ body: items });
    expect((await t.client.call('PUT', '/auth/logout')).body).toEqual({ host: true });
  });

  it('the kit’s handlers still refuse what they refuse', async () => {
    expect((await t.client.call('PATCH', '/auth/login')).headers['allow']).toBe('POST');
    expect((await t.client.post('/auth/login', 'x', { headers: { 'content-type': 'text/plain' } })).status).toBe(415);
  });

  it.each(['/auth/sessions/%', '/auth/sessions/%ff', '/auth/sessions/%zz'])(
    'the path %s, which cannot be decoded, is refused',
    async (path) => {
      const { accessToken } = await t.auth.login('ada@example.com', PASSWORD);
      const reply = await t.client.delete(path, { token: accessToken });
      // Fastify's router answers before any hook of anybody's.
      expect([reply.status, reply.body.code]).toEqual([
        400,
        adapter === 'express' ? 'malformed_path' : 'FST_ERR_BAD_URL',
      ]);
    },
  );

  it.each(['GET http://evil.example/auth/me HTTP/1.1', 'GET /auth/me#x HTTP/1.1'])(
    'the request line "%s" gets the kit’s headers',
    async (line) => {
      const socket = connect(t.client.port, '127.0.0.1');
      socket.write(`${line}\r\nHost: x\r\nConnection: close\r\n\r\n`);
      let reply = '';
      socket.on('data', (chunk: Buffer) => (reply += chunk.toString()));
      await once(socket, 'close');
      expect(reply).toMatch(/^HTTP\/1\.1 (401|404|400) /);
      if (!reply.startsWith('HTTP/1.1 400')) expect(reply.toLowerCase()).toContain('cache-control: no-store');
    },
  );

  it('what is wrong with a body is told to pages of an allowed origin', async () => {
    const origin = 'https://app.example';
    const cors = await createTestApp({ adapter, configure: (app) => app.enableCors({ origin, credentials: true }) });
    for (const [body, status] of [
      ['{', 400],
      ['x'.repeat(20_000), 413],
      ['{}', 415],
    ] as const) {
      const type = status === 415 ? 'text/plain' : 'application/json';
      const reply = await cors.client.post('/auth/login', body, { headers: { origin, 'content-type': type } });
      expect([reply.status, reply.headers['access-control-allow-origin']]).toEqual([status, origin]);
      expect(reply.headers['content-type']).toMatch(/^application\/problem\+json/);
    }
    await cors.close();
  });

  it('a failed login is one event, and a refused request is one', async () => {
    t.events.length = 0;
    await t.client.post('/auth/login', { identifier: 'ada@example.com', password: 'not the password' });
    await t.client.get('/auth/me', { token: 'forged' });
    expect(t.events.map(({ type }) => type)).toEqual(['login.failed', 'authorization.denied']);
  });
});

describeOn('registering where addresses are secret', { databases: ['sqlite', 'postgres'] }, (place) => {
  it('a taken host value is told in the same words whether the address is taken or not', async () => {
    const t = await createTestApp({ ...place, authkit: { registration: { requireVerifiedEmail: true } } });
    const register = (email: string, employeeNumber: string) =>
      t.client.post('/auth/register', { email, employeeNumber, password: PASSWORD });
    expect((await register('ada@example.com', '7')).status).toBe(202);
    const replies = [await register('ada@example.com', '7'), await register('new@example.com', '7')];
    expect(replies.map(({ status, body }) => [status, body.code])).toEqual([
      [409, 'conflict'],
      [409, 'conflict'],
    ]);
    expect((await register('ada@example.com', '8')).status).toBe(202);
    await t.close();
  });
});
