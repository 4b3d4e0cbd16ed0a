/**
 * Writes lib/api/openapi.json: `npm run openapi [-- <file>]`. Run it after a change of lib/api/contract.ts,
 * lib/api/fields.ts or the version. A test fails until then.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { createDocument } from '../api/openapi.ts';
import { isEntry, run, UsageError, withHelp } from './command.ts';

const PACKAGE = new URL('../../package.json', import.meta.url);
const DOCUMENT = fileURLToPath(new URL('../api/openapi.json', import.meta.url));

const USAGE = 'Usage: npm run openapi [-- <file>]';

/** Writes the document to the file that is named, or to its place. */
export const main = withHelp(USAGE, async ([file = DOCUMENT, ...others]) => {
  if (others.length > 0 || file.startsWith('-')) throw new UsageError(USAGE);
  const { version } = JSON.parse(await readFile(PACKAGE, 'utf8')) as { version: string };
  await writeFile(file, `${JSON.stringify(createDocument(version), null, 2)}\n`);
  return 0;
});

if (isEntry(import.meta.url)) await run(main);
