import { NestFactory } from '@nestjs/core';
import { SessionStore, UserStore } from 'nest-authkit';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { build } from '../apps/authkit.app.mjs';
import { withDatabase } from '../lib/database.mjs';
import { median } from '../lib/stats.mjs';

const BATCHES = 21;
const CALLS = 100;
const FAR = 4_000_000_000_000;

/**
 * Microseconds of each store call of the hot paths, with more and more users, each with one session. `settings.inspect` sees
 * the DataSource and the calls when it is fullest.
 */
export function scale(database, settings) {
  return withDatabase(database, async () => {
    const { module } = build({ database, cost: 4 });
    const app = await NestFactory.createApplicationContext(module, { logger: false, abortOnError: false });
    try {
      const source = app.get(DataSource);
      const results = [];
      const generations = new Map();
      let rows = 0;
      for (const size of settings.sizes) {
        await fill(source, rows, size);
        rows = size;
        const calls = callsOn(app.get(UserStore), app.get(SessionStore), generations, size);
        results.push({ size, ...(await timeEach(calls)) });
        if (size === settings.sizes.at(-1)) await settings.inspect?.(source, calls);
      }
      return results;
    } finally {
      await app.close();
    }
  });
}

function callsOn(users, sessions, generations, size) {
  const someone = () => idOf(Math.floor(Math.random() * size));
  const rotate = async (id) => {
    const generation = generations.get(id) ?? 1;
    await sessions.rotate(id, generation, Date.now(), FAR, 'bench-key-id');
    generations.set(id, generation + 1);
  };
  return {
    'login: findByIdentifier': () => users.findByIdentifier({ email: `${someone()}@example.com` }),
    'login: trim': () => sessions.trim(someone(), 20, Date.now()),
    'guard miss, refresh: findWithUser': () => sessions.findWithUser(someone()),
    'refresh: rotate': () => rotate(someone()),
    'sessions: listLive': () => sessions.listLive(someone(), 0, Date.now()),
    'change feed: changedSince': () => sessions.changedSince(Date.now() - 10_000),
    'cleanup: removeExpired': () => sessions.removeExpired(Date.now(), 500),
  };
}

async function timeEach(calls) {
  const times = Object.fromEntries(Object.keys(calls).map((name) => [name, []]));
  for (let batch = 0; batch < BATCHES; batch += 1) {
    for (const [name, work] of Object.entries(calls)) {
      const startedAt = performance.now();
      for (let i = 0; i < CALLS; i += 1) await work();
      times[name].push(((performance.now() - startedAt) * 1000) / CALLS);
    }
  }
  return Object.fromEntries(Object.entries(times).map(([name, batches]) => [name, median(batches)]));
}

const idOf = (n) => `00000000-0000-7000-8000-${100_000_000_000 + n}`;

/** What fills the tables: a value, or one made of the user's id, which is also that of the only session. */
const TABLES = {
  users: { id: (id) => id, email: (id) => `${id}@example.com`, created_at: 0, changed_at: 0 },
  auth_user_roles: { user_id: (id) => id, role: 'user' },
  auth_sessions: {
    id: (id) => id,
    user_id: (id) => id,
    epoch: 0,
    generation: 1,
    seed: '',
    transport: 'bearer',
    amr: 'pwd',
    authenticated_at: 0,
    created_at: 0,
    last_used_at: 0,
    idle_expires_at: FAR,
    absolute_expires_at: FAR,
    changed_at: 0,
  },
};

/** Users and sessions number `from` to `to`. */
async function fill(source, from, to) {
  const [put, most] = source.options.type === 'postgres' ? [copyInto, 50_000] : [insertInto, 1_000];
  for (const [table, columns] of Object.entries(TABLES)) {
    const { tablePath } = source.entityMetadatas.find(({ tableName }) => tableName === table);
    const path = tablePath.split('.').map((part) => `"${part}"`);
    const target = `${path.join('.')} (${Object.keys(columns).join(', ')})`;
    for (let first = from; first < to; first += most) {
      const ids = Array.from({ length: Math.min(most, to - first) }, (_, n) => idOf(first + n));
      const values = Object.values(columns);
      const rows = ids.map((id) => values.map((one) => (typeof one === 'function' ? one(id) : one)));
      await put(source, target, rows);
    }
  }
  await source.query('ANALYZE');
}

const insertInto = (source, target, rows) =>
  source.query(`INSERT INTO ${target} VALUES ${rows.map((row) => `('${row.join("', '")}')`).join(', ')}`);

/** A million rows by inserts would take minutes. */
async function copyInto(source, target, rows) {
  const runner = source.createQueryRunner();
  try {
    const client = await runner.connect();
    await new Promise((resolve, reject) => {
      const done = (error) => (error ? reject(error) : resolve());
      client.query(new CopyIn(`COPY ${target} FROM STDIN`, rows, done));
    });
  } finally {
    await runner.release();
  }
}

/** COPY with its rows; the driver's own queries have none to send. */
class CopyIn extends pg.Query {
  constructor(sql, rows, done) {
    super(sql, done);
    this.data = rows.map((row) => `${row.join('\t')}\n`).join('');
  }
  handleCopyInResponse(connection) {
    connection.sendCopyFromChunk(Buffer.from(this.data));
    connection.endCopyFrom();
  }
}
