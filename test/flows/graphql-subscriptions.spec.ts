import type { IncomingMessage } from 'node:http';
import { jest } from '@jest/globals';
import {
  Authenticator,
  SessionStore,
  type AuthKitFeature,
  type AuthKitOptions,
  type Authentication,
} from 'nest-authkit';
import { graphql } from 'nest-authkit/graphql';
import { testPrincipal } from 'nest-authkit/testing';
import { ChangeFeed } from '../../libs/authkit/src/sessions/change-feed.js';
import { DRIVERS, notes, RESOLVERS, subscribingModule } from '../support/graphql-app.js';
import { GraphqlSocket, RawSocket, type SocketOptions } from '../support/graphql-socket.js';
import { createTestApp, type SignedUp, type TestApp } from '../support/test-app.js';

const HOME = 'http://localhost:3000';

describe.each(DRIVERS)('GraphQL subscriptions by $driver on $adapter', ({ driver, adapter }) => {
  let t: TestApp;
  let sockets: GraphqlSocket[];
  beforeAll(async () => {
    t = await createTestApp({
      ...{ adapter, providers: RESOLVERS, imports: [subscribingModule(driver)] },
      authkit: { features: [graphql()] },
    });
  });
  beforeEach(() => (sockets = []));
  afterEach(() => sockets.forEach((socket) => socket.close()));
  afterAll(() => t.close());

  let number = 0;
  const someone = (roles?: string[]) => t.signUp(`u${(number += 1)}@example.com`, roles);
  const connect = (options?: SocketOptions) => {
    const socket = new GraphqlSocket(t.client.port, options);
    sockets.push(socket);
    return socket;
  };
  const connectAs = async ({ accessToken }: Pick<SignedUp, 'accessToken'>) => {
    const socket = connect({ params: { authorization: `Bearer ${accessToken}` } });
    expect(await socket.opened).toBe('connected');
    return socket;
  };
  /** A subscription that has delivered something. */
  const listening = async (socket: GraphqlSocket, field: 'noted' | 'audited') => {
    const operation = socket.run(`subscription { ${field} }`);
    const first = operation.next();
    // Whether the server has subscribed yet nobody tells; what is published before is lost.
    const timer = setInterval(() => void notes.publish(field, { [field]: 'first' }), 20);
    expect(await first).toEqual({ [field]: 'first' });
    clearInterval(timer);
    return operation;
  };

  it('refuses a client without a credential, with a bad one, and with two', async () => {
    expect(await connect().opened).toBe('4401 authentication_required');
    expect(await connect({ params: { authorization: 'Bearer nonsense' } }).opened).toBe('4401 token_invalid');
    expect(await connect({ params: { authorization: { not: 'text' } } }).opened).toBe('4401 authentication_required');
    const { accessToken } = await someone();
    const authorization = `Bearer ${accessToken}`;
    const both = connect({ params: { authorization }, headers: { authorization } });
    expect(await both.opened).toBe('4401 ambiguous_credentials');
  });

  it('lets in by the parameters, by the header, and by the cookie from the own site only', async () => {
    const { accessToken, id } = await someone();
    await connectAs({ accessToken });
    expect(await connect({ headers: { authorization: `Bearer ${accessToken}` } }).opened).toBe('connected');
    const { headers } = await t.kit.actingAs({ id }, { transport: 'cookie' });
    const cookie = headers['cookie']!;
    expect(await connect({ headers: { cookie, origin: HOME } }).opened).toBe('connected');
    expect(await connect({ headers: { cookie, origin: 'https://evil.example' } }).opened).toBe('4403 csrf_rejected');
    expect(await connect({ headers: { cookie } }).opened).toBe('4403 csrf_origin_missing');
    const claimed = connect({ headers: { cookie }, params: { origin: HOME, 'sec-fetch-site': 'same-origin' } });
    expect(await claimed.opened).toBe('4403 csrf_origin_missing');
  });

  it('judges each subscription by its rule', async () => {
    const ann = await connectAs(await someone());
    await listening(ann, 'noted');
    expect(await ann.run('subscription { audited }').next()).toEqual(['insufficient_scope']);
    await listening(await connectAs(await someone(['admin'])), 'audited');
  });

  it('outlives the access token', async () => {
    const ann = await someone();
    const socket = await connectAs(ann);
    const operation = await listening(socket, 'noted');
    t.kit.expireAccessToken(ann);
    await notes.publish('noted', { noted: 'later' });
    expect(await operation.next()).toEqual({ noted: 'later' });
    await listening(socket, 'noted');
  });

  it.each(['logout', 'revocation of all', 'deactivation', 'by another node'])(
    'ends with the session: %s',
    async (how) => {
      const ann = await someone();
      const socket = await connectAs(ann);
      const operation = await listening(socket, 'noted');
      const bystander = await connectAs(await someone());
      if (how === 'logout') await t.client.post('/auth/logout', undefined, { token: ann.accessToken });
      else if (how === 'deactivation') await t.auth.setActive(ann.id, false);
      else if (how === 'revocation of all') await t.auth.revokeAll(ann.id);
      else {
        await t.app.get(SessionStore).revokeAll(ann.id, 'logout', t.clock.now());
        await t.app.get(ChangeFeed, { strict: false }).poll();
      }
      expect(await socket.closed).toBe('4401 token_revoked');
      await notes.publish('noted', { noted: 'secret' });
      await listening(bystander, 'noted');
      expect(operation.values).not.toContainEqual({ noted: 'secret' });
    },
  );

  it('ends when the session times out', async () => {
    const socket = await connectAs(await someone());
    t.clock.advance('31d');
    expect(await socket.closed).toBe('4401 token_revoked');
  });

  it('makes the client come again when a role is lost or won', async () => {
    const root = await someone(['admin']);
    const socket = await connectAs(root);
    await listening(socket, 'audited');
    await t.auth.setRoles(root.id, ['user']);
    expect(await socket.closed).toBe('1012 rights_changed');
    const again = await connectAs(root);
    expect(await again.run('subscription { audited }').next()).toEqual(['insufficient_scope']);
  });
});

describe('GraphQL subscriptions', () => {
  let t: TestApp;
  let socket: GraphqlSocket;
  afterEach(async () => {
    socket.close();
    await t.close();
  });

  const app = async (features: AuthKitFeature[], bare = false, options: Partial<AuthKitOptions> = {}) => {
    t = await createTestApp({
      ...{ providers: RESOLVERS, imports: [subscribingModule('apollo', bare)] },
      authkit: { features, ...options },
    });
  };
  /** Sessions cannot be read until what it returns is called. */
  const breakStore = () => {
    const store = t.app.get(SessionStore);
    const reads = (['findWithUser', 'findManyWithUser'] as const).map((name) =>
      jest.spyOn(store, name).mockImplementation(() => {
        throw new Error('down');
      }),
    );
    return () => reads.forEach((read) => read.mockRestore());
  };
  const connect = (options?: SocketOptions) => (socket = new GraphqlSocket(t.client.port, options));

  it('are refused where the host does not let the kit see the connection', async () => {
    await app([graphql()], true);
    const { accessToken } = await t.signUp('ann@example.com');
    const authorization = `Bearer ${accessToken}`;
    connect({ params: { authorization }, headers: { authorization } });
    expect(await socket.run('subscription { noted }').next()).toEqual(['authentication_required']);
  });

  it('that are public are for anybody, if the host says so', async () => {
    await app([graphql({ anonymous: true })]);
    expect(await connect().opened).toBe('connected');
    expect(await socket.run('subscription { noted }').next()).toEqual(['authentication_required']);
    const ticking = socket.run('subscription { ticked }').next();
    const timer = setInterval(() => void notes.publish('ticked', { ticked: 'tick' }), 20);
    expect(await ticking).toEqual({ ticked: 'tick' });
    clearInterval(timer);
    expect(await connect({ params: { authorization: 'Bearer nonsense' } }).opened).toBe('4401 token_invalid');
  });

  it('end also when the store could not be asked at first', async () => {
    await app([graphql()]);
    const { accessToken, id } = await t.signUp('ann@example.com');
    expect(await connect({ params: { authorization: `Bearer ${accessToken}` } }).opened).toBe('connected');
    const heal = breakStore();
    await t.auth.revokeAll(id);
    expect(await socket.run('subscription { noted }').next()).toEqual(['unavailable']);
    heal();
    expect(await socket.closed).toBe('4401 token_revoked');
  });

  it('end when the store fails, or does not answer, for longer than `staleness`', async () => {
    await app([graphql()]);
    const [ann, bob] = [await t.signUp('ann@example.com'), await t.signUp('bob@example.com')];
    const open = async ({ accessToken }: SignedUp) => {
      expect(await connect({ params: { authorization: `Bearer ${accessToken}` } }).opened).toBe('connected');
      return socket;
    };
    const [ofAnn, ofBob] = [await open(ann), await open(bob)];
    breakStore();
    await t.auth.revokeAll(ann.id);
    jest.spyOn(t.app.get(SessionStore), 'findManyWithUser').mockReturnValue(new Promise(() => undefined));
    await t.auth.revokeAll(bob.id);
    t.clock.advance('5s');
    expect(await Promise.all([ofAnn.closed, ofBob.closed])).toEqual(['1013 unavailable', '1013 unavailable']);
    ofAnn.close();
  });

  it.each(['cached', 'always'] as const)(
    'end within `staleness` of their session though nothing tells of it: %s',
    async (check) => {
      await app([graphql()], false, { session: { check } });
      const { accessToken, id } = await t.signUp('ann@example.com');
      expect(await connect({ params: { authorization: `Bearer ${accessToken}` } }).opened).toBe('connected');
      jest.spyOn(t.app.get(ChangeFeed, { strict: false }), 'poll').mockResolvedValue();
      await t.app.get(SessionStore).revokeAll(id, 'logout', t.clock.now());
      t.clock.advance('5s');
      expect(await socket.closed).toBe('4401 token_revoked');
    },
  );

  it('of a credential without a session end within a minute of its end', async () => {
    let isValid = true;
    class Badges extends Authenticator {
      override authenticate({ headers }: IncomingMessage): Authentication | null {
        if (headers.authorization !== 'Badge 7' || !isValid) return null;
        return { principal: testPrincipal({ kind: 'client', id: 'badge 7' }), via: 'header' };
      }
    }
    await app([graphql(), { name: 'badges', authenticator: Badges }]);
    expect(await connect({ params: { authorization: 'Badge 7' } }).opened).toBe('connected');
    isValid = false;
    t.clock.advance('61s');
    expect(await socket.closed).toMatch(/^4401 /);
  });
});

describe('a second connection_init on one WebSocket of Mercurius', () => {
  it('makes nobody of somebody, in a message and in an extension', async () => {
    const t = await createTestApp({
      ...{ adapter: 'fastify', providers: RESOLVERS, imports: [subscribingModule('mercurius')] },
      authkit: { features: [graphql({ anonymous: true })] },
    });
    const { accessToken } = await t.signUp('root@example.com', ['admin']);
    const payload = { authorization: `Bearer ${accessToken}` };
    const raw = new RawSocket(t.client.port);
    await raw.opened;
    raw.send({ type: 'connection_init' });
    expect(await raw.next()).toMatchObject({ type: 'connection_ack' });
    const query = 'subscription { audited }';
    raw.send({ id: '1', type: 'subscribe', payload: { query }, extensions: [{ type: 'connectionInit', payload }] });
    expect(await raw.closed).toBe('4401 ambiguous_credentials');
    const again = new RawSocket(t.client.port);
    await again.opened;
    again.send({ type: 'connection_init' });
    expect(await again.next()).toMatchObject({ type: 'connection_ack' });
    again.send({ type: 'connection_init', payload });
    expect(await again.closed).toBe('4401 ambiguous_credentials');
    await t.close();
  });
});
