import type { IncomingMessage } from 'node:http';
import { Injectable } from '@nestjs/common';
import { AuthKitError, Authenticator, type Authentication, type AuthKitFeature } from 'nest-authkit';
import { testPrincipal } from 'nest-authkit/testing';
import { SessionSockets, webSockets } from 'nest-authkit/websocket';
import { Manager, type Socket } from 'socket.io-client';
import { SessionStore } from '../../libs/authkit/src/storage/session.store.js';
import { SocketLife } from '../../libs/authkit/src/websocket/socket-life.js';
import { chatGateways } from '../support/chat-gateways.js';
import { connectPeer, PLATFORMS, servesBy, type Platform } from '../support/socket-peers.js';
import { createTestApp, type TestApp, type TestAppOptions } from '../support/test-app.js';

/** A credential of the host's own, without a session. */
@Injectable()
class KeyAuthenticator extends Authenticator {
  readonly owners = new Map([['key-1', 'u-1']]);

  override authenticate({ headers }: IncomingMessage): Authentication | null {
    const key = headers['x-key'] as string | undefined;
    if (key === undefined) return null;
    const id = this.owners.get(key);
    if (id === undefined) throw new AuthKitError('token_revoked', { reason: 'no such key' });
    return { principal: testPrincipal({ id, roles: ['user'] }), via: 'header' };
  }
}
const keys: AuthKitFeature = { name: 'keys', authenticator: KeyAuthenticator };

let t: TestApp;
afterEach(() => t.close());

async function start(platform: Platform, options: object = {}, authkit: TestAppOptions['authkit'] = {}) {
  const { ChatGateway } = chatGateways(platform, 0, options);
  t = await createTestApp({
    authkit: { features: [webSockets({ socketIo: { authToken: true } }), keys], ...authkit },
    providers: [ChatGateway],
    configure: servesBy(platform),
  });
  return t.app.get(SocketLife, { strict: false });
}

describe.each(PLATFORMS)('a socket of %s that nobody tells anything', (platform) => {
  it('WS-03 ends with its session where every call reads it, though it says nothing', async () => {
    const life = await start(platform, {}, { session: { check: 'always' } });
    const user = await t.signUp('idle@example.com');
    const peer = await connectPeer(platform, t.client.port, 'chat', { token: user.accessToken });
    // As another node does it.
    await t.app.get(SessionStore).revoke(user.sessionId, 'logout', t.clock.now(), user.id);
    t.clock.advance('5s');
    life.sweep();
    expect((await peer.ended).problem).toMatchObject({ code: 'token_revoked' });
  });

  it('FAIL-01 ends with its session while the change feed cannot be read', async () => {
    const life = await start(platform);
    const user = await t.signUp('deaf@example.com');
    const peer = await connectPeer(platform, t.client.port, 'chat', { token: user.accessToken });
    const sessions = t.app.get(SessionStore);
    sessions.changedSince = () => Promise.reject(new Error('down'));
    await sessions.revoke(user.sessionId, 'logout', t.clock.now(), user.id);
    t.clock.advance('5s');
    life.sweep();
    expect((await peer.ended).problem).toMatchObject({ code: 'token_revoked' });
  });

  it('ends when its credential without a session is refused, at a message or a minute later', async () => {
    const life = await start(platform);
    const { owners } = t.app.get(KeyAuthenticator, { strict: false });
    const connect = () => connectPeer(platform, t.client.port, 'chat', { headers: { 'x-key': 'key-1' } });
    const [idle, busy] = [await connect(), await connect()];
    expect(await busy.ask('whoami')).toMatchObject({ id: 'u-1' });
    owners.clear();
    void busy.ask('whoami');
    expect((await busy.ended).problem).toMatchObject({ code: 'token_revoked' });
    t.clock.advance('59s');
    life.sweep();
    expect(t.app.get(SessionSockets).count()).toBe(1);
    t.clock.advance('1s');
    life.sweep();
    expect((await idle.ended).problem).toMatchObject({ code: 'token_revoked' });
  });
});

describe('namespaces of socket.io that a RegExp makes', () => {
  it('are entered once, by the token that comes with the connection too', async () => {
    await start('socket.io', { namespace: /^\/room-\d+$/ });
    const user = await t.signUp('rooms@example.com');
    const peer = await connectPeer('socket.io', t.client.port, 'room-7', { auth: { token: user.accessToken } });
    expect(await peer.ask('whoami')).toMatchObject({ id: user.id });
    expect(t.app.get(SessionSockets).count()).toBe(1);
    await expect(connectPeer('socket.io', t.client.port, 'room-8')).rejects.toMatchObject({
      data: { code: 'authentication_required' },
    });
  });

  it('are not entered by a handshake whose session has ended since, though another keeps the connection', async () => {
    await start('socket.io', { namespace: /^\/room-\d+$/ });
    const [gone, staying] = [await t.signUp('gone@example.com'), await t.signUp('staying@example.com')];
    const cookie = { cookie: `authkit_at=${gone.accessToken}`, origin: 'http://localhost:3000' };
    const auth = { token: staying.accessToken };
    const peer = await connectPeer('socket.io', t.client.port, 'room-1', { headers: cookie, auth });
    await t.auth.revokeAll(gone.id);
    const second = (peer.raw as Socket).io.socket('/room-2');
    const outcome = new Promise((resolve) => {
      second.once('connect', () => resolve('in'));
      second.once('connect_error', resolve);
    });
    second.connect();
    expect(await outcome).toMatchObject({ data: { code: 'token_revoked' } });
    expect(await peer.ask('whoami')).toMatchObject({ id: staying.id });
  });

  it('are not asked for without end by one connection', async () => {
    await start('socket.io', { namespace: /^\/room-\d+$/ });
    const manager = new Manager(`http://127.0.0.1:${t.client.port}`, {
      transports: ['websocket'],
      reconnection: false,
    });
    const closed = new Promise((resolve) => manager.on('close', resolve));
    for (let i = 0; i < 200; i += 1) manager.socket(`/room-${i}`);
    expect(await closed).toBe('transport close');
    expect(t.events.filter(({ type }) => type === 'authorization.denied').length).toBeLessThanOrEqual(101);
  });
});
