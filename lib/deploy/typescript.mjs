import { build } from 'esbuild';

/**
 * Imports TypeScript, which Node 20 does not by itself. Not by a hook, as lib/cli/typescript.mjs has
 * one: the emulator's worker threads would inherit it.
 *
 * @param {string} path
 * @returns {Promise<unknown>} the module
 */
export async function importTypeScript(path) {
  const { outputFiles } = await build({
    entryPoints: [path],
    bundle: true,
    format: 'esm',
    platform: 'node',
    write: false,
  });
  const [file] = outputFiles;
  const code = Buffer.from(file?.contents ?? []).toString('base64');
  return import(`data:text/javascript;base64,${code}`);
}
