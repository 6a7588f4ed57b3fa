/**
 * Registers a suite. Where something it needs is missing it is reported as skipped, with the remedy in its name;
 * `.ci/run` takes a skipped test for a failed one.
 */
export function describeIf(missing: string | null, name: string, suite: () => void): void {
  // eslint-disable-next-line no-restricted-syntax -- the one place that may skip
  if (missing !== null) describe.skip(`${name} (to run it, ${missing})`, suite);
  else describe(name, suite);
}
