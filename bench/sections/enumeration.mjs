import { randomInt } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { Child } from '../lib/child.mjs';
import { withDatabase } from '../lib/database.mjs';
import { answerOf, PASSWORD, register } from '../lib/http.mjs';
import { mannWhitney, median } from '../lib/stats.mjs';

/** Cheap enough for the rest of a login to stand out beside the hash. */
const COST = 4;
const ACCOUNTS = 20;

let strangers = 0;
const stranger = () => `stranger${(strangers += 1)}@example.com`;
const known = () => `user${randomInt(ACCOUNTS)}@example.com`;

/** Calls that must take as long for an address with an account as for one without. */
const QUESTIONS = {
  login: (email) => ['/auth/login', { identifier: email, password: 'not the password at all' }],
  'password/forgot': (email) => ['/auth/password/forgot', { email }],
  'email/verify/resend': (email) => ['/auth/email/verify/resend', { email }],
  'register, requireVerifiedEmail': (email) => ['/auth/register', { email, password: PASSWORD }],
};

/**
 * Whether time tells who has an account: both kinds of call in random order, medians, and the Mann-Whitney test. A
 * difference counts when it is both certain (p below 0.001) and large enough to be seen (a tenth of the median).
 */
export async function enumeration(adapter, database, settings) {
  const rows = [];
  for (const [name, question] of Object.entries(QUESTIONS)) {
    const options = {
      adapter,
      app: 'authkit',
      database,
      cost: COST,
      requireVerifiedEmail: name.startsWith('register'),
    };
    const measured = await withDatabase(database, async () => {
      const server = await Child.start('server.mjs', options);
      try {
        await register(server.ready.port, ACCOUNTS);
        return await compare(server.ready.port, question, settings.questions);
      } finally {
        await server.stop();
      }
    });
    rows.push({ name, ...measured });
  }
  return rows;
}

/** Milliseconds for what is done after a reply, which must not be measured as the next one's time. */
const REST_MS = 20;

async function compare(port, question, count) {
  const taken = { known: [], unknown: [] };
  for (let i = 0; i < count; i += 1) {
    const kinds = randomInt(2) ? ['known', 'unknown'] : ['unknown', 'known'];
    for (const kind of kinds) {
      const [path, body] = question(kind === 'known' ? known() : stranger());
      const startedAt = performance.now();
      await answerOf(port, path, body);
      taken[kind].push(performance.now() - startedAt);
      await setTimeout(REST_MS);
    }
  }
  // The first calls warm up.
  const [a, b] = [taken.known, taken.unknown].map((values) => values.slice(count / 10));
  const [knownMs, unknownMs] = [median(a), median(b)];
  const { p } = mannWhitney(a, b);
  const difference = Math.abs(knownMs - unknownMs) / Math.max(knownMs, unknownMs);
  return { calls: a.length, knownMs, unknownMs, difference, p, tells: p < 0.001 && difference >= 0.1 };
}
