import autocannon from 'autocannon';
import { median } from './stats.mjs';

const CONNECTIONS = 10;

/**
 * Requests per second, the server's CPU per request in microseconds, how busy its core was, and requests per second of a
 * whole core: what it would serve if neither the load nor another process on the machine kept it from its core.
 */
export async function hammer(server, { path, headers = {} }, seconds) {
  const before = await server.ask('cpu');
  const url = `http://127.0.0.1:${server.ready.port}${path}`;
  const result = await autocannon({ url, headers, connections: CONNECTIONS, duration: seconds, sampleInt: 100 });
  const cpu = (await server.ask('cpu')) - before;
  const requests = result['2xx'];
  if (result.non2xx + result.errors > 0) throw new Error(`${path}: ${result.non2xx} refused, ${result.errors} broken`);
  return figures(requests, result.duration, cpu);
}

/** The same figures of `count` calls of anything, `concurrency` at a time; `work` gets the number of its lane. */
export async function timed(server, count, concurrency, work) {
  const before = await server.ask('cpu');
  const startedAt = performance.now();
  let left = count;
  const lane = async (n) => {
    while (left-- > 0) await work(n);
  };
  await Promise.all(Array.from({ length: concurrency }, (_, n) => lane(n)));
  const elapsed = performance.now() - startedAt;
  const cpu = (await server.ask('cpu')) - before;
  return figures(count, elapsed / 1000, cpu);
}

const figures = (requests, seconds, cpu) => ({
  perSecond: requests / seconds,
  perCore: (requests * 1e6) / cpu,
  cpu: cpu / requests,
  busy: cpu / (seconds * 1e6),
});

/** Statements of one call; the median of some, because the change feed polls in between. */
export async function statementsPerCall(server, work) {
  const counts = [];
  for (let i = 0; i < 11; i += 1) {
    const before = await server.ask('statements');
    await work();
    counts.push((await server.ask('statements')) - before);
  }
  return median(counts);
}
