// The hot paths with 1,000,000 users and sessions in PostgreSQL: what each statement costs beside 1,000, and whether its
// plan reads a table through. Fails when one does.
import { databases } from './lib/database.mjs';
import { scansOf } from './lib/plans.mjs';
import { printTable } from './report.mjs';
import { scale } from './sections/scale.mjs';
import { scaleTable } from './tables.mjs';

const { postgres } = await databases();
if (!postgres) throw new Error('No PostgreSQL: set DATABASE_URL.');
const scans = [];
const inspect = async (source, calls) => {
  for (const [name, work] of Object.entries(calls)) {
    for (const scan of await scansOf(source, work)) scans.push(`${name}: ${scan}`);
  }
};
printTable(scaleTable('postgres', await scale(postgres, { sizes: [1_000, 1_000_000], inspect })));
console.log(scans.length === 0 ? 'Every statement reads by an index.' : `Tables read through: ${scans.join(', ')}`);
if (scans.length > 0) process.exitCode = 1;
