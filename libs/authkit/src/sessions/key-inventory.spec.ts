import { wire } from '../../../../test/support/wiring.js';
import { KEYS } from '../../../../test/support/keys.js';
import { AccessTokenKeys } from './access-token-keys.js';
import { KeyInventory } from './key-inventory.js';

const [FIRST, SECOND] = ['mT4vR8kQ2xB6nW9zL3cJ7hF1sD5gA0pY-Ua', 'pV5bN8xM2kT7qJ4wR9zC3hL6fG1dS0aY-Ou'];

function setUp(raw: Parameters<typeof wire>[0] = {}) {
  const w = wire({ secret: [FIRST, SECOND], ...raw });
  const ring = new AccessTokenKeys(w.options, w.keys, w.clock);
  return { ...w, ring, inventory: new KeyInventory(w.sessions, w.refreshTokens, ring, w.clock) };
}

describe('the key inventory', () => {
  it('counts live sessions by the secret their newest token needs, and the rest apart', async () => {
    const { addUser, addSession, refreshTokens, inventory } = setUp();
    const [first, second] = refreshTokens.keyIds;
    const user = addUser();
    for (const keyId of [first, second, second, '', 'gone', 'gone', 'gone-too']) addSession(user, { keyId });
    addSession(user, { keyId: first, idleExpiresAt: 1 });
    const { secrets, orphanedSessions, unknownSessions } = await inventory.read();
    expect(secrets).toEqual([
      { position: 0, keyId: first, sessions: 1 },
      { position: 1, keyId: second, sessions: 2 },
    ]);
    expect([orphanedSessions, unknownSessions]).toEqual([3, 1]);
  });

  it('counts nothing where there is nothing', async () => {
    const { secrets, orphanedSessions, unknownSessions } = await setUp().inventory.read();
    expect([secrets.map(({ sessions }) => sessions), orphanedSessions, unknownSessions]).toEqual([[0, 0], 0, 0]);
  });

  it('says which access token key signs, and which are published', async () => {
    const signsFrom = new Date(Date.now() - 1000);
    const keys = [{ ...KEYS.ES256, signsFrom }, KEYS.RS256, KEYS.HS256];
    expect((await setUp({ accessToken: { keys } }).inventory.read()).accessTokenKeys).toEqual([
      { kid: 'es', alg: 'ES256', signing: true, published: true },
      { kid: 'rs', alg: 'RS256', signing: false, published: true },
      { kid: 'hs', alg: 'HS256', signing: false, published: false },
    ]);
  });
});

describe('the ring of access token keys', () => {
  it('signs with the first that can, once its time has come', () => {
    const { options, keys, clock } = setUp();
    const ringOf = (...signing: [string, number | null][]) =>
      new AccessTokenKeys(
        {
          ...options,
          accessToken: {
            ...options.accessToken,
            keys: signing.map(([kid, signsFrom]) => ({
              ...setUp().ring.all[0],
              kid,
              signsFrom: signsFrom ?? 0,
              ...(signsFrom === null && { signWith: null }),
            })),
          },
        },
        keys,
        clock,
      );
    const now = clock.now();
    expect(ringOf(['later', now + 1], ['now', now], ['old', 0]).signing.kid).toBe('now');
    expect(ringOf(['public', null], ['old', 0]).signing.kid).toBe('old');
    // The boot has refused such a ring; a clock that was set back must not end every login.
    expect(ringOf(['public', null], ['later', now + 1], ['latest', now + 2]).signing.kid).toBe('later');
  });

  it('finds keys by their names, and shows of derived ones nothing', () => {
    const { ring } = setUp();
    expect(ring.all).toHaveLength(2);
    expect(ring.all.map((key) => [ring.find(key.kid) === key, key.alg, key.signsFrom])).toEqual([
      [true, 'HS256', 0],
      [true, 'HS256', 0],
    ]);
    expect([ring.find('constructor'), ring.publicKeys]).toEqual([undefined, []]);
  });
});
