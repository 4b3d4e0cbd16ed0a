/**
 * Writes lib/passwords/common-passwords.ts: `npm run passwords [-- <file>]`. Run it after an update of
 * @zxcvbn-ts/language-common. A test fails until then.
 */
import { dictionary } from '@zxcvbn-ts/language-common';
import { writeFile } from 'node:fs/promises';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const COUNT = 5000;
/** The minimum length on deployed stages, where shorter passwords are refused anyway. */
const MIN_LENGTH = 8;

const file =
  process.argv[2] ?? fileURLToPath(new URL('../passwords/common-passwords.ts', import.meta.url));

const passwords = dictionary['passwords-common']
  .filter((password) => password.length >= MIN_LENGTH)
  .slice(0, COUNT)
  .map((password) => password.toLowerCase());
if (passwords.some((password) => /[^\x21-\x7e]|[\\`]|\$\{/.test(password))) {
  throw new Error('The list has a password that cannot stand in a template literal');
}

await writeFile(
  file,
  `/**
 * The ${String(COUNT)} most common passwords of ${String(MIN_LENGTH)} or more characters, in lower case, one on each
 * line. lib/cli/common-passwords.mjs writes this file from @zxcvbn-ts/language-common (MIT). Sorted,
 * because that compresses best. One string, because a function parses nothing then when it starts.
 */
export const COMMON_PASSWORDS = \`${[...new Set(passwords)].sort().join('\n')}\`;
`,
);
