/**
 * Writes lib/common-passwords.ts: `npm run passwords [-- <file>]`, when @zxcvbn-ts/language-common
 * has a new list. A test tells when it is due.
 */
import { dictionary } from '@zxcvbn-ts/language-common';
import { writeFile } from 'node:fs/promises';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const COUNT = 5000;
/** Shorter ones are refused for their length, where the minimum is the deployed stages' or more. */
const MIN_LENGTH = 8;

const file = process.argv[2] ?? fileURLToPath(new URL('../common-passwords.ts', import.meta.url));

const passwords = dictionary['passwords-common']
  .filter((password) => password.length >= MIN_LENGTH)
  .slice(0, COUNT)
  .map((password) => password.toLowerCase());
if (passwords.some((password) => /[^\x21-\x7e]|[\\`]|\$\{/.test(password))) {
  throw new Error('The list has a password that a template literal would change');
}

await writeFile(
  file,
  `/**
 * The ${String(COUNT)} commonest passwords of ${String(MIN_LENGTH)} or more characters, in lower case, one a line: written by
 * lib/cli/common-passwords.mjs from @zxcvbn-ts/language-common (MIT). In order of the alphabet, which
 * zips best; one text, of which nothing has to be made when a function starts.
 */
export const COMMON_PASSWORDS = \`${[...new Set(passwords)].sort().join('\n')}\`;
`,
);
