/**
 * Compiles the library and the client into dist/. npm runs it as `prepare`: after an installation in
 * this folder, and before it packs the folder, links to it or installs the package from git.
 */
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const compiler = findCompiler();
if (compiler) {
  // Files of the library that no longer exist must not be packed.
  rmSync(new URL('../../dist', import.meta.url), { recursive: true, force: true });
  const args = [compiler, '--project', 'lib/tsconfig.build.json'];
  execFileSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
} else {
  process.stderr.write('TypeScript is not installed: dist/ was not compiled\n');
}

/**
 * @returns undefined if npm was asked to leave out the development dependencies
 * @throws Error if TypeScript is missing for another reason
 */
function findCompiler() {
  try {
    return createRequire(import.meta.url).resolve('typescript/bin/tsc');
  } catch (error) {
    // npm sets it for `--omit=dev`.
    if (process.env['NODE_ENV'] === 'production') return undefined;
    throw error;
  }
}
