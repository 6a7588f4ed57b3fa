import { createHmac, hkdfSync, randomUUID } from 'node:crypto';
import { KeyRing } from '../kernel/key-ring.js';
import { RefreshTokens } from './refresh-token.js';

const NEW = 'new-secret-new-secret-new-secret-1';
const OLD = 'old-secret-old-secret-old-secret-2';
const seed = 'A'.repeat(43);
const tokens = new RefreshTokens(new KeyRing([NEW]));
const sessionId = '0190c0de-1234-7abc-9def-0123456789ab';
const { keyId } = tokens;
/** The token of one generation of a session. */
const issue = (id: string, generation: number, ofSeed: string, from = tokens) =>
  from.issue({ id, generation, seed: ofSeed, keyId });

describe('refresh tokens', () => {
  it('carry session and generation, and are the same text for the same generation', () => {
    const token = issue(sessionId, 7, seed);
    expect(token).toMatch(/^nar_[A-Za-z0-9_-]{71}$/);
    expect(issue(sessionId, 7, seed)).toBe(token);
    expect(tokens.parse(token)).toMatchObject({ sessionId, generation: 7 });
    expect(tokens.isGenuine(tokens.parse(token)!, seed)).toBe(true);
  });

  it('are the text that other releases make of the same row', () => {
    const key = Buffer.from(hkdfSync('sha256', NEW, 'authkit/v1', 'refresh-token', 32));
    const mac = createHmac('sha256', key).update(`authkit-rt1|${sessionId}|7|${seed}`).digest();
    const head = Buffer.from(`01${sessionId.replaceAll('-', '')}00000007`, 'hex');
    expect(issue(sessionId, 7, seed)).toBe(`nar_${Buffer.concat([head, mac]).toString('base64url')}`);
  });

  it('are another text for another session, generation, seed or secret', () => {
    const other = new RefreshTokens(new KeyRing([OLD]));
    const all = [
      issue(sessionId, 1, seed),
      issue(sessionId, 2, seed),
      issue(randomUUID(), 1, seed),
      issue(sessionId, 1, 'B'.repeat(43)),
      issue(sessionId, 1, seed, other),
    ];
    expect(new Set(all).size).toBe(5);
  });

  it('are genuine for the row they were made of only, under any secret of the ring', () => {
    const parsed = tokens.parse(issue(sessionId, 1, seed))!;
    expect(tokens.isGenuine(parsed, 'B'.repeat(43))).toBe(false);
    expect(tokens.isGenuine({ ...parsed, generation: 2 }, seed)).toBe(false);
    const rolled = new RefreshTokens(new KeyRing([OLD, NEW]));
    expect(rolled.isGenuine(parsed, seed)).toBe(true);
    expect(new RefreshTokens(new KeyRing([OLD])).isGenuine(parsed, seed)).toBe(false);
  });

  it('are made under the key the row names, so that nodes with differently ordered rings give one text', () => {
    const before = new RefreshTokens(new KeyRing([OLD, NEW]));
    const after = new RefreshTokens(new KeyRing([NEW, OLD]));
    const row = { id: sessionId, generation: 3, seed, keyId: before.keyId };
    expect(before.keyId).not.toBe(after.keyId);
    expect(after.issue(row)).toBe(before.issue(row));
    // A key that is gone: the first one takes over.
    expect(tokens.issue(row)).toBe(issue(sessionId, 3, seed));
    expect(after.keyIds).toEqual([after.keyId, before.keyId]);
  });

  it('survive a round trip of any generation and of ids that are no UUID at all', () => {
    for (const generation of [0, 1, 255, 65_536, 4_294_967_295]) {
      expect(tokens.parse(issue(sessionId, generation, seed))!.generation).toBe(generation);
    }
    const forged = `nar_${Buffer.concat([Buffer.from([1]), Buffer.alloc(52, 0xff)]).toString('base64url')}`;
    expect(tokens.parse(forged)!.sessionId).toBe('ffffffff-ffff-ffff-ffff-ffffffffffff');
  });

  const good = issue(sessionId, 1, seed);
  it.each([
    ['nothing', ''],
    ['another prefix', good.replace('nar_', 'nbr_')],
    ['one character less', good.slice(0, -1)],
    ['one character more', `${good}A`],
    ['padding', `${good.slice(0, -1)}=`],
    ['a space', `${good.slice(0, -1)} `],
    ['another version', `nar_${Buffer.concat([Buffer.from([2]), Buffer.alloc(52)]).toString('base64url')}`],
    ['a non-canonical end', good.slice(0, -1) + String.fromCharCode(good.charCodeAt(good.length - 1) + 1)],
  ])('are not read from %s', (_what, text) => {
    expect(tokens.parse(text)).toBeNull();
  });
});
