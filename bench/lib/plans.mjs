/** The big tables that the statements of a call read through instead of by an index, as PostgreSQL plans them. */
export async function scansOf(source, work) {
  const statements = [];
  const { logger } = source;
  const logQuery = logger.logQuery;
  logger.logQuery = (sql, parameters) => void statements.push([sql, parameters]);
  try {
    await work();
  } finally {
    logger.logQuery = logQuery;
  }
  const scans = [];
  for (const [sql, parameters] of statements) {
    const [row] = await source.query(`EXPLAIN (FORMAT JSON) ${sql}`, parameters);
    collect(row['QUERY PLAN'][0].Plan, scans);
  }
  return scans;
}

function collect(plan, scans) {
  // A table of a few rows is best read through.
  if (plan['Node Type'] === 'Seq Scan' && plan['Total Cost'] > 1_000) scans.push(plan['Relation Name']);
  for (const part of plan.Plans ?? []) collect(part, scans);
}
