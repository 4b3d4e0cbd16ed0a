import { build } from 'esbuild';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));

/**
 * Makes the script and the style that are in each page.
 *
 * @returns the texts, their hashes for a Content-Security-Policy, and the paths of all files that they are made of
 */
export async function buildAssets() {
  const { outputFiles, metafile } = await build({
    entryPoints: { script: join(FOLDER, 'browser', 'main.ts'), style: join(FOLDER, 'style.css') },
    bundle: true,
    minify: true,
    format: 'iife',
    target: ['es2022', 'chrome111', 'firefox113', 'safari16.2'],
    charset: 'utf8',
    legalComments: 'none',
    absWorkingDir: FOLDER,
    outdir: 'unwritten',
    write: false,
    metafile: true,
  });
  /** @param {string} ending */
  const textOf = (ending) =>
    outputFiles.find(({ path }) => path.endsWith(ending))?.text.trimEnd() ?? '';
  const [script, style] = [textOf('.js'), textOf('.css')];
  return {
    assets: { script, style, scriptHash: hashOf(script), styleHash: hashOf(style) },
    files: Object.keys(metafile.inputs).map((path) => join(FOLDER, path)),
  };
}

/** @param {string} content */
function hashOf(content) {
  return `sha256-${createHash('sha256').update(content).digest('base64')}`;
}
