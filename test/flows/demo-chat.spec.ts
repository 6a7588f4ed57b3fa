import type { AddressInfo } from 'node:net';
import type { INestApplication } from '@nestjs/common';
import { AuthService } from 'nest-authkit';
import { createDemoApp } from '../../apps/demo/src/create-app.js';
import { Client } from '../support/client.js';
import { prepareDemo } from '../support/demo-app.js';
import { connectPeer, handshake, handshakePath, PLATFORMS, type Peer } from '../support/socket-peers.js';
import { PASSWORD } from '../support/test-app.js';

describe.each(PLATFORMS)("the demo's chat (%s)", (platform) => {
  let demo: Awaited<ReturnType<typeof prepareDemo>>;
  let app: INestApplication;
  let client: Client;
  const peers: Peer[] = [];

  beforeAll(async () => {
    demo = await prepareDemo(platform === 'ws' ? 'fastify' : 'express', 'sqlite');
    app = await createDemoApp({ ...demo.env, SOCKETS: platform });
    await app.listen(0, '127.0.0.1');
    client = new Client((app.getHttpServer().address() as AddressInfo).port);
  });
  afterEach(() => peers.splice(0).forEach((peer) => peer.close()));
  afterAll(async () => {
    await app.close();
    await demo.drop();
  });

  async function member(email: string, roles?: string[]) {
    const auth = app.get(AuthService);
    const { id } = await auth.register({ email, password: PASSWORD }, { roles });
    const { body } = await client.post('/auth/login', { identifier: email, password: PASSWORD });
    const peer = await connectPeer(platform, client.port, 'chat', { token: body.access_token as string });
    peers.push(peer);
    return { id, peer };
  }

  it('is for those who are signed in, and says who they are', async () => {
    expect((await handshake(client.port, handshakePath(platform, 'chat'))).status).toBe(401);
    const { id, peer } = await member('ada@example.com');
    expect(await peer.ask('whoami')).toEqual({ id, roles: ['user'] });
  });

  it('sends messages to those in the room, and what admins broadcast to all', async () => {
    const ben = await member('ben@example.com');
    const cleo = await member('cleo@example.com', ['admin']);
    const dora = await member('dora@example.com');
    for (const { peer } of [ben, cleo])
      expect(await peer.ask('join', { room: 'tea' }, 'joined')).toEqual({ room: 'tea' });
    expect(await dora.peer.refusalOf('message', { room: 'tea', text: 'hello' })).toMatchObject({ status: 403 });
    ben.peer.emit('message', { room: 'tea', text: 'hello' });
    for (const { peer } of [ben, cleo])
      expect(await peer.next('message')).toEqual({ room: 'tea', text: 'hello', from: ben.id });
    expect(await ben.peer.refusalOf('broadcast', { text: 'now' })).toMatchObject({ code: 'insufficient_scope' });
    cleo.peer.emit('broadcast', { text: 'closing time' });
    for (const { peer } of [ben, cleo, dora])
      expect(await peer.next('broadcast')).toEqual({ text: 'closing time', from: cleo.id });
  });

  it('says what is wrong with a message', async () => {
    const { peer } = await member('eva@example.com');
    for (const data of [undefined, {}, { room: 7 }, { room: '' }, { room: 'a', more: 1 }])
      expect(await peer.refusalOf('join', data)).toMatchObject({ statusCode: 400 });
  });

  it('has a page', async () => {
    expect((await client.get('/chat')).text).toContain(`data-sockets="${platform}"`);
    expect((await client.get('/chat.js')).headers['content-type']).toBe('text/javascript; charset=utf-8');
  });
});
