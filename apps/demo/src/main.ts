import { startDemo } from './start-demo.js';

try {
  await startDemo(process.env, console.log);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
