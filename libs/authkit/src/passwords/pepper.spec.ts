import { createHmac } from 'node:crypto';
import { AuthEvents, type AnyAuthEvent } from '../kernel/events.js';
import { resolveOptions } from '../options/resolve-options.js';
import { FixedClock } from '../testing/fixed-clock.js';
import { argon2id } from './argon2.hasher.js';
import { bcrypt } from './bcrypt.hasher.js';
import { PasswordHasher } from './password-hasher.js';
import { PasswordService } from './password.service.js';
import { peppered, readStored, type PepperKey } from './pepper.js';

const OLD: PepperKey = { id: '2025', secret: 'Zk3vQ8rT1yW6uB0nM5cX9dF2gH7jL4pS-old' };
const NEW: PepperKey = { id: '2026', secret: 'aP9sD4fG7hJ2kL5zX8cV1bN6mQ3wE0rT-new' };
const PASSWORD = 'violet \u00e9toile 42';

/** Shows what it is given. */
class PlainHasher extends PasswordHasher {
  override readonly scheme = 'plain';
  readonly given: string[] = [];
  override recognises = (hash: string) => hash.startsWith('$plain$');
  override hash = (password: string) => Promise.resolve(`$plain$${password}`);
  override needsRehash = () => false;
  override decoy = () => '$plain$';
  override verify(password: string, hash: string): Promise<boolean> {
    this.given.push(password);
    return Promise.resolve(hash === `$plain$${password}`);
  }
}

describe('a pepper', () => {
  const services: PasswordService[] = [];
  afterEach(() => Promise.all(services.splice(0).map((one) => one.onApplicationShutdown())));

  function setUp(pepper?: PepperKey | PepperKey[], hasher: PasswordHasher = new PlainHasher()) {
    const heard: AnyAuthEvent[] = [];
    const events = new AuthEvents(new FixedClock());
    events.subscribe({ onAuthEvent: (event) => void heard.push(event) });
    const service = new PasswordService(resolveOptions({ passwords: { hasher, workers: 0, pepper } }, {}), events);
    services.push(service);
    return { service, heard };
  }

  it('gives the hasher HMAC-SHA-384 of the password in NFC, in base64, and marks the hash with its id', async () => {
    const { service } = setUp(OLD);
    const mac = createHmac('sha384', OLD.secret).update(PASSWORD, 'utf8').digest('base64');
    expect(mac).toHaveLength(64);
    expect(await service.hash(PASSWORD.normalize('NFD'))).toBe(`$authkit-pepper$k=2025$$plain$${mac}`);
    expect(peppered(OLD, PASSWORD)).toBe(mac);
  });

  it.each([
    ['bcrypt', bcrypt({ cost: 4 })],
    ['argon2id', argon2id({ memory: 64 })],
  ])('verifies with %s what it has hashed, and nothing else', async (_name, hasher) => {
    const { service } = setUp(OLD, hasher);
    const hash = await service.hash(PASSWORD);
    expect(hash).toMatch(/^\$authkit-pepper\$k=2025\$\$/);
    expect(await service.verify(PASSWORD, hash)).toBe(true);
    expect(await service.verify(PASSWORD.normalize('NFD'), hash)).toBe(true);
    expect(await service.verify(`${PASSWORD} `, hash)).toBe(false);
    expect(await service.verify(PASSWORD, readStored(hash).inner)).toBe(false);
    expect(await setUp({ ...OLD, secret: NEW.secret }, hasher).service.verify(PASSWORD, hash)).toBe(false);
  });

  it('is replaced: hashes of the old one verify and should be renewed, new ones have the new one', async () => {
    const hash = await setUp(OLD).service.hash(PASSWORD);
    const { service } = setUp([NEW, OLD]);
    expect(await service.verify(PASSWORD, hash)).toBe(true);
    expect(service.shouldRehash(hash)).toBe(true);
    const renewed = await service.hash(PASSWORD);
    expect(readStored(renewed).keyId).toBe('2026');
    expect(service.shouldRehash(renewed)).toBe(false);
    expect(await service.verify(PASSWORD, renewed)).toBe(true);
  });

  it('comes to hashes that have none: they verify and should be renewed', async () => {
    const hash = await setUp().service.hash(PASSWORD);
    const { service } = setUp(NEW);
    expect(await service.verify(PASSWORD, hash)).toBe(true);
    expect(service.shouldRehash(hash)).toBe(true);
  });

  it.each([
    ['another one', NEW],
    ['none', undefined],
  ])('that is unknown, where there is %s, is 503 and an event, whatever the password', async (_what, pepper) => {
    const hash = await setUp(OLD).service.hash(PASSWORD);
    const { service, heard } = setUp(pepper);
    for (const password of [PASSWORD, 'another']) {
      await expect(service.verify(password, hash)).rejects.toMatchObject({ code: 'unavailable' });
    }
    expect(heard.map(({ type, details }) => ({ type, details }))).toEqual(
      [1, 2].map(() => ({ type: 'password.pepper_unknown', details: { keyId: '2025' } })),
    );
    expect(service.schemeOf(hash)).toBe(null);
  });

  it('does not hide the scheme of a hash', async () => {
    const { service } = setUp(OLD, bcrypt({ cost: 4 }));
    expect(service.schemeOf(await service.hash(PASSWORD))).toBe('bcrypt-sha256');
  });

  it('costs nobody as much as somebody', async () => {
    const hasher = new PlainHasher();
    const { service } = setUp(OLD, hasher);
    const hash = await service.hash('other');
    const given = async (stored: string | null) => {
      hasher.given.length = 0;
      expect(await service.verify(PASSWORD.normalize('NFD'), stored)).toBe(false);
      return new Set(hasher.given);
    };
    expect(await given(null)).toEqual(await given(hash));
  });

  it('with a malformed mark lets nobody in', async () => {
    const { service } = setUp(OLD);
    const hash = await service.hash(PASSWORD);
    for (const broken of ['$authkit-pepper$k=2025$', '$authkit-pepper$k=$x', hash.replace('k=2025', 'k=20 25')]) {
      expect(await service.verify(PASSWORD, broken)).toBe(false);
    }
  });

  it('fits the column with the longest id and the costliest hash', async () => {
    const longest = { ...OLD, id: 'k'.repeat(64) };
    for (const hasher of [bcrypt({ cost: 15 }), argon2id({ memory: 262_144, passes: 10, parallelism: 16 })]) {
      setUp(longest, hasher);
      expect(`$authkit-pepper$k=${longest.id}$${hasher.decoy()}`.length).toBeLessThanOrEqual(255);
    }
  });

  it('is refused with a hasher whose hashes would no longer fit', () => {
    const hasher = new PlainHasher();
    hasher.decoy = () => `$plain$${'x'.repeat(240)}`;
    expect(() => setUp(OLD, hasher)).toThrow('passwords.pepper: with it a hash does not fit its column');
  });
});
