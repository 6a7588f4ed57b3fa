import { connect } from 'node:net';
import { bcrypt } from 'nest-authkit';
import { expectProblem } from '../support/attack.js';
import { createTestApp, describeOn, PASSWORD, type SignedUp, type TestApp } from '../support/test-app.js';

const LOGINS = 60;
const QUEUE = 4;
const WORKERS = 2;

describeOn('availability', {}, (place) => {
  let t: TestApp;
  let ada: SignedUp;
  beforeAll(async () => {
    // A real cost: without one there would be nothing to queue for.
    t = await createTestApp({
      ...place,
      authkit: { passwords: { hasher: bcrypt({ cost: 10 }), queue: QUEUE, workers: WORKERS } },
    });
    ada = await t.signUp('ada@example.com');
  });
  afterAll(() => t.close());

  const wrongLogin = (i: number) =>
    t.client.post('/auth/login', { identifier: `user${i}@example.com`, password: `${i}`.padEnd(1024, 'x') });

  it('DOS-01 a flood of logins meets a bounded queue, and guarded routes answer meanwhile', async () => {
    let flooding = true;
    const flood = Promise.all(Array.from({ length: LOGINS }, (_, i) => wrongLogin(i))).finally(
      () => (flooding = false),
    );
    const times: number[] = [];
    while (flooding) {
      const start = performance.now();
      expect((await t.client.get('/auth/me', { token: ada.accessToken })).status).toBe(200);
      times.push(performance.now() - start);
    }
    const replies = await flood;
    const served = replies.filter(({ status }) => status === 401);
    const refused = replies.filter(({ status }) => status !== 401);
    expect(served.length).toBeGreaterThanOrEqual(WORKERS + QUEUE);
    expect(refused.length).toBeGreaterThan(LOGINS / 2);
    for (const reply of refused) {
      expectProblem(reply, 503, 'overloaded');
      expect(reply.headers['retry-after']).toMatch(/^[1-9]\d*$/);
    }
    times.sort((a, b) => a - b);
    expect(times[Math.floor(times.length * 0.99)]).toBeLessThan(500);
  });

  it('DOS-01 every route that hashes is refused alike while the queue is full, and works after', async () => {
    const token = { token: ada.accessToken };
    const flood = Promise.all(Array.from({ length: LOGINS }, (_, i) => wrongLogin(i)));
    const calls = Array.from({ length: 20 }, async (_, i) => [
      await t.client.post('/auth/register', { email: `flood${i}@example.com`, password: PASSWORD }),
      await t.client.post('/auth/password/change', { currentPassword: 'wrong', newPassword: PASSWORD }, token),
    ]);
    for (const reply of (await Promise.all(calls)).flat().filter(({ status }) => ![201, 401].includes(status))) {
      expectProblem(reply, 503, 'overloaded');
    }
    await flood;
    expect((await t.client.post('/auth/login', { identifier: 'ada@example.com', password: PASSWORD })).status).toBe(
      200,
    );
  });

  it('DOS-01 the token endpoint says temporarily_unavailable with Retry-After', async () => {
    const grants = Array.from({ length: 20 }, (_, i) =>
      t.client.form('/auth/token', { grant_type: 'password', username: `u${i}@example.com`, password: 'x' }),
    );
    const refused = (await Promise.all(grants)).filter(({ status }) => status !== 400);
    expect(refused.length).toBeGreaterThan(0);
    for (const { status, body, headers } of refused) {
      expect({ status, error: body.error, code: body.code }).toEqual({
        status: 503,
        error: 'temporarily_unavailable',
        code: 'overloaded',
      });
      expect(headers['retry-after']).toMatch(/^[1-9]\d*$/);
    }
  });

  it('DOS-02 what is refused by its shape costs no hash', async () => {
    const calls = Array.from({ length: 40 }, (_, i) =>
      i % 2
        ? t.client.post('/auth/login', { identifier: 'ada@example.com', password: 'x'.repeat(1025 + i) })
        : t.client.post('/auth/register', { email: 'short@example.com', password: 'short' }),
    );
    // With hashes, the queue of four would have refused most of them.
    expect((await Promise.all(calls)).map(({ status }) => status)).toEqual(calls.map(() => 422));
  });

  it.each([
    ['stops in the middle of its body', '{"identifier":'],
    ['sends no body at all', ''],
  ])('DOS-05 a client that %s holds up nobody, and its end breaks nothing', async (_name, part) => {
    const head =
      'POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n';
    const sockets = await Promise.all(Array.from({ length: 50 }, () => opened(t.client.port, head + part)));
    expect((await t.client.get('/auth/me', { token: ada.accessToken })).status).toBe(200);
    for (const socket of sockets) socket.resetAndDestroy();
    expect((await t.client.post('/auth/login', { identifier: 'ada@example.com', password: PASSWORD })).status).toBe(
      200,
    );
  });

  it('DOS-05 pipelined requests are answered one after the other', async () => {
    const one = 'GET /auth/me HTTP/1.1\r\nHost: x\r\n\r\n';
    const last = 'GET /auth/me HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
    const socket = await opened(t.client.port, one.repeat(200) + last);
    let text = '';
    for await (const chunk of socket) text += String(chunk);
    expect(text.match(/HTTP\/1\.1 401/g)).toHaveLength(201);
  });
});

async function opened(port: number, bytes: string) {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  await new Promise<void>((resolve) => socket.write(bytes, () => resolve()));
  return socket;
}
