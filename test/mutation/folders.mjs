/** The folders that decide who gets in. */
export const FOLDERS = ['sessions', 'access', 'passwords', 'login'];

/** Percent of the mutants of each folder that the tests must notice. */
export const LOWEST_SCORE = 85;

export const reportOf = (folder) => `reports/mutation/${folder}.json`;
