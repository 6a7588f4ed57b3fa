import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { callerFile } from '../kernel/this-file.js';
import { LONG_COMMON_PASSWORDS } from './long-common-passwords.js';

const HERE = callerFile();
const PRINT_LENGTH = 6;

/** Whether a folded password is among the common ones. */
export type IsCommon = (folded: string) => boolean;

let loaded: IsCommon | undefined;

/** The common passwords; loaded when first asked for, because few processes ever see a new password. */
export function commonPasswords(): IsCommon {
  return (loaded ??= load());
}

function load(): IsCommon {
  // Not by import(): test runners of CommonJS apps know none.
  const { dictionary } = createRequire(HERE)(
    '@zxcvbn-ts/language-common',
  ) as typeof import('@zxcvbn-ts/language-common');
  const common = new Set(dictionary['passwords-common']);
  // Few entries of that list are long enough for a policy of today; these are.
  const prints = new Set(LONG_COMMON_PASSWORDS.match(new RegExp(`.{${PRINT_LENGTH}}`, 'g')));
  return (folded) => common.has(folded) || prints.has(printOf(folded));
}

function printOf(folded: string): string {
  return createHash('sha256').update(folded).digest('base64').slice(0, PRINT_LENGTH);
}
