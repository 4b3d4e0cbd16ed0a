/**
 * Lets Node run the TypeScript of this folder and of the library as it stands, without a build, as
 * Node 20 does not: `node --import ./lib/cli/typescript.mjs <file>.ts`.
 */
import { transform } from 'esbuild';
import { readFile } from 'node:fs/promises';
import { register } from 'node:module';
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';

// Node asks for the hook in a thread of its own, which loads this file too.
if (isMainThread) register(import.meta.url);

/** @type {import('node:module').LoadHook} */
export async function load(url, context, nextLoad) {
  if (!url.endsWith('.ts')) return nextLoad(url, context);
  const { code } = await transform(await readFile(fileURLToPath(url), 'utf8'), {
    loader: 'ts',
    sourcefile: url,
    sourcemap: 'inline',
  });
  return { format: 'module', source: code, shortCircuit: true };
}
