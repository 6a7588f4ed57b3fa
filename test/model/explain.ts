import { stepsOf, type Call, type Local, type Step } from './operations.js';
import { copyOf, type World } from './world.js';

interface Running {
  readonly steps: readonly Step[];
  next: number;
  local: Local;
  done: boolean;
}

/**
 * Every world that calls made at the same time may have left behind: those of all interleavings of their steps in which
 * each call answers what was observed. None means that the system did what no order explains.
 */
export function explain(worlds: readonly World[], calls: readonly Call[]): World[] {
  const found = new Map<string, World>();
  const visited = new Set<string>();
  const visit = (world: World, running: readonly Running[]): void => {
    const key = JSON.stringify([world, running.map(({ next, local, done }) => [next, local, done])]);
    if (visited.has(key)) return;
    visited.add(key);
    if (running.every(({ done }) => done)) found.set(JSON.stringify(world), world);
    running.forEach((one, i) => {
      if (one.done) return;
      const changed = copyOf(world);
      const local = { ...one.local };
      const outcome = one.steps[one.next](changed, local);
      if (outcome === false) return;
      const moved = { steps: one.steps, next: one.next + 1, local, done: outcome === true };
      visit(
        changed,
        running.map((other, j) => (i === j ? moved : other)),
      );
    });
  };
  for (const world of worlds) {
    visit(
      world,
      calls.map((call) => ({ steps: stepsOf(call), next: 0, local: {}, done: false })),
    );
  }
  return [...found.values()];
}
