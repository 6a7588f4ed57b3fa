import { randomBytes } from 'node:crypto';
import type { MaybePromise } from '../../kernel/maybe-promise.js';
import type { OneTimeTokenRecord, OneTimeTokenStore } from '../../storage/one-time-token.store.js';
import type { UserStore } from '../../storage/user.store.js';
import { assertHas, assertIs, assertWinners, casesOn, later, type ContractCase } from './contract.js';
import { HOUR } from './session-fixtures.js';
import { AT, UserFixtures } from './user-fixtures.js';

/** A store of one-time tokens under test, and the users its tokens belong to. */
export interface OneTimeTokenStores {
  /** With a `create()`. */
  users: UserStore;
  tokens: OneTimeTokenStore;
}

/** What every OneTimeTokenStore must do, whatever it stores in: one case for each thing. */
export function oneTimeTokenStoreContract(makeStores: () => MaybePromise<OneTimeTokenStores>): ContractCase[] {
  return casesOn(async () => new TokenFixtures(await makeStores()), checks);
}

/** Tokens and users to test with. */
class TokenFixtures {
  readonly store: OneTimeTokenStore;
  private readonly users: UserFixtures;

  constructor({ users, tokens }: OneTimeTokenStores) {
    this.store = tokens;
    this.users = new UserFixtures(users);
  }

  async user(): Promise<string> {
    return (await this.users.add()).id;
  }

  /** Unlike any other. */
  token(userId: string, over: Partial<OneTimeTokenRecord> = {}): OneTimeTokenRecord {
    return {
      userId,
      purpose: 'reset_password',
      slot: '',
      hash: randomBytes(32).toString('base64url'),
      email: 'ada@example.com',
      fingerprint: 'f'.repeat(43),
      createdAt: AT,
      expiresAt: AT + HOUR,
      consumedAt: null,
      ...over,
    };
  }

  /** A token that is in the store. */
  async put(userId: string, over: Partial<OneTimeTokenRecord> = {}): Promise<OneTimeTokenRecord> {
    const token = this.token(userId, over);
    await this.store.put(token);
    return token;
  }

  /** Which of the tokens the store has, by their names. */
  async present(tokens: Readonly<Record<string, OneTimeTokenRecord>>): Promise<string[]> {
    const names: string[] = [];
    for (const [name, { hash }] of Object.entries(tokens)) if (await this.store.find(hash)) names.push(name);
    return names;
  }
}

const checks: Record<string, (tokens: TokenFixtures) => Promise<void>> = {
  'finds a token by its hash, with every field': async (tokens) => {
    const userId = await tokens.user();
    const token = await tokens.put(userId, { slot: 's'.repeat(36) });
    assertHas('find', await tokens.store.find(token.hash), { ...token });
    const bare = await tokens.put(userId, { purpose: 'not_me', fingerprint: null });
    assertHas('find', await tokens.store.find(bare.hash), { ...bare });
    for (const hash of [token.hash.toLowerCase() + 'x', `${token.hash} `, 'A'.repeat(43)]) {
      assertIs('another hash', await tokens.store.find(hash), null);
    }
  },

  'puts a token in place of the one of the same user, purpose and slot, and no other': async (tokens) => {
    const [userId, otherId] = [await tokens.user(), await tokens.user()];
    const older = await tokens.put(userId);
    const beside = {
      purpose: await tokens.put(userId, { purpose: 'set_password' }),
      slot: await tokens.put(userId, { slot: 'a' }),
      user: await tokens.put(otherId),
    };
    const newer = await tokens.put(userId, { createdAt: AT + 1, email: 'new@example.com' });
    assertIs('the older', await tokens.store.find(older.hash), null);
    assertHas('the newer', await tokens.store.find(newer.hash), { ...newer });
    assertIs('those beside it', await tokens.present(beside), ['purpose', 'slot', 'user']);
    await tokens.store.consume(newer.hash, AT + 2);
    const last = await tokens.put(userId);
    assertHas('in place of a used one', await tokens.store.find(last.hash), { consumedAt: null });
    assertIs('the used one', await tokens.store.find(newer.hash), null);
  },

  'keeps one of many put at once': async (tokens) => {
    const userId = await tokens.user();
    const put = Array.from({ length: 20 }, () => tokens.token(userId));
    await Promise.all(put.map((token) => later(() => tokens.store.put(token))));
    assertIs(
      'how many are there',
      (await tokens.present(Object.fromEntries(put.map((token) => [token.hash, token])))).length,
      1,
    );
  },

  'lets one of 50 who consume a token at once win': async (tokens) => {
    const { hash } = await tokens.put(await tokens.user());
    const won = Array.from({ length: 50 }, () => later(() => tokens.store.consume(hash, AT + 1)));
    assertWinners('consume()', await Promise.all(won), 1);
    assertHas('find', await tokens.store.find(hash), { consumedAt: AT + 1 });
    assertIs('once more', await tokens.store.consume(hash, AT + 2), false);
    assertHas('find', await tokens.store.find(hash), { consumedAt: AT + 1 });
  },

  'consumes no token that has expired, was replaced, or never was': async (tokens) => {
    const userId = await tokens.user();
    const expired = await tokens.put(userId, { expiresAt: AT + 10 });
    assertIs('at its end', await tokens.store.consume(expired.hash, AT + 10), false);
    assertHas('find', await tokens.store.find(expired.hash), { consumedAt: null });
    assertIs('just before it', await tokens.store.consume(expired.hash, AT + 9), true);
    const replaced = await tokens.put(userId);
    await tokens.put(userId);
    assertIs('replaced', await tokens.store.consume(replaced.hash, AT), false);
    assertIs('never', await tokens.store.consume('A'.repeat(43), AT), false);
  },

  'puts a token only in place of an older one when asked to, and one of many at once': async (tokens) => {
    const userId = await tokens.user();
    const tryAt = (createdAt: number, olderThan: number) =>
      later(() => tokens.store.putIfOlder(tokens.token(userId, { createdAt }), olderThan));
    const first = await Promise.all(Array.from({ length: 20 }, () => tryAt(AT, AT - HOUR)));
    assertWinners('putIfOlder() where there is none', first, 1);
    assertIs('too early', await tryAt(AT + HOUR - 1, AT - 1), false);
    const next = await Promise.all(Array.from({ length: 20 }, () => tryAt(AT + HOUR, AT)));
    assertWinners('putIfOlder() in place of an older one', next, 1);
  },

  'discards a user’s unused tokens of some purposes, or of all, and keeps the used ones': async (tokens) => {
    const [userId, otherId] = [await tokens.user(), await tokens.user()];
    const all = {
      reset: await tokens.put(userId),
      slot: await tokens.put(userId, { slot: 'a' }),
      set: await tokens.put(userId, { purpose: 'set_password' }),
      verify: await tokens.put(userId, { purpose: 'verify_email' }),
      used: await tokens.put(userId, { purpose: 'not_me' }),
      other: await tokens.put(otherId),
    };
    await tokens.store.consume(all.used.hash, AT);
    await tokens.store.discard(userId, []);
    assertIs('after none', await tokens.present(all), Object.keys(all));
    await tokens.store.discard(userId, ['reset_password', 'set_password', 'not_me']);
    assertIs('after some', await tokens.present(all), ['verify', 'used', 'other']);
    await tokens.store.discard(userId);
    assertIs('after all', await tokens.present(all), ['used', 'other']);
  },

  'removes what expired before an instant': async (tokens) => {
    const userId = await tokens.user();
    const far = AT + 1000 * HOUR;
    const all = {
      used: await tokens.put(userId, { expiresAt: AT - HOUR, consumedAt: AT - 2 * HOUR }),
      unused: await tokens.put(userId, { slot: 'a', expiresAt: AT - 2 }),
      edge: await tokens.put(userId, { slot: 'b', expiresAt: AT - 1 }),
      live: await tokens.put(userId, { slot: 'c', expiresAt: far }),
    };
    assertIs('at most one', await tokens.store.removeExpired(AT - 1, 1), 1);
    assertIs('the other', await tokens.store.removeExpired(AT - 1, 10), 1);
    assertIs('what is left', await tokens.present(all), ['edge', 'live']);
  },
};
