/** The READMEs, as the tests read them that hold them to the code. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A fenced block of code, without the indentation of the list that it may stand in. */
export interface Block {
  /** The README's path, from the project's folder. */
  path: string;
  language: string;
  text: string;
}

/** The paths of all READMEs, from the project's folder, the first one first. */
export const READMES: readonly string[] = [
  'README.md',
  ...['handlers', 'lib', 'tests'].flatMap(readmesBelow),
];

function readmesBelow(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .map((path) => `${folder}/${path.replaceAll('\\', '/')}`)
    .filter((path) => path.endsWith('/README.md'))
    .sort();
}

export function readReadme(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** The blocks of one README, or of all. */
export function blocks(paths: readonly string[] = READMES): Block[] {
  return paths.flatMap((path) =>
    [...readReadme(path).matchAll(/^( *)```(\w+)\n(.*?)^ *```$/gms)].map(
      ([, indent = '', language = '', text = '']) => ({
        path,
        language,
        text: text.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
      }),
    ),
  );
}

/**
 * The one block of a README that has this text, or matches.
 *
 * @throws Error unless there is exactly one
 */
export function findBlock(path: string, part: string | RegExp): Block {
  const found = blocks([path]).filter(({ text }) =>
    typeof part === 'string' ? text.includes(part) : part.test(text),
  );
  const [block] = found;
  if (block && found.length === 1) return block;
  throw new Error(`${path} has ${String(found.length)} blocks with ${String(part)}`);
}

/**
 * The rows of a table, cell by cell, without its head.
 *
 * @param heading what the table's first line starts with, cells and all: `Route | Takes`
 * @throws Error unless there is exactly one
 */
export function table(path: string, heading: string): string[][] {
  const tables = readReadme(path)
    .split(/\n(?!\|)/)
    .map((part) => part.split('\n').filter((line) => line.startsWith('|')))
    .filter(([head = '']) => head.startsWith(`| ${heading} |`));
  const [lines] = tables;
  if (!lines || tables.length !== 1) {
    throw new Error(`${path} has ${String(tables.length)} tables of ${heading}`);
  }
  return lines.slice(2).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

/** What a line that starts with `#>` says that the commands above it print. */
export function promisedBy({ text }: Block): string[] {
  return [...text.matchAll(/^#> (.*)$/gm)].map(([, line = '']) => line);
}

/** What the comment after a `console.log` says that it prints. */
export function loggedBy({ text }: Block): string[] {
  return [...text.matchAll(/console\.log\(.*\/\/ (.*)$/gm)].map(([, line = '']) => line);
}
