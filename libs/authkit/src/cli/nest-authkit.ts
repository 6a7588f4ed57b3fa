#!/usr/bin/env node
import { writeSync } from 'node:fs';
import { ROUTES_USAGE, routesCommand } from './routes.command.js';
import { Trouble } from './trouble.js';

const [command, ...args] = process.argv.slice(2);

// Nest logs to stdout, which is for the answer. What the app says matters only if it does not start.
let said = '';
const write = process.stdout.write.bind(process.stdout);
process.stdout.write = (chunk: string | Uint8Array, ...rest: unknown[]) => {
  said += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
  const done = rest.at(-1);
  if (typeof done === 'function') process.nextTick(done);
  return true;
};

try {
  if (command === undefined || ['help', '--help', '-h'].includes(command) || args.includes('--help')) {
    end(command === undefined ? 2 : 0, `${ROUTES_USAGE}\n`);
  } else if (command !== 'routes') {
    throw new Trouble(`There is no command ${command}.\n\n${ROUTES_USAGE}`);
  } else {
    const { output, exitCode } = await routesCommand(args);
    end(exitCode, output);
  }
} catch (error) {
  if (!(error instanceof Trouble)) writeSync(2, said);
  const message = error instanceof Trouble ? error.message : error instanceof Error ? error.stack : String(error);
  writeSync(2, `${message}\n`);
  end(2, '');
}

/** At once, because an app may leave timers and sockets behind. */
function end(code: number, output: string): void {
  write(output, () => process.exit(code));
}
