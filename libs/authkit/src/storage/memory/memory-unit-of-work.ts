import { UnitOfWork } from '../unit-of-work.js';

/** For stores in memory, which undo nothing. */
export class MemoryUnitOfWork extends UnitOfWork {
  override run<T>(work: () => Promise<T>): Promise<T> {
    return work();
  }

  override afterCommit(work: () => void): void {
    work();
  }
}
