import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { connect as connectTcp, createServer, type AddressInfo, type Socket as TcpSocket } from 'node:net';
import { Injectable } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { Authenticator, AuthKitConfigError, type Authentication, type AuthKitFeature } from 'nest-authkit';
import { SessionSockets, webSockets } from 'nest-authkit/websocket';
import { WebSocket } from 'ws';
import { Cleanup } from '../../libs/authkit/src/cleanup/cleanup.js';
import { SessionCache } from '../../libs/authkit/src/sessions/session-cache.js';
import { SocketLife } from '../../libs/authkit/src/websocket/socket-life.js';
import { TicketStore } from '../../libs/authkit/src/websocket/ticket.store.js';
import { chatGateways } from '../support/chat-gateways.js';
import { forge } from '../support/forge.js';
import {
  connectPeer,
  handshake,
  handshakePath,
  PLATFORMS,
  servesBy,
  webSocketOf,
  type Handshake,
  type Peer,
  type PeerOptions,
} from '../support/socket-peers.js';
import { createTestApp, type SignedUp, type TestApp } from '../support/test-app.js';

const ORIGIN = 'http://localhost:3000';

function expectRefusal({ status, headers, body }: Handshake, expected: number, code: string): void {
  expect({ status, code: body?.code }).toEqual({ status: expected, code });
  expect(headers['content-type']).toBe('application/problem+json; charset=utf-8');
  expect(headers['cache-control']).toBe('no-store');
  expect(body).toMatchObject({ status: expected, title: expect.any(String), requestId: expect.any(String) });
  expect(headers['www-authenticate'] !== undefined).toBe(expected === 401);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

/** Hangs for a request that says so; the feature of a host. */
@Injectable()
class SlowAuthenticator extends Authenticator {
  readonly waiting: (() => void)[] = [];

  override authenticate(request: IncomingMessage): Promise<Authentication | null> | null {
    if (!request.headers['x-slow']) return null;
    return new Promise((resolve) => this.waiting.push(() => resolve(null)));
  }
}
const slow: AuthKitFeature = { name: 'slow', authenticator: SlowAuthenticator };

describe.each(PLATFORMS)('the handshake of %s', (platform) => {
  let t: TestApp;
  let ada: SignedUp;
  const { ChatGateway } = chatGateways(platform);
  const peers: Peer[] = [];
  const connect = async (options?: PeerOptions) => {
    const peer = await connectPeer(platform, t.client.port, 'chat', options);
    peers.push(peer);
    return peer;
  };
  const tryOut = (headers?: Record<string, string | string[]>, query?: string) =>
    handshake(t.client.port, handshakePath(platform, 'chat', query), headers);
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
  const cookie = (token: string) => ({ cookie: `authkit_at=${token}` });
  const ticket = async (user = ada) =>
    (await t.client.post('/auth/ws-ticket', undefined, { token: user.accessToken })).body.ticket as string;

  beforeAll(async () => {
    t = await createTestApp({
      authkit: {
        features: [
          webSockets({
            limits: { perSession: 3, perUser: 4, messagesPerMinute: 20, pending: 8, handshakeTimeout: '1s' },
          }),
          slow,
        ],
        allowedOrigins: ['https://app.example'],
      },
      providers: [ChatGateway],
      configure: servesBy(platform),
    });
    ada = await t.signUp('ada@example.com');
  });
  afterEach(() => peers.splice(0).forEach((peer) => peer.close()));
  afterAll(() => t.close());

  it('WS-01 with a cookie needs an allowed origin, exactly', async () => {
    const evil = [
      'https://evil.example',
      'null',
      `${ORIGIN}.evil.example`,
      'http://localhost:30001',
      'http://localhost',
    ];
    for (const origin of [...evil, `${ORIGIN}/`, ORIGIN.toUpperCase(), 'https://sub.app.example', '']) {
      expectRefusal(await tryOut({ ...cookie(ada.accessToken), origin }), 403, 'csrf_rejected');
    }
    expectRefusal(await tryOut(cookie(ada.accessToken)), 403, 'csrf_origin_missing');
    expectRefusal(
      await tryOut({ ...cookie(ada.accessToken), 'sec-fetch-site': 'same-origin' }),
      403,
      'csrf_origin_missing',
    );
    // Nor is another site told whether the cookie is any good.
    expectRefusal(await tryOut({ ...cookie('nonsense'), origin: evil[0] }), 403, 'csrf_rejected');
    for (const origin of [ORIGIN, 'https://app.example']) {
      expect((await tryOut({ ...cookie(ada.accessToken), origin })).status).toBe(101);
    }
    expect((await tryOut({ ...bearer(ada.accessToken), origin: evil[0] })).status).toBe(101);
  });

  it('WS-02 is refused before the upgrade without a good credential', async () => {
    const forged = forge(ada.accessToken, { key: Buffer.from('another key, long enough for HMAC') });
    const expired = forge(ada.accessToken, { claims: { exp: 1_000_000_000, iat: 999_999_000 } });
    const before = ChatGateway.connected.length;
    expectRefusal(await tryOut(), 401, 'authentication_required');
    expectRefusal(await tryOut({ authorization: 'Basic YTpi' }), 401, 'authentication_required');
    expectRefusal(await tryOut(bearer(forged)), 401, 'token_invalid');
    expectRefusal(await tryOut(bearer(expired)), 401, 'token_expired');
    expectRefusal(await tryOut(bearer(ada.refreshToken)), 401, 'token_invalid');
    expectRefusal(await tryOut(bearer('')), 401, 'authentication_required');
    const gone = await t.signUp('gone@example.com');
    await t.auth.revokeAll(gone.id);
    expectRefusal(await tryOut(bearer(gone.accessToken)), 401, 'token_revoked');
    expect(t.events.at(-1)).toMatchObject({ type: 'authorization.denied', details: { code: 'token_revoked' } });
    expect(ChatGateway.connected.length).toBe(before);
  });

  it('a bad credential never falls through to a good one', async () => {
    const good = { ...cookie(ada.accessToken), origin: ORIGIN };
    expectRefusal(await tryOut({ ...good, ...bearer('bad') }), 401, 'token_invalid');
    expectRefusal(await tryOut({ ...good, 'sec-websocket-protocol': 'bearer, bad' }), 401, 'token_invalid');
    expectRefusal(await tryOut({ ...good, 'sec-websocket-protocol': 'chat, bearer' }), 401, 'token_invalid');
    const twice = `bearer, ${ada.accessToken}, bearer, ${ada.accessToken}`;
    expectRefusal(await tryOut({ 'sec-websocket-protocol': twice }), 400, 'ambiguous_credentials');
    expectRefusal(await tryOut(good, 'ticket=bad'), 401, 'token_invalid');
    expectRefusal(await tryOut({}, `ticket=${await ticket()}&ticket=x`), 400, 'ambiguous_credentials');
    const two = { cookie: `authkit_at=${ada.accessToken}; authkit_at=x`, origin: ORIGIN };
    expectRefusal(await tryOut(two), 400, 'ambiguous_credentials');
    expectRefusal(
      await tryOut({ authorization: [`Bearer ${ada.accessToken}`, 'Bearer x'] }),
      400,
      'ambiguous_credentials',
    );
  });

  it('takes a token out of the subprotocols and never echoes it', async () => {
    const offer = (protocols: string) => tryOut({ 'sec-websocket-protocol': protocols });
    const alone = await offer(`bearer, ${ada.accessToken}`);
    expect([alone.status, alone.headers['sec-websocket-protocol']]).toEqual([101, 'bearer']);
    const beside = await offer(`chat.v2, bearer, ${ada.accessToken}`);
    expect([beside.status, beside.headers['sec-websocket-protocol']]).toEqual([101, 'chat.v2']);
    const both = await tryOut({ ...bearer(ada.accessToken), 'sec-websocket-protocol': 'bearer, secret-thing' });
    expect([both.status, both.headers['sec-websocket-protocol']]).toEqual([101, 'bearer']);
  });

  it('a ticket opens one socket, within 30 s, while its session lives', async () => {
    const one = await ticket();
    const all = await Promise.all(Array.from({ length: 8 }, () => tryOut({}, `ticket=${one}`)));
    expect(all.filter(({ status }) => status === 101).length).toBe(1);
    const late = await ticket();
    t.clock.advance('30s');
    expectRefusal(await tryOut({}, `ticket=${late}`), 401, 'token_invalid');
    const ben = await t.signUp('ben@example.com');
    const orphan = await ticket(ben);
    await t.auth.revokeAll(ben.id);
    expectRefusal(await tryOut({}, `ticket=${orphan}`), 401, 'token_revoked');
    t.clock.advance(1);
    await t.app.get(Cleanup, { strict: false }).sweep();
    expect(await t.app.get(TicketStore, { strict: false }).removeExpired(t.clock.now(), 10)).toBe(0);
  });

  it('WS-03 the app hears nothing of a socket after its session has ended', async () => {
    const cleo = await t.signUp('cleo@example.com');
    const peer = await connect({ token: cleo.accessToken });
    expect(await peer.ask('whoami')).toMatchObject({ id: cleo.id });
    const ended = t.auth.revokeAll(cleo.id);
    for (let n = 0; n < 5; n += 1) peer.emit('whoami');
    await ended;
    expect((await peer.ended).problem).toMatchObject({ code: 'token_revoked' });
    expect(t.app.get(SessionSockets).send({ userId: cleo.id }, 'late', 1)).toBe(0);
  });

  it('a session and a user have only so many sockets, however they race', async () => {
    const dora = await t.signUp('dora@example.com');
    const options = { token: dora.accessToken };
    const racing = await Promise.allSettled(Array.from({ length: 6 }, () => connect(options)));
    const outcomes = racing.filter((one) => one.status === 'fulfilled').map(({ value }) => value);
    expect(outcomes.length).toBe(3);
    const refusal = await connect(options).catch((error: Error & { data?: object }) => error);
    if (platform === 'socket.io') expect(refusal).toMatchObject({ data: { status: 429, code: 'rate_limited' } });
    else expectRefusal(await tryOut(bearer(dora.accessToken)), 429, 'rate_limited');
    const other = await t.kit.actingAs({ id: dora.id } as never, { transport: 'bearer' });
    await connect({ token: other.accessToken });
    await expect(connect({ token: other.accessToken })).rejects.toThrow();
    outcomes[0].close();
    await outcomes[0].ended;
    // What the client knows, the server may hear a moment later.
    while (t.app.get(SessionSockets).count({ userId: dora.id }) > 3) await new Promise(setImmediate);
    await connect({ token: other.accessToken });
  });

  it('WS-08 a socket that says too much is closed, and nothing more is heard of it', async () => {
    const eva = await t.signUp('eva@example.com');
    const peer = await connect({ token: eva.accessToken });
    for (let n = 0; n < 21; n += 1) peer.emit('nobody-listens');
    const { problem, by } = await peer.ended;
    expect(problem).toMatchObject({ status: 429, code: 'rate_limited' });
    expect(by).toBe(platform === 'ws' ? 4429 : 'io server disconnect');
    const loud = await connect({ token: eva.accessToken });
    loud.emit('whoami', 'x'.repeat(70_000));
    expect((await loud.ended).by).toBe(platform === 'ws' ? 1009 : 'transport close');
  });

  it('is not waited for longer than may be, and only so many at once', async () => {
    const authenticator = t.app.get(SlowAuthenticator, { strict: false });
    const slowly = () => tryOut({ 'x-slow': '1', ...bearer(ada.accessToken) });
    const hanging = Array.from({ length: 8 }, slowly);
    while (authenticator.waiting.length < 8) await new Promise(setImmediate);
    expectRefusal(await slowly(), 503, 'overloaded');
    authenticator.waiting.splice(0).forEach((finish) => finish());
    expect((await Promise.all(hanging)).filter(({ status }) => status === 101).length).toBeGreaterThan(0);
    expectRefusal(await slowly(), 503, 'unavailable');
    authenticator.waiting.splice(0).forEach((finish) => finish());
    // A client that goes meanwhile leaves nothing behind.
    const path = handshakePath(platform, 'chat');
    const tcp = connectTcp(t.client.port, '127.0.0.1');
    tcp.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-Slow: 1\r\n\r\n`);
    while (authenticator.waiting.length < 1) await new Promise(setImmediate);
    tcp.resetAndDestroy();
    await new Promise(setImmediate);
    authenticator.waiting.splice(0).forEach((finish) => finish());
    expect((await tryOut(bearer(ada.accessToken))).status).toBe(101);
  });

  it('WS-08 a client that does not read is hung up on, one that does is not', async () => {
    const hal = await t.signUp('hal@example.com');
    const sockets = t.app.get(SessionSockets);
    const life = t.app.get(SocketLife, { strict: false });
    const flood = () => {
      for (let n = 0; n < 16; n += 1) sockets.send({ userId: hal.id }, 'notice', 'x'.repeat(1_048_576));
    };
    const reader = await connect({ token: hal.accessToken });
    flood();
    for (let n = 0; n < 16; n += 1) await reader.next('notice');
    for (let n = 0; n < 2; n += 1) life.sweep();
    expect(await reader.ask('whoami')).toMatchObject({ id: hal.id });
    reader.close();
    await reader.ended;

    const accepted = once(t.app.getHttpServer(), 'connection') as Promise<[TcpSocket]>;
    const never = await connect({ token: hal.accessToken });
    const [connection] = await accepted;
    const hungUp = once(connection, 'close');
    const late = await connect({ token: hal.accessToken });
    for (const peer of [never, late]) webSocketOf(peer).pause();
    flood();
    for (let n = 0; n < 2; n += 1) life.sweep();
    expect(sockets.count({ userId: hal.id })).toBe(0);
    webSocketOf(late).resume();
    const { problem, by } = await late.ended;
    expect(problem).toMatchObject({ code: 'rate_limited', detail: 'Too much is not read.' });
    expect(by).toBe(platform === 'ws' ? 4429 : 'io server disconnect');
    await hungUp;
    webSocketOf(never).terminate();
  });

  it('WS-07 malformed frames and headers close their connection and nothing else', async () => {
    const fay = await t.signUp('fay@example.com');
    const steady = await connect({ token: fay.accessToken });
    const frames = [
      [0xf1, 0x80, 0, 0, 0, 0], // reserved bits
      [0x81, 0x05, 0x68, 0x65, 0x6c, 0x6c, 0x6f], // not masked
      [0x81, 0xff, 0, 0, 0, 0, 0x40, 0, 0, 0, 0, 0, 0, 0], // a gigabyte
      [0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], // more than there are numbers
      [0x89, 0xfe, 0x01, 0x00, 0, 0, 0, 0], // a ping over 125 bytes
      [0x81, 0x82, 0, 0, 0, 0, 0xc3, 0x28], // no UTF-8
      [0x88, 0x82, 0, 0, 0, 0, 0x00, 0x00], // close code 0
      [0x88, 0x82, 0, 0, 0, 0, 0x03, 0xed], // 1005
      [0x88, 0x82, 0, 0, 0, 0, 0xff, 0xff], // 65535
      [0x88, 0x81, 0, 0, 0, 0, 0x03], // half a close code
      [0x83, 0x80, 0, 0, 0, 0], // an opcode that is none
      [0x80, 0x80, 0, 0, 0, 0], // a continuation of nothing
    ];
    const gus = await t.signUp('gus@example.com');
    for (const frame of frames) {
      const tcp = await upgraded(gus.accessToken);
      tcp.write(Buffer.from(frame));
      await once(tcp, 'close');
    }
    // Fragments without an end: they count as one message.
    const endless = await upgraded(gus.accessToken);
    const part = Buffer.concat([Buffer.from([0x00, 0xfe, 0x40, 0x00, 0, 0, 0, 0]), Buffer.alloc(0x4000, 0x61)]);
    endless.write(Buffer.concat([Buffer.from([0x01, 0x81, 0, 0, 0, 0, 0x61])]));
    for (let n = 0; n < 6; n += 1) endless.write(part);
    await once(endless, 'close');
    for (const text of ['{', 'null', '[]', '{"event":1}', '{"event":"__proto__"}', '42[', '2["constructor"]', '9']) {
      const tcp = await upgraded(gus.accessToken);
      tcp.write(textFrame(text));
      tcp.destroy();
    }
    for (const header of ['Cookie: ' + 'a=b; '.repeat(2000), 'Origin: \xff\xfe', 'Sec-WebSocket-Protocol: ,,,bearer,,'])
      expect((await rawUpgrade(header)).split('\r\n')[0]).toMatch(/^HTTP\/1\.1 4\d\d/);
    expect(await steady.ask('whoami')).toMatchObject({ id: fay.id });
  });

  async function upgraded(token: string): Promise<TcpSocket> {
    const tcp = connectTcp(t.client.port, '127.0.0.1');
    tcp.on('error', () => undefined);
    tcp.write(upgradeText(handshakePath(platform, 'chat'), `Authorization: Bearer ${token}`));
    await once(tcp, 'data');
    tcp.resume();
    return tcp;
  }

  async function rawUpgrade(header: string): Promise<string> {
    const tcp = connectTcp(t.client.port, '127.0.0.1');
    tcp.write(upgradeText(handshakePath(platform, 'chat'), header), 'latin1');
    const [chunk] = (await once(tcp, 'data')) as [Buffer];
    tcp.destroy();
    return chunk.toString('latin1');
  }
});

function upgradeText(path: string, header: string): string {
  return [
    `GET ${path} HTTP/1.1`,
    ...['Host: localhost', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'],
    ...['Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', header, '', ''],
  ].join('\r\n');
}

function textFrame(text: string): Buffer {
  return Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)]);
}

describe('socket.io', () => {
  let t: TestApp;
  let ada: SignedUp;
  const peers: Peer[] = [];
  const connect = async (room: string, options?: PeerOptions) => {
    const peer = await connectPeer('socket.io', t.client.port, room, options);
    peers.push(peer);
    return peer;
  };
  const polling = '/socket.io/?EIO=4&transport=polling';
  beforeAll(async () => {
    const authkit = { features: [webSockets({ socketIo: { authToken: true }, limits: { pendingPerAddress: 3 } })] };
    const { providers } = chatGateways('socket.io');
    t = await createTestApp({ authkit, providers, configure: servesBy('socket.io') });
    ada = await t.signUp('ada@example.com');
  });
  afterEach(() => peers.splice(0).forEach((peer) => peer.close()));
  afterAll(() => t.close());

  it('takes auth.token before ticket and cookie, and refuses a bad one', async () => {
    const peer = await connect('chat', { auth: { token: ada.accessToken } });
    expect(await peer.ask('whoami')).toMatchObject({ id: ada.id });
    const headers = { cookie: `authkit_at=${ada.accessToken}`, origin: ORIGIN };
    for (const token of ['bad', 7, null, {}]) {
      await expect(connect('chat', { auth: { token }, headers })).rejects.toMatchObject({
        data: { status: 401, code: 'token_invalid', requestId: expect.any(String) },
      });
    }
    await expect(connect('chat')).rejects.toMatchObject({ data: { code: 'authentication_required' } });
    await expect(connect('')).rejects.toMatchObject({ data: { code: 'authentication_required' } });
    const byHeader = await connect('chat', { token: ada.accessToken, auth: { token: 'not looked at' } });
    expect(await byHeader.ask('whoami')).toMatchObject({ id: ada.id });
  });

  it('guards polling as it guards upgrades, and a connection outlives its token there too', async () => {
    const bad = await t.client.get(polling, { token: 'bad' });
    expect({ status: bad.status, body: bad.body }).toMatchObject({ status: 401, body: { code: 'token_invalid' } });
    expect(bad.headers['www-authenticate']).toBe('Bearer error="invalid_token"');
    const evil = { origin: 'https://evil.example' };
    const foreign = await t.client.get(polling, { cookie: `authkit_at=${ada.accessToken}`, headers: evil });
    expect([foreign.status, foreign.body.code]).toEqual([403, 'csrf_rejected']);
    const own = { 'sec-fetch-site': 'same-origin' };
    expect((await t.client.get(polling, { cookie: `authkit_at=${ada.accessToken}`, headers: own })).status).toBe(200);
    expect((await t.client.get(`${polling}&sid=constructor`, { token: 'bad' })).status).toBe(401);

    const bea = await t.signUp('bea@example.com');
    const peer = await connect('chat', { token: bea.accessToken, transports: ['polling'] });
    t.clock.advance('16m');
    expect(await peer.ask('whoami')).toMatchObject({ id: bea.id });
    await t.auth.revokeAll(bea.id);
    expect((await peer.ended).problem).toMatchObject({ code: 'token_revoked' });
    ada = await t.signUp('ada2@example.com');
  });

  it('lets one address hold only so many connections that say nothing', async () => {
    const path = handshakePath('socket.io', '');
    const silent = Array.from({ length: 3 }, () => new WebSocket(`ws://127.0.0.1:${t.client.port}${path}`));
    await Promise.all(silent.map((socket) => once(socket, 'message')));
    expectRefusal(await handshake(t.client.port, path), 429, 'rate_limited');
    silent[0].terminate();
    await once(silent[0], 'close');
    let status = 429;
    while (status === 429) ({ status } = await handshake(t.client.port, path));
    expect(status).toBe(101);
    silent.forEach((socket) => socket.terminate());
  });
});

describe('sockets of apps set up otherwise', () => {
  let t: TestApp | undefined;
  afterEach(async () => {
    await t?.close();
    t = undefined;
  });

  it.each(PLATFORMS)('a gateway of %s on a port of its own is guarded as well', async (platform) => {
    const port = await freePort();
    const { ChatGateway } = chatGateways(platform, port);
    const authkit = { features: [webSockets()], globalGuard: false };
    t = await createTestApp({ authkit, providers: [ChatGateway], configure: servesBy(platform) });
    expectRefusal(await handshake(port, handshakePath(platform, 'chat')), 401, 'authentication_required');
    const user = await t.signUp('own@example.com');
    const peer = await connectPeer(platform, port, 'chat', { token: user.accessToken });
    expect(await peer.refusalOf('admin')).toMatchObject({ code: 'insufficient_scope' });
    await t.auth.revokeAll(user.id);
    expect((await peer.ended).problem).toMatchObject({ code: 'token_revoked' });
  });

  it.each(PLATFORMS)('WS-08 a client of %s that would send bombs finds nobody who unpacks them', async (platform) => {
    t = await createTestApp({
      authkit: { features: [webSockets()] },
      providers: [chatGateways(platform).ChatGateway],
      configure: servesBy(platform),
    });
    const { accessToken } = await t.signUp('packed@example.com');
    const socket = new WebSocket(`ws://127.0.0.1:${t.client.port}${handshakePath(platform, 'chat')}`, {
      perMessageDeflate: true,
      headers: { authorization: `Bearer ${accessToken}` },
    });
    await once(socket, 'open');
    expect(socket.extensions).toBe('');
    socket.terminate();
  });

  it.each(PLATFORMS)('WS-08 an address has only so many anonymous sockets of %s', async (platform) => {
    const { LobbyGateway } = chatGateways(platform);
    t = await createTestApp({
      authkit: { features: [webSockets({ limits: { anonymousPerAddress: 2 } })], trustedProxies: ['127.0.0.0/8'] },
      providers: [LobbyGateway],
      configure: servesBy(platform),
    });
    const { port } = t.client;
    const enter = (options?: PeerOptions) => connectPeer(platform, port, 'lobby', options);
    const from = (address: string) => ({ headers: { 'x-forwarded-for': address } });
    const refusal =
      platform === 'ws' ? { message: expect.stringContaining('429') } : { data: { code: 'rate_limited' } };
    const first = await enter(from('2001:db8::1'));
    await enter(from('2001:db8::2'));
    await expect(enter(from('2001:db8::3'))).rejects.toMatchObject(refusal);
    await enter(from('2001:db8:0:1::1'));
    const { accessToken } = await t.signUp('known@example.com');
    await enter({ token: accessToken, ...from('2001:db8::3') });
    first.close();
    await first.ended;
    while (t.app.get(SessionSockets).count() > 3) await new Promise(setImmediate);
    await enter(from('2001:db8::3'));
    await expect(enter(from('2001:db8::3'))).rejects.toMatchObject(refusal);
  });

  it('WS-03 what a client sends after its end is not heard, by public handlers neither', async () => {
    const { LobbyGateway } = chatGateways('ws');
    t = await createTestApp({
      authkit: { features: [webSockets()] },
      providers: [LobbyGateway],
      configure: servesBy('ws'),
    });
    const user = await t.signUp('deaf@example.com');
    const tcp = connectTcp(t.client.port, '127.0.0.1');
    tcp.write(upgradeText('/lobby', `Authorization: Bearer ${user.accessToken}`));
    await once(tcp, 'data');
    tcp.write(textFrame('{"event":"hello"}'));
    await once(tcp, 'data');
    await t.auth.revokeAll(user.id);
    await once(tcp, 'data');
    tcp.write(Buffer.concat([textFrame('{"event":"hello"}'), Buffer.from([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8])]));
    tcp.resume();
    await once(tcp, 'close');
    expect(LobbyGateway.heard).toBe(1);
  });

  it.each(PLATFORMS)('accept-then-close tells clients of %s why, and the app nothing', async (platform) => {
    const { ChatGateway } = chatGateways(platform);
    const authkit = { features: [webSockets({ failure: 'accept-then-close' })] };
    t = await createTestApp({ authkit, providers: [ChatGateway], configure: servesBy(platform) });
    const connecting = connectPeer(platform, t.client.port, 'chat', { token: 'bad' });
    if (platform === 'ws') {
      const { problem, by } = await (await connecting).ended;
      expect([problem.code, by]).toEqual(['token_invalid', 1008]);
    } else await expect(connecting).rejects.toMatchObject({ data: { status: 401, code: 'token_invalid' } });
    expect(ChatGateway.connected).toEqual([]);
  });

  it.each(PLATFORMS)(
    'with check: never a socket of %s lives as long as its token, unless renewed',
    async (platform) => {
      const { ChatGateway } = chatGateways(platform);
      const authkit = { features: [webSockets()], session: { check: 'never' as const } };
      t = await createTestApp({ authkit, providers: [ChatGateway], configure: servesBy(platform) });
      const user = await t.signUp('never@example.com');
      const other = await t.signUp('other@example.com');
      const peer = await connectPeer(platform, t.client.port, 'chat', { token: user.accessToken });
      t.clock.advance('10m');
      const { body } = await t.client.post('/auth/refresh', { refreshToken: user.refreshToken });
      for (const token of [other.accessToken, 'bad', 7])
        expect(await peer.refusalOf('auth:renew', { token })).toMatchObject({ code: 'token_invalid' });
      const renewed = await peer.ask('auth:renew', { token: body.access_token }, 'auth:renewed');
      expect(renewed.expiresAt).toBeGreaterThan(t.clock.now() + 890_000);
      t.clock.advance('10m');
      expect(await peer.ask('whoami')).toMatchObject({ id: user.id });
      expect(await peer.ask('fresh', undefined, 'exception')).toMatchObject({ code: 'reauthentication_required' });
      t.clock.advance('6m');
      expect((await peer.ended).problem).toMatchObject({ code: 'token_expired' });
    },
  );

  it('a store that fails opens no door, and is not waited for for ever', async () => {
    const { ChatGateway } = chatGateways('ws');
    t = await createTestApp({
      database: 'sqlite',
      authkit: { features: [webSockets()] },
      providers: [ChatGateway],
      configure: servesBy('ws'),
    });
    const user = await t.signUp('store@example.com');
    const peer = await connectPeer('ws', t.client.port, 'chat', { token: user.accessToken });
    expect(await peer.ask('whoami')).toMatchObject({ id: user.id });
    const { ticket } = (await t.client.post('/auth/ws-ticket', undefined, { token: user.accessToken })).body;
    await t.source.query('ALTER TABLE auth_sessions RENAME TO gone');
    expectRefusal(await handshake(t.client.port, `/chat?ticket=${ticket as string}`), 503, 'unavailable');
    t.clock.advance('2m');
    expectRefusal(
      await handshake(t.client.port, '/chat', { authorization: `Bearer ${user.accessToken}` }),
      503,
      'unavailable',
    );
    expect(await peer.refusalOf('whoami')).toMatchObject({ status: 503, code: 'unavailable' });
    const life = t.app.get(SocketLife, { strict: false });
    const cache = t.app.get(SessionCache, { strict: false });
    await t.source.query('ALTER TABLE gone RENAME TO auth_sessions');
    expect(await peer.ask('whoami')).toMatchObject({ id: user.id });

    // What may have ended, and cannot be read for longer than staleness.
    await t.source.query('ALTER TABLE auth_sessions RENAME TO gone');
    void cache.forgetAll();
    await peer.refusalOf('whoami');
    t.clock.advance('5s');
    life.sweep();
    const { problem, by } = await peer.ended;
    expect([problem.code, by]).toEqual(['unavailable', 4503]);
    await t.source.query('ALTER TABLE gone RENAME TO auth_sessions');
  });

  it('gateways without webSockets() fail the boot, unless the host wants them unguarded', async () => {
    const { ChatGateway } = chatGateways('ws');
    const booting = createTestApp({ providers: [ChatGateway], configure: servesBy('ws') });
    await expect(booting).rejects.toThrow(AuthKitConfigError);
    await expect(booting).rejects.toThrow(/ChatGateway: it is a WebSocket gateway/);
    const authkit = { dangerouslyUnguardedSockets: true };
    t = await createTestApp({ authkit, providers: [ChatGateway], configure: servesBy('ws') });
    const peer = await connectPeer('ws', t.client.port, 'chat');
    expect(await peer.ask('admin', 1)).toBe(1);
    peer.close();
  });

  it('an app whose socket.io would give clients that come back what they have missed does not start', async () => {
    const { ChatGateway } = chatGateways('socket.io', 0, { connectionStateRecovery: {} });
    const started = createTestApp({
      authkit: { features: [webSockets()] },
      providers: [ChatGateway],
      configure: servesBy('socket.io'),
    });
    await expect(started).rejects.toThrow(/connectionStateRecovery/);
  });

  it('an adapter of unknown servers fails the boot, and so does an option that is none', async () => {
    class OwnAdapter extends IoAdapter {
      override create(): any {
        return { on: () => undefined, close: () => undefined };
      }
    }
    const booting = createTestApp({
      authkit: { features: [webSockets()] },
      providers: [chatGateways('socket.io').ChatGateway],
      configure: (app) => void app.useWebSocketAdapter(new OwnAdapter(app)),
    });
    await expect(booting).rejects.toThrow(/neither socket.io's nor those of the package ws/);
    expect(() => webSockets({ limits: { perUser: 0 } })).toThrow(AuthKitConfigError);
  });
});
