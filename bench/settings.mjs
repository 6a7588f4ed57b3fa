import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    scale: { type: 'boolean', default: false },
    enumeration: { type: 'boolean', default: false },
    sockets: { type: 'boolean', default: false },
    docs: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true },
  },
});

/** What the command line asks for: `--quick`, `--scale`, `--enumeration`, `--sockets`, `--docs`, `--only guarded --only refresh`. */
export const settings = {
  quick: values.quick,
  scale: values.scale,
  enumeration: values.enumeration,
  onlySockets: values.sockets,
  docs: values.docs,
  wants: (section) => !values.only || values.only.includes(section),
  ...(values.quick
    ? {
        rounds: 7,
        seconds: 0.7,
        warmUpSeconds: 1,
        refreshes: 500,
        logins: 10,
        cheapLogins: 200,
        floodSeconds: 5,
        boots: 5,
        sizes: [1_000, 100_000],
        questions: 500,
        sockets: 2_000,
      }
    : {
        rounds: 15,
        seconds: 2,
        warmUpSeconds: 3,
        refreshes: 2_000,
        logins: 30,
        cheapLogins: 1_000,
        floodSeconds: 15,
        boots: 15,
        sizes: [1_000, 30_000, 1_000_000],
        questions: 2_000,
        sockets: 10_000,
      }),
};
