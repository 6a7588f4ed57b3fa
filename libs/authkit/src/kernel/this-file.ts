/**
 * Path or URL of the file that calls this, in ES modules and CommonJS alike: the one source is compiled to both,
 * and neither `import.meta` nor `__filename` exists in both.
 */
export function callerFile(): string {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- put back as it was, never called
  const original = Error.prepareStackTrace;
  try {
    Error.prepareStackTrace = (_error, sites) => sites[0]?.getFileName() ?? '';
    const holder: { stack?: string } = {};
    Error.captureStackTrace(holder, callerFile);
    return String(holder.stack);
  } finally {
    Error.prepareStackTrace = original;
  }
}
