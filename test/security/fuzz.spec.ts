import { spawnSync } from 'node:child_process';
import { ADAPTERS } from '../support/test-app.js';

describe.each(ADAPTERS)('the demo on %s', (adapter) => {
  it('answers 2,000 malformed requests without a 5xx, a hang, a leak or a client that waits', () => {
    // A fixed seed: the same requests each time. `npm run fuzz` sends other ones, and many more.
    const args = ['scripts/fuzz.mjs', '--requests', '2000', '--adapter', adapter, '--seed', '1'];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    expect({ status, found: status === 0 ? '' : stdout + stderr }).toEqual({ status: 0, found: '' });
    expect(stdout).toMatch(/^requests +2000$/m);
  }, 120_000);
});
