/** A job another thread can do: load `module` and call one of its synchronous functions. */
export interface HashJob {
  /** Name of the package that hashes, e.g. `bcrypt`; resolved from the file at `from`. */
  readonly module: string;
  readonly from: string;
  readonly method: string;
  readonly args: readonly unknown[];
}

/** Runs a job, in a worker thread or wherever the pool decides. */
export type RunHashJob = (job: HashJob) => Promise<unknown>;

/**
 * Writes and verifies one family of password hashes. The strings carry scheme and cost (PHC style), so that
 * several hashers live side by side: the first configured one writes, all verify, old hashes are replaced at login.
 */
export abstract class PasswordHasher {
  /** Name of the scheme it writes. */
  abstract readonly scheme: string;

  /** Spends what verifying this cheaper hash of an earlier cost has taken less than one written now; else time would tell it. */
  makeUp(_password: string, _hash: string, _run: RunHashJob): Promise<void> {
    return Promise.resolve();
  }

  /** Whether it only verifies, so that another hasher has to write. */
  readonly verifiesOnly: boolean = false;

  /** Name of the scheme of a stored hash; null for one that {@link verify} could only ever say no to. */
  schemeOf(hash: string): string | null {
    return this.recognises(hash) ? this.scheme : null;
  }

  /** Whether it knows the scheme of this stored hash. */
  abstract recognises(hash: string): boolean;

  /** Hashes a password (already NFC). */
  abstract hash(password: string, run: RunHashJob): Promise<string>;

  /** Whether the password has this hash; false for a malformed or too costly hash, never an exception for either. */
  abstract verify(password: string, hash: string, run: RunHashJob): Promise<boolean>;

  /** Whether the hash was written by an older scheme or cost than this hasher writes now. */
  abstract needsRehash(hash: string): boolean;

  /** A well-formed hash that matches no password and costs as much to verify as one written now. */
  abstract decoy(): string;

  /** Why production must not use these parameters, or null. */
  weakness(): string | null {
    return null;
  }
}
