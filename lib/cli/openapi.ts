/**
 * Writes lib/openapi.json: `npm run openapi [-- <file>]`, when lib/api.ts, lib/fields.ts or the
 * version has changed. A test tells when it is due.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { createDocument } from '../openapi.ts';
import { run } from './command.ts';

const PACKAGE = new URL('../../package.json', import.meta.url);
const DOCUMENT = fileURLToPath(new URL('../openapi.json', import.meta.url));

await run(async ([file = DOCUMENT]) => {
  const { version } = JSON.parse(await readFile(PACKAGE, 'utf8')) as { version: string };
  await writeFile(file, `${JSON.stringify(createDocument(version), null, 2)}\n`);
  return 0;
});
