import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { All, Controller, Injectable, Scope } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { Test } from '@nestjs/testing';
import { AuthKitModule, authKitOpenApi, Authenticator, Public } from 'nest-authkit';
import { memoryStorage, MemoryUserStore } from 'nest-authkit/testing';
import { readBody } from '../../libs/authkit/src/http/request-body.js';
import { Client } from '../support/client.js';
import { createTestApp, describeOn, PASSWORD, SECRET } from '../support/test-app.js';

describe('an app whose guard Nest would drop', () => {
  @Injectable({ scope: Scope.REQUEST })
  class TenantUsers extends MemoryUserStore {}

  @Injectable({ scope: Scope.REQUEST })
  class TenantKeys extends Authenticator {
    override authenticate() {
      return null;
    }
  }

  it.each([
    ['a request-scoped user store', { storage: { ...memoryStorage(), users: TenantUsers } }],
    ['a request-scoped authenticator', { features: [{ name: 'keys', authenticator: TenantKeys }] }],
  ])('does not start with %s', async (_what, authkit) => {
    await expect(createTestApp({ authkit })).rejects.toThrow(/request-scoped|REQUEST/i);
  });
});

describe('a request whose time is over before its body is', () => {
  const arriving = async (socket: Socket, pattern: RegExp) => {
    let text = '';
    while (!pattern.test(text)) text += String((await once(socket, 'data'))[0]);
    return text;
  };

  it('is answered by the host’s limit, and the rest of it harms nobody', async () => {
    const storage = memoryStorage();
    const module = await Test.createTestingModule({
      imports: [AuthKitModule.forRoot({ storage, secret: SECRET })],
    }).compile();
    const app = module.createNestApplication(new FastifyAdapter({ handlerTimeout: 50 }), { logger: false });
    await app.listen(0, '127.0.0.1');
    const client = Client.of(app);
    for (const rest of ['nope', `"x":"${'y'.repeat(20_000)}"}`]) {
      const socket = connect(client.port, '127.0.0.1');
      const head = `POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n`;
      socket.write(`${head}Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n`);
      expect(await arriving(socket, /\r\n\r\n/)).toMatch(/^HTTP\/1\.1 503/);
      const closed = once(socket, 'close');
      socket.on('error', () => undefined);
      socket.end(`${rest.length.toString(16)}\r\n${rest}\r\n0\r\n\r\n`);
      await closed;
    }
    expect((await client.get('/auth/me')).status).toBe(401);
    await app.close();
  });
});

describe('a body that somebody has read before the kit', () => {
  const readAlready = async (body: unknown) => {
    const stream = Readable.from(['{}'], { objectMode: false });
    stream.resume();
    await once(stream, 'end');
    const headers = { 'content-type': 'application/json', 'content-length': '2' };
    return Object.assign(stream, { headers, body }) as unknown as IncomingMessage;
  };

  it('is taken as it was parsed, if it is an object and harmless', async () => {
    expect(await readBody(await readAlready({ a: 1 }), 'json')).toEqual({ a: 1 });
    for (const body of [undefined, 'text', [], null, Buffer.from('{}'), JSON.parse('{"__proto__":1}')]) {
      await expect(readBody(await readAlready(body), 'json')).rejects.toMatchObject({ code: 'malformed_body' });
    }
  });
});

describeOn('an address that is taken back', { databases: ['memory', 'sqlite', 'postgres'] }, (place) => {
  it('ends every session where login needs a verified one, and none elsewhere', async () => {
    for (const requireVerifiedEmail of [true, false]) {
      const t = await createTestApp({ ...place, authkit: { registration: { requireVerifiedEmail } } });
      const { id } = await t.auth.register({ email: 'ada@example.com', password: PASSWORD }, { emailVerified: true });
      const { accessToken } = await t.auth.issueFor(id);
      const call = () => t.client.get('/probe/principal', { token: accessToken });
      expect((await call()).status).toBe(200);
      await t.auth.setEmailVerified(id, false);
      expect((await call()).status).toBe(requireVerifiedEmail ? 401 : 200);
      await t.close();
    }
  });
});

@Controller('auth')
class Everything {
  @All('login')
  @Public()
  any() {
    return { host: true };
  }
}

it('a host’s handler for every method on a path of the kit is the host’s (Express)', async () => {
  const t = await createTestApp({ controllers: [Everything] });
  expect((await t.client.get('/auth/login')).body).toEqual({ host: true });
  expect((await t.client.call('PUT', '/auth/login')).body).toEqual({ host: true });
  await t.close();
});

it('the decorators add refusals to a handler’s documentation and leave its success', async () => {
  const t = await createTestApp();
  const { paths } = SwaggerModule.createDocument(t.app, authKitOpenApi(new DocumentBuilder()).build());
  await t.close();
  expect(Object.keys(paths['/probe/admin'].get!.responses)).toEqual(['200', '401', '403']);
  expect(Object.keys(paths['/probe/echo'].post!.responses)).toEqual(['201', '401', '403']);
});
