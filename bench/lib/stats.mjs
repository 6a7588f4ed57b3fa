export function quantile(values, q) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Median of each field over the rounds of one row. */
export function medians(rounds) {
  return Object.fromEntries(
    Object.keys(rounds[0]).map((field) => [field, median(rounds.map((round) => round[field]))]),
  );
}

/** Median over rounds of a comparison of two rows; both were measured in every round, so slow noise cancels out. */
export function paired(row, other, compare) {
  return median(row.rounds.map((round, i) => compare(round, other.rounds[i])));
}

/** Mann-Whitney's U of two samples and its two-sided p, by the normal approximation with ties counted. */
export function mannWhitney(a, b) {
  const all = [...a.map((value) => ({ value, first: true })), ...b.map((value) => ({ value, first: false }))];
  all.sort((one, other) => one.value - other.value);
  let ranksOfFirst = 0;
  let ties = 0;
  for (let start = 0, end; start < all.length; start = end) {
    end = start;
    while (end < all.length && all[end].value === all[start].value) end += 1;
    const rank = (start + end + 1) / 2;
    ranksOfFirst += rank * all.slice(start, end).filter(({ first }) => first).length;
    ties += (end - start) ** 3 - (end - start);
  }
  const [n, m, total] = [a.length, b.length, all.length];
  const u = ranksOfFirst - (n * (n + 1)) / 2;
  const spread = Math.sqrt(((n * m) / 12) * (total + 1 - ties / (total * (total - 1))));
  return { u, p: spread === 0 ? 1 : 2 * (1 - normal(Math.abs(u - (n * m) / 2) / spread)) };
}

/** Share of a normal distribution below z (Abramowitz and Stegun, 7.1.26; off by 1.5e-7 at most). */
function normal(z) {
  const x = z / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * x);
  const tail = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return 1 - 0.5 * tail * Math.exp(-x * x);
}
