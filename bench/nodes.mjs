// Two to four processes of one app on one PostgreSQL: how soon the others refuse what one has revoked, and whether 50
// refreshes of one token, spread over all of them, give one line of tokens.
import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { Child } from './lib/child.mjs';
import { databases, withDatabase } from './lib/database.mjs';
import { call, login, post, register } from './lib/http.mjs';
import { quantile } from './lib/stats.mjs';

const { values } = parseArgs({
  options: { nodes: { type: 'string', default: '2' }, revocations: { type: 'string', default: '200' } },
});
const count = Number(values.nodes);
const revocations = Number(values.revocations);
const redisUrl = process.env.REDIS_URL;

const { postgres } = await databases();
if (!postgres) throw new Error('No PostgreSQL: set DATABASE_URL.');
for (const bus of [undefined, 'postgres', ...(redisUrl ? ['redis'] : [])]) {
  console.log(
    JSON.stringify({ nodes: count, bus: bus ?? 'none', ...(await withDatabase(postgres, () => measure(bus))) }),
  );
}

async function measure(bus) {
  const options = { adapter: 'fastify', app: 'authkit', database: postgres, cost: 4, bus, redisUrl };
  options.secret = randomBytes(48).toString('base64url');
  const nodes = [];
  // One after the other: the first makes the tables.
  for (let n = 0; n < count; n += 1) nodes.push(await Child.start('server.mjs', options));
  try {
    const ports = nodes.map(({ ready }) => ready.port);
    await register(ports[0], 1);
    const late = [];
    // Without a bus each takes seconds.
    for (let n = 0; n < (bus ? revocations : 10); n += 1) late.push(...(await revoke(ports)));
    const ms = (q) => Number(quantile(late, q).toFixed(2));
    return { revocations: late.length, p50: ms(0.5), p99: ms(0.99), max: ms(1), lines: await refreshAtOnce(ports) };
  } finally {
    await Promise.all(nodes.map((node) => node.stop()));
  }
}

/** Milliseconds from the reply to a logout on the first node to the refusal by each of the others, which had it cached. */
async function revoke([first, ...others]) {
  const { body } = await login(first, 0);
  const headers = { authorization: `Bearer ${body.access_token}` };
  await Promise.all(others.map((port) => call(port, '/guarded', { headers })));
  await post(first, '/auth/logout', undefined, headers);
  const revokedAt = performance.now();
  const refusal = async (port) => {
    while (await isServed(port, headers));
    return performance.now() - revokedAt;
  };
  return Promise.all(others.map(refusal));
}

async function isServed(port, headers) {
  try {
    await call(port, '/guarded', { headers });
    return true;
  } catch (error) {
    if (error.message.startsWith('GET /guarded: 401 ')) return false;
    throw error;
  }
}

async function refreshAtOnce(ports) {
  const { body } = await login(ports[0], 0);
  const refresh = (_, n) => post(ports[n % ports.length], '/auth/refresh', { refreshToken: body.refresh_token });
  const replies = await Promise.all(Array.from({ length: 50 }, refresh));
  return new Set(replies.map((reply) => reply.body.refresh_token)).size;
}
