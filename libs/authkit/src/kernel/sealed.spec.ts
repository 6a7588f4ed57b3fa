import { createSecretKey, randomBytes } from 'node:crypto';
import { seal, unseal } from './sealed.js';

const key = () => createSecretKey(randomBytes(32));

describe('a sealed text', () => {
  const [newer, older] = [key(), key()];

  it('opens under any key of the ring, for its purpose', () => {
    expect(unseal([newer, older], 'mail', seal(older, 'mail', 'grüß dich'))).toBe('grüß dich');
  });

  it('differs each time', () => {
    expect(seal(newer, 'mail', 'same')).not.toBe(seal(newer, 'mail', 'same'));
  });

  it('does not open under another key or for another purpose', () => {
    const sealed = seal(newer, 'mail', 'text');
    expect(unseal([older], 'mail', sealed)).toBeNull();
    expect(unseal([newer], 'state', sealed)).toBeNull();
  });

  it('does not open when a byte of it has changed, nor when it is too short or no text of ours', () => {
    const bytes = Buffer.from(seal(newer, 'mail', 'text'), 'base64url');
    for (let i = 0; i < bytes.length; i += 1) {
      const forged = Buffer.from(bytes);
      forged[i] ^= 1;
      expect(unseal([newer], 'mail', forged.toString('base64url'))).toBeNull();
    }
    for (const text of ['', 'AAAA', 'A'.repeat(37), 'not base64 at all!'])
      expect(unseal([newer], 'mail', text)).toBeNull();
  });
});
