import { cpus } from 'node:os';
import { budgets } from './budgets.mjs';
import { pinLoad, pinned } from './lib/child.mjs';
import { databases } from './lib/database.mjs';
import { printBoot, printBudgets, printGuarded, printLogin, printRefresh, save } from './report.mjs';
import { boot } from './sections/boot.mjs';
import { guarded } from './sections/guarded.mjs';
import { login } from './sections/login.mjs';
import { refresh } from './sections/refresh.mjs';
import { printScale, scale } from './sections/scale.mjs';
import { settings } from './settings.mjs';

const ADAPTERS = ['express', 'fastify'];

const machine = { node: process.version, cpu: cpus()[0].model, cores: cpus().length, pinned };
const available = await databases();
console.log(`Node ${machine.node}, ${machine.cores} x ${machine.cpu}`);
if (!pinned)
  console.log('Server and load share their cores: no taskset, or one core. Throughput is not to be trusted.');
if (!available.postgres) console.log('No PostgreSQL (set DATABASE_URL): SQLite only.');
pinLoad();

const results = { at: new Date().toISOString(), machine };
if (settings.scale) await runScale();
else await runAll();
console.log(`\n${save(results)}`);

async function runAll() {
  if (settings.wants('guarded')) {
    results.guarded = {};
    for (const adapter of ADAPTERS) {
      printGuarded(adapter, (results.guarded[adapter] = await guarded(adapter, settings)));
    }
  }
  if (settings.wants('login')) {
    results.login = {};
    for (const adapter of ADAPTERS) printLogin(adapter, (results.login[adapter] = await login(adapter, settings)));
  }
  if (settings.wants('refresh')) {
    results.refresh = [];
    for (const adapter of ADAPTERS) {
      for (const [database, where] of Object.entries(available)) {
        results.refresh.push({ adapter, database, ...(await refresh(adapter, where, settings)) });
      }
    }
    printRefresh(results.refresh);
  }
  if (settings.wants('boot')) {
    results.boot = {};
    for (const adapter of ADAPTERS) results.boot[adapter] = await boot(adapter, settings);
    printBoot(results.boot);
  }
  results.budgets = budgets(results);
  printBudgets(results.budgets);
}

async function runScale() {
  results.scale = {};
  for (const [database, where] of Object.entries(available)) {
    printScale(database, (results.scale[database] = await scale(where, settings)));
  }
}
