import type { DataSource } from 'typeorm';
import { DataSource as Source } from 'typeorm';
import { MemoryTicketStore } from '../../libs/authkit/src/websocket/memory-ticket.store.js';
import type { TicketStore } from '../../libs/authkit/src/websocket/ticket.store.js';
import { TypeOrmTicketStore } from '../../libs/authkit/src/websocket/typeorm-ticket.store.js';
import { AuthWsTicket } from '../../libs/authkit/src/websocket/ws-ticket.entity.js';
import { ALL_DATABASES, missingFor, prepareDatabase, type TestDatabase } from '../support/databases.js';
import { describeIf } from '../support/describe-if.js';

for (const database of ['memory', ...ALL_DATABASES] as const) {
  describeIf(missingFor(database), `tickets (${database})`, () => {
    let store: TicketStore;
    let source: DataSource | undefined;
    let prepared: TestDatabase | undefined;
    const ticket = { hash: 'a'.repeat(43), sessionId: 's1', userId: 'u1', expiresAt: 1_800_000_030_000 };

    beforeAll(async () => {
      if (database === 'memory') return void (store = new MemoryTicketStore());
      prepared = await prepareDatabase(database, [AuthWsTicket]);
      source = await new Source(prepared.options).initialize();
      store = new TypeOrmTicketStore(source);
    });
    afterAll(async () => {
      await source?.destroy();
      await prepared?.drop();
    });

    it('are taken once, by one of many', async () => {
      await store.insert(ticket);
      const all = await Promise.all(Array.from({ length: 12 }, async () => store.take(ticket.hash, 1_800_000_000_000)));
      expect(all.filter((one) => one !== null)).toEqual([ticket]);
      expect(await store.take(ticket.hash, 0)).toBeNull();
    });

    it('are told apart by case, and are gone when they expire', async () => {
      await store.insert(ticket);
      expect(await store.take('A'.repeat(43), 0)).toBeNull();
      expect(await store.take(ticket.hash, ticket.expiresAt)).toBeNull();
      expect(await store.take(ticket.hash, 0)).not.toBeNull();
    });

    it('are removed once they have expired, at most so many at once', async () => {
      const hashes = ['b', 'c', 'd'].map((letter) => letter.repeat(43));
      for (const hash of hashes) await store.insert({ ...ticket, hash });
      expect(await store.removeExpired(ticket.expiresAt, 10)).toBe(0);
      expect(await store.removeExpired(ticket.expiresAt + 1, 2)).toBe(2);
      expect(await store.removeExpired(ticket.expiresAt + 1, 2)).toBe(1);
      for (const hash of hashes) expect(await store.take(hash, 0)).toBeNull();
    });
  });
}

describe('tickets in memory', () => {
  it('are removed by those that are issued once they have expired', () => {
    const store = new MemoryTicketStore();
    const ticket = { sessionId: 's1', userId: 'u1' };
    store.insert({ ...ticket, hash: 'expired', expiresAt: 1_800_000_000_000 });
    store.insert({ ...ticket, hash: 'live', expiresAt: 1_800_000_000_001 });
    store.insert({ ...ticket, hash: 'new', expiresAt: 1_800_000_030_000 });
    expect(store.take('expired', 0)).toBeNull();
    expect(store.take('live', 0)).not.toBeNull();
    expect(store.take('new', 0)).not.toBeNull();
  });
});
