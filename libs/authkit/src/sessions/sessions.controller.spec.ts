import { RequestMethod } from '@nestjs/common';
import { HTTP_CODE_METADATA, METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { fakeResponse, transportOf } from '../../../../test/support/wired-transport.js';
import { wire } from '../../../../test/support/wiring.js';
import { ruleOf, type Handler } from '../access/route-rule.js';
import type { Principal } from '../kernel/principal.js';
import type { SessionRecord } from '../storage/session.store.js';
import { sessionsController } from './sessions.controller.js';

type Query = Readonly<Record<string, unknown>>;
interface Controller {
  list(principal: Principal): Promise<unknown>;
  revoke(principal: Principal, id: string, response: unknown): Promise<void>;
  revokeMany(principal: Principal, query: Query, response: unknown): Promise<void>;
}

const Class = sessionsController('auth');

function setUp() {
  const w = wire();
  const controller = new Class(w.service, transportOf(w)) as Controller;
  const known = w.addUser();
  const [current, other] = [w.addSession(known, { userAgent: 'Firefox', ip: '10.0.0.9' }), w.addSession(known)];
  const principal = { kind: 'user', id: known.user.id, sessionId: current.id } as Principal;
  const live = async () => (await w.service.list(known.user.id)).map(({ id }) => id).sort();
  const ids = (...sessions: SessionRecord[]) => sessions.map(({ id }) => id).sort();
  return { ...w, controller, known, current, other, principal, live, ids, response: fakeResponse() };
}

it.each([
  ['list', 'sessions', RequestMethod.GET, undefined],
  ['revoke', 'sessions/:id', RequestMethod.DELETE, 204],
  ['revokeMany', 'sessions', RequestMethod.DELETE, 204],
])('%s is served below the path, for users, from the live row', (name, path, method, status) => {
  const handler = (Class.prototype as Record<string, Handler>)[name];
  const read = (key: string): unknown => Reflect.getMetadata(key, handler);
  expect(Reflect.getMetadata(PATH_METADATA, Class)).toBe('auth');
  expect([read(PATH_METADATA), read(METHOD_METADATA), read(HTTP_CODE_METADATA)]).toEqual([path, method, status]);
  expect(ruleOf(handler, Class)).toMatchObject({ public: false, optional: false, explicit: true, liveSession: true });
});

describe('GET sessions', () => {
  it("lists the user's own, and says which one this is", async () => {
    const s = setUp();
    s.addSession(s.addUser());
    s.sessions.insert({ ...s.current, lastUsedAt: s.clock.now() + 5, absoluteExpiresAt: s.clock.now() + 1_000 });
    const { items } = (await s.controller.list(s.principal)) as { items: unknown[] };
    expect(items).toHaveLength(2);
    expect(items[0]).toEqual({
      id: s.current.id,
      current: true,
      device: 'Firefox',
      ip: '10.0.0.9',
      createdAt: new Date(s.current.createdAt),
      lastUsedAt: new Date(s.clock.now() + 5),
      expiresAt: new Date(s.clock.now() + 1_000),
    });
    expect(items[1]).toMatchObject({
      id: s.other.id,
      current: false,
      device: null,
      ip: null,
      expiresAt: new Date(s.other.idleExpiresAt),
    });
  });
});

describe('DELETE sessions/:id', () => {
  it('ends another session of the user and leaves the cookies', async () => {
    const s = setUp();
    await s.controller.revoke(s.principal, s.other.id, s.response);
    expect(await s.live()).toEqual(s.ids(s.current));
    expect(await s.stored(s.other.id)).toMatchObject({ revokedReason: 'revoked_by_user' });
    expect(s.response.headers).toEqual([]);
  });

  it('takes the cookies away with the current session', async () => {
    const s = setUp();
    await s.controller.revoke(s.principal, s.current.id, s.response);
    expect(await s.live()).toEqual(s.ids(s.other));
    expect(s.response.headers).toHaveLength(2);
  });

  it("is 404 for another user's session", async () => {
    const s = setUp();
    const foreign = s.addSession(s.addUser());
    const call = s.controller.revoke(s.principal, foreign.id, s.response);
    await expect(call).rejects.toMatchObject({ code: 'session_not_found' });
    expect((await s.stored(foreign.id))!.revokedAt).toBeNull();
  });
});

describe('DELETE sessions', () => {
  it.each([[{}], [{ current: 'false' }]])('with %p ends the others and leaves the cookies', async (query) => {
    const s = setUp();
    await s.controller.revokeMany(s.principal, query, s.response);
    expect(await s.live()).toEqual(s.ids(s.current));
    expect(await s.stored(s.other.id)).toMatchObject({ revokedReason: 'revoked_by_user' });
    expect(s.response.headers).toEqual([]);
  });

  it('with current=true ends all and takes the cookies away', async () => {
    const s = setUp();
    await s.controller.revokeMany(s.principal, { current: 'true' }, s.response);
    expect(await s.live()).toEqual([]);
    expect(await s.stored(s.current.id)).toMatchObject({ revokedReason: 'revoked_by_user' });
    expect(s.response.headers).toHaveLength(2);
  });

  it.each([
    ['another value', { current: 'yes' }, 'current'],
    ['two values', { current: ['true', 'false'] }, 'current'],
    ['a field it does not know', { current: 'true', all: '1' }, 'all'],
  ])('with %s is 422 and ends nothing', async (_what, query, field) => {
    const s = setUp();
    await expect(s.controller.revokeMany(s.principal, query, s.response)).rejects.toMatchObject({
      code: 'validation_failed',
      problem: {
        errors: [{ field, code: 'invalid_query', detail: 'Only current=true or current=false is known here, once.' }],
      },
    });
    expect(await s.live()).toHaveLength(2);
  });
});
