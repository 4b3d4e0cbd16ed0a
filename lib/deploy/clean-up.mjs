import { stop as stopEsbuild } from 'esbuild';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

/**
 * Cleans up after serverless-esbuild. In serverless.yml it has to come before serverless-esbuild.
 *
 * - serverless-esbuild copies each bundle into a folder in the system's temporary folder, and makes
 *   the zip. It then fails to delete the folder, without a word, because it deletes it like a file.
 *   So this plugin gives the process a temporary folder of its own, and deletes that at the end.
 * - If a build fails, esbuild's process goes on, and the command would never end. So it is stopped.
 */
export default class CleanUpPlugin {
  hooks = {
    'before:package:createDeploymentArtifacts': useOwnTemporaryFolder,
    'before:deploy:function:packageFunction': useOwnTemporaryFolder,
    error: stopEsbuild,
  };
}

function useOwnTemporaryFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'package-'));
  // os.tmpdir() reads TMPDIR and, on Windows, TEMP.
  process.env['TMPDIR'] = process.env['TEMP'] = folder;
  process.once('exit', () => {
    rmSync(folder, { recursive: true, force: true });
  });
}
