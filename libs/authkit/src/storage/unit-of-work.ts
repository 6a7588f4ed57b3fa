/** Changes that become true together, or not at all. */
export abstract class UnitOfWork {
  /**
   * Runs what belongs together: the kit's stores take part without being told. The work may run twice, so nothing in it
   * may hash, mail, tell listeners or call out.
   */
  abstract run<T>(work: () => Promise<T>): Promise<T>;

  /** Runs `work` once the unit under way has become true, not at all when it does not; at once outside of any. */
  abstract afterCommit(work: () => void): void;
}
