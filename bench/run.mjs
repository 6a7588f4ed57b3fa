import { budgets } from './budgets.mjs';
import { pinLoad, pinned } from './lib/child.mjs';
import { databases } from './lib/database.mjs';
import { writeDocs } from './docs.mjs';
import { machine } from './machine.mjs';
import { printTable, save } from './report.mjs';
import { boot } from './sections/boot.mjs';
import { enumeration } from './sections/enumeration.mjs';
import { guarded } from './sections/guarded.mjs';
import { login } from './sections/login.mjs';
import { refresh } from './sections/refresh.mjs';
import { scale } from './sections/scale.mjs';
import { sockets } from './sections/sockets.mjs';
import { settings } from './settings.mjs';
import {
  bootTable,
  budgetsTable,
  enumerationTable,
  guardedTable,
  loginTable,
  refreshTable,
  scaleTable,
  socketsTable,
} from './tables.mjs';

const ADAPTERS = ['express', 'fastify'];

const available = await databases();
console.log(`Node ${machine.node}, ${machine.cores} x ${machine.cpu}`);
if (!pinned)
  console.log('Server and load share their cores: no taskset, or one core. Throughput is not to be trusted.');
if (!available.postgres) console.log('No PostgreSQL (set DATABASE_URL): SQLite only.');
pinLoad();

const results = { at: new Date().toISOString(), quick: settings.quick, machine };
if (settings.scale) await runScale();
else if (settings.enumeration) await runEnumeration();
else if (settings.onlySockets) await runSockets();
else await runAll();
console.log(`\n${save(results)}`);
if (settings.docs && !settings.enumeration && !settings.onlySockets) console.log(writeDocs(results));

async function runAll() {
  if (settings.wants('guarded')) {
    results.guarded = {};
    for (const adapter of ADAPTERS) {
      printTable(guardedTable(adapter, (results.guarded[adapter] = await guarded(adapter, settings))));
    }
  }
  if (settings.wants('login')) {
    results.login = {};
    for (const adapter of ADAPTERS) {
      printTable(loginTable(adapter, (results.login[adapter] = await login(adapter, settings))));
    }
  }
  if (settings.wants('refresh')) {
    results.refresh = [];
    for (const adapter of ADAPTERS) {
      for (const [database, where] of Object.entries(available)) {
        results.refresh.push({ adapter, database, ...(await refresh(adapter, where, settings)) });
      }
    }
    printTable(refreshTable(results.refresh));
  }
  if (settings.wants('boot')) {
    results.boot = {};
    for (const adapter of ADAPTERS) results.boot[adapter] = await boot(adapter, settings);
    printTable(bootTable(results.boot));
  }
  results.budgets = budgets(results);
  printTable(budgetsTable(results.budgets));
}

async function runScale() {
  results.scale = {};
  for (const [database, where] of Object.entries(available)) {
    printTable(scaleTable(database, (results.scale[database] = await scale(where, settings))));
  }
}

async function runEnumeration() {
  results.enumeration = [];
  for (const adapter of ADAPTERS) {
    for (const [database, where] of Object.entries(available)) {
      const rows = await enumeration(adapter, where, settings);
      results.enumeration.push({ adapter, database, rows });
      printTable(enumerationTable(adapter, database, rows));
    }
  }
  if (results.enumeration.some(({ rows }) => rows.some(({ tells }) => tells))) process.exitCode = 1;
}

async function runSockets() {
  results.sockets = {};
  for (const [database, where] of Object.entries(available)) {
    printTable(socketsTable(database, (results.sockets[database] = await sockets(where, settings))));
  }
}
