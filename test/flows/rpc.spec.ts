import type { ClientProxy } from '@nestjs/microservices';
import { rpc, RpcIdentity } from 'nest-authkit/rpc';
import { firstValueFrom, take } from 'rxjs';
import { describeIf } from '../support/describe-if.js';
import { answer, callerController, connectService, heard, SumsController } from '../support/rpc-app.js';
import { createTestApp, type SignedUp, type TestApp } from '../support/test-app.js';

const { REDIS_URL } = process.env;

const TRANSPORTS = [
  { name: 'TCP', transport: 'tcp' as const, missing: null },
  { name: 'Redis', transport: { redis: REDIS_URL ?? '' }, missing: REDIS_URL ? null : 'set REDIS_URL' },
];

TRANSPORTS.forEach(({ name, transport, missing }) =>
  describeIf(missing, `message handlers over ${name}`, () => {
    let t: TestApp;
    let proxy: ClientProxy;
    let identity: RpcIdentity;
    let ann: SignedUp;
    beforeAll(async () => {
      t = await createTestApp({
        authkit: { features: [rpc()] },
        controllers: [SumsController, callerController(() => identity.client(proxy))],
      });
      proxy = await connectService(t.app, transport);
      identity = t.app.get(RpcIdentity);
      ann = await t.signUp('ann@example.com');
    });
    afterAll(async () => {
      await proxy.close();
      await t.close();
    });

    it('deny by default, with the problem', async () => {
      expect(await answer(proxy.send({ cmd: 'sum', v: 1 }, [1, 2]))).toEqual({
        type: 'urn:nest-authkit:problem:authentication_required',
        ...{ title: 'Authentication is required', status: 401, code: 'authentication_required' },
        instance: expect.stringContaining('sum') as string,
        requestId: expect.any(String) as string,
      });
    });

    it('that are public are for everybody, and get what was sent', async () => {
      expect(await answer(proxy.send('open', { some: 'data' }))).toEqual({ data: { some: 'data' }, who: null });
      const attached = identity.attach('open', { some: 'data' }, { kind: 'user', ...ann });
      expect(await answer(proxy.send('open', attached))).toEqual({ data: { some: 'data' }, who: null });
    });

    it('know on whose behalf a request makes another service work', async () => {
      const { body } = await t.client.get('/calls/sum', { token: ann.accessToken });
      expect(body).toEqual({ sum: 6, who: ann.id, email: ann.email, roles: ['user'] });
      expect((await t.client.get('/calls/admin', { token: ann.accessToken })).body).toMatchObject({
        ...{ code: 'insufficient_scope', status: 403 },
      });
      expect((await t.client.get('/sums')).body).toEqual({ ok: true });
    });

    it('judge by the roles of now, not by those of when the message was sent', async () => {
      await t.signUp('chief@example.com', ['admin']);
      const root = await t.signUp('root@example.com', ['admin']);
      const caller = { kind: 'user' as const, id: root.id, sessionId: root.sessionId, roles: ['admin'] };
      const client = identity.client(proxy, caller);
      expect(await answer(client.send('admin'))).toEqual({ ok: true });
      await t.auth.setRoles(root.id, ['user']);
      expect(await answer(client.send('admin'))).toMatchObject({ code: 'insufficient_scope' });
      await t.auth.revokeAll(root.id);
      expect(await answer(client.send('admin'))).toMatchObject({ code: 'token_revoked' });
    });

    it('let a service speak for itself where that is allowed', async () => {
      const client = identity.client(proxy, { kind: 'client', id: 'billing' });
      expect(await answer(client.send('jobs'))).toEqual({ kind: 'client', who: 'billing' });
      expect(await answer(client.send('admin'))).toMatchObject({ code: 'credential_not_allowed' });
    });

    it('hear events of who they know, and of nobody else', async () => {
      const denied = () => t.events.filter(({ type }) => type === 'authorization.denied').length;
      const before = denied();
      const first = firstValueFrom(heard.pipe(take(1)));
      proxy.emit('noted', { forged: true });
      const client = identity.client(proxy, { kind: 'user', id: ann.id, sessionId: ann.sessionId });
      client.emit('noted', { text: 'x' });
      expect(await first).toEqual({ who: ann.id, data: { text: 'x' } });
      expect(denied()).toBe(before + 1);
    });

    it('answer with the problem that a handler throws, without its reason', async () => {
      const client = identity.client(proxy, { kind: 'user', id: ann.id, sessionId: ann.sessionId });
      const reply = await answer(client.send('taken'));
      expect(reply).toMatchObject({ code: 'conflict', status: 409, detail: 'Choose another.' });
      expect(JSON.stringify(reply)).not.toContain('not to be told');
    });

    it('take each sending of one client call as a message of its own', async () => {
      const client = identity.client(proxy, { kind: 'user', id: ann.id, sessionId: ann.sessionId });
      const call = client.send({ cmd: 'sum', v: 1 }, [1]);
      expect(await answer(call)).toMatchObject({ sum: 1 });
      expect(await answer(call)).toMatchObject({ sum: 1 });
    });
  }),
);
