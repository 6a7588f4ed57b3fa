import type { ImportProblem, ImportReport } from './import-user.js';

/** Counts what becomes of the rows. */
export class ImportTally {
  private rows = 0;
  private imported = 0;
  private skipped = 0;
  private ignored = 0;
  private refused = 0;
  private newIds = 0;
  private readonly schemes = new Map<string, number>();
  private readonly codes = new Map<string, number>();
  private readonly problems: ImportProblem[] = [];

  constructor(
    private readonly dryRun: boolean,
    private readonly maxProblems: number,
  ) {}

  addImported(scheme: string, hasNewId: boolean): void {
    this.rows += 1;
    this.imported += 1;
    if (hasNewId) this.newIds += 1;
    count(this.schemes, scheme);
  }

  addSkipped(): void {
    this.rows += 1;
    this.skipped += 1;
  }

  addIgnored(): void {
    this.rows += 1;
    this.ignored += 1;
  }

  addRefused(problems: readonly ImportProblem[]): void {
    this.rows += 1;
    this.refused += 1;
    for (const problem of problems) {
      count(this.codes, problem.code);
      if (this.problems.length < this.maxProblems) this.problems.push(problem);
    }
  }

  /** As it stands; not changed by what follows. */
  report(): ImportReport {
    const { dryRun, rows, imported, skipped, ignored, refused, newIds } = this;
    return {
      ...{ dryRun, rows, imported, skipped, ignored, refused, newIds },
      schemes: Object.fromEntries(this.schemes),
      problemCounts: Object.fromEntries(this.codes),
      problems: [...this.problems],
    };
  }
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
