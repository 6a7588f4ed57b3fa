import { type AuthService } from 'nest-authkit';
import { SessionSockets, webSockets } from 'nest-authkit/websocket';
import { ChangeFeed } from '../../libs/authkit/src/sessions/change-feed.js';
import { chatGateways } from '../support/chat-gateways.js';
import { connectPeer, PLATFORMS, servesBy, type Peer, type PeerOptions } from '../support/socket-peers.js';
import { ADAPTERS, createTestApp, type SignedUp, type TestApp, type TestAppOptions } from '../support/test-app.js';

describe.each(ADAPTERS.flatMap((adapter) => PLATFORMS.map((platform) => ({ adapter, platform }))))(
  'sockets of $platform ($adapter)',
  ({ adapter, platform }) => {
    let t: TestApp;
    let anna: SignedUp;
    const peers: Peer[] = [];
    const connect = async (room: string, options?: PeerOptions) => {
      const peer = await connectPeer(platform, t.client.port, room, options);
      peers.push(peer);
      return peer;
    };
    const sockets = () => t.app.get(SessionSockets);

    beforeAll(async () => {
      t = await createTestApp({
        adapter,
        // So that nothing but the sockets' own clock ends them in time.
        authkit: { features: [webSockets()], session: { staleness: '1m' } },
        providers: chatGateways(platform).providers,
        configure: servesBy(platform),
      });
      anna = await t.signUp('anna@example.com');
      await t.signUp('boss@example.com', ['admin']);
    });
    afterEach(() => peers.splice(0).forEach((peer) => peer.close()));
    afterAll(() => t.close());

    it('know who is there, in decorators and in the request context', async () => {
      const peer = await connect('chat', { token: anna.accessToken });
      const me = await peer.ask('whoami');
      expect(me).toMatchObject({ id: anna.id, roles: ['user'], sessionId: anna.sessionId });
      expect(me.requestId).not.toBe((await peer.ask('whoami')).requestId);
      expect(await peer.ask('me')).toEqual({ email: 'anna@example.com' });
    });

    it('obey roles, permissions and freshness of handlers, telling the problem', async () => {
      const peer = await connect('chat', { token: anna.accessToken });
      expect(await peer.refusalOf('admin', 1)).toMatchObject({
        status: 403,
        code: 'insufficient_scope',
        requestId: expect.any(String),
      });
      expect(await peer.refusalOf('write')).toMatchObject({ code: 'insufficient_scope' });
      expect(await peer.ask('fresh')).toBe(true);
      expect(await peer.refusalOf('fail')).toMatchObject({ code: 'conflict', detail: 'The room is full.' });
      expect(t.events.filter(({ type }) => type === 'authorization.denied').at(-1)).toMatchObject({
        details: { code: 'insufficient_scope', reason: 'needs permission posts:write' },
      });
    });

    it('follow a change of roles at the next message', async () => {
      const user = await t.signUp('rita@example.com');
      const peer = await connect('chat', { token: user.accessToken });
      expect(await peer.refusalOf('admin', 1)).toMatchObject({ code: 'insufficient_scope' });
      await t.auth.setRoles(user.id, ['admin']);
      expect(await peer.ask('admin', 2)).toBe(2);
      await t.auth.setRoles(user.id, ['user']);
      expect(await peer.refusalOf('admin', 3)).toMatchObject({ code: 'insufficient_scope' });
    });

    it('let anybody into what is public, and there only into that', async () => {
      const peer = await connect('lobby');
      expect(await peer.ask('hello')).toBe(true);
      expect(await peer.ask('maybe')).toBeNull();
      expect(await peer.refusalOf('staff')).toMatchObject({ status: 401, code: 'authentication_required' });
      const known = await connect('lobby', { token: anna.accessToken });
      expect(await known.ask('maybe')).toBe(anna.id);
      expect(await known.refusalOf('staff')).toMatchObject({ code: 'insufficient_scope' });
    });

    it.each<[string, (auth: AuthService, user: SignedUp) => Promise<unknown>]>([
      ['logout', (_auth, user) => t.client.post('/auth/logout', undefined, { token: user.accessToken })],
      ['revocation', (auth, user) => auth.revokeAll(user.id)],
      ['deactivation', (auth, user) => auth.setActive(user.id, false)],
      ['a new password', (auth, user) => auth.setPassword(user.id, 'amber lantern violet 77')],
      [
        'reuse of a refresh token',
        async (_auth, { refreshToken }) => {
          await t.client.post('/auth/refresh', { refreshToken });
          t.clock.advance('1m');
          await t.client.post('/auth/refresh', { refreshToken });
        },
      ],
      ['deletion', (auth, user) => auth.deleteUser(user.id)],
    ])('end with %s', async (what, end) => {
      const user = await t.signUp(`${what.replaceAll(' ', '-')}@example.com`);
      const peer = await connect('chat', { token: user.accessToken });
      expect(sockets().count({ userId: user.id })).toBe(1);
      await end(t.auth, user);
      const { problem, by } = await peer.ended;
      expect(problem).toMatchObject({ status: 401, code: 'token_revoked' });
      expect(by).toBe(platform === 'ws' ? 4401 : 'io server disconnect');
      expect(sockets().count({ userId: user.id })).toBe(0);
    });

    it('outlive their token, and end with the timeouts of their session', async () => {
      const user = await t.signUp('olga@example.com');
      const peer = await connect('chat', { token: user.accessToken });
      t.clock.advance('16m');
      expect(await peer.ask('whoami')).toMatchObject({ id: user.id });
      const refreshed = await t.client.post('/auth/refresh', { refreshToken: user.refreshToken });
      expect(refreshed.status).toBe(200);
      t.clock.advance(6.999 * 86_400_000);
      expect(await peer.ask('whoami')).toMatchObject({ id: user.id });
      t.clock.advance('5m');
      expect((await peer.ended).problem).toMatchObject({ status: 401, code: 'token_expired' });
    });

    it('can be listed, sent to and closed by session and user', async () => {
      const user = await t.signUp('ines@example.com');
      const peer = await connect('chat', { token: user.accessToken, headers: { 'user-agent': 'test' } });
      expect(sockets().list({ sessionId: user.sessionId })).toEqual([
        {
          id: expect.any(String),
          userId: user.id,
          sessionId: user.sessionId,
          connectedAt: t.clock.now(),
          path: platform === 'ws' ? '/chat' : '/socket.io/',
          ip: '127.0.0.1',
          userAgent: 'test',
        },
      ]);
      expect(sockets().send({ userId: user.id }, 'news', { n: 1 })).toBe(1);
      expect(await peer.next('news')).toEqual({ n: 1 });
      expect(sockets().disconnect({ userId: user.id })).toBe(1);
      expect((await peer.ended).by).toBe(platform === 'ws' ? 1000 : 'io server disconnect');
    });

    it('open by a ticket of POST /auth/ws-ticket', async () => {
      const user = await t.signUp('tilda@example.com');
      const { status, body } = await t.client.post('/auth/ws-ticket', undefined, { token: user.accessToken });
      expect({ status, body }).toEqual({
        status: 200,
        body: { ticket: expect.stringMatching(/^nat_/), expiresIn: 30 },
      });
      const peer = await connect('chat', { query: `?ticket=${body.ticket as string}` });
      expect(await peer.ask('whoami')).toMatchObject({ id: user.id });
      expect((await t.client.post('/auth/ws-ticket')).status).toBe(401);
    });
  },
);

describe('a socket on another node', () => {
  it('ends with its session, follows its roles, and took the other node’s ticket', async () => {
    const shared: TestAppOptions = {
      database: 'postgres',
      authkit: { features: [webSockets()], session: { staleness: '1m' } },
      configure: servesBy('ws'),
    };
    const here = await createTestApp({ ...shared, providers: chatGateways('ws').providers });
    const there = await createTestApp({ ...shared, providers: chatGateways('ws').providers, beside: here });
    const feed = there.app.get(ChangeFeed, { strict: false });
    await here.signUp('boss@example.com', ['admin']);
    const user = await here.signUp('nora@example.com');
    const { body } = await here.client.post('/auth/ws-ticket', undefined, { token: user.accessToken });
    const query = `?ticket=${body.ticket as string}`;
    const peer = await connectPeer('ws', there.client.port, 'chat', { query });
    expect(await peer.refusalOf('admin')).toMatchObject({ code: 'insufficient_scope' });
    await here.auth.setRoles(user.id, ['admin']);
    await feed.poll();
    expect(await peer.ask('admin', 1)).toBe(1);
    await expect(connectPeer('ws', here.client.port, 'chat', { query })).rejects.toThrow('401');
    await here.client.post('/auth/logout', undefined, { token: user.accessToken });
    await feed.poll();
    expect((await peer.ended).problem).toMatchObject({ code: 'token_revoked' });
    await there.close();
    await here.close();
  });
});
