import { execFile } from 'node:child_process';
import process from 'node:process';
import { promisify } from 'node:util';

const POLL_MS = 500;

/**
 * Calls back once the process that started this one has ended. A process that ends by SIGKILL cannot
 * pass the signal on.
 *
 * @param {() => void} callback
 */
export function whenOrphaned(callback) {
  const parent = process.ppid;
  /** @type {number | undefined} */
  let npm;
  void pidOfNpm(parent).then((pid) => (npm = pid));
  const timer = setInterval(() => {
    if (process.ppid === parent && (npm === undefined || isAlive(npm))) return;
    clearInterval(timer);
    callback();
  }, POLL_MS).unref();
}

/**
 * Returns the process id of npm, if npm started this process through a shell. The shell outlives npm.
 *
 * @param {number} parent
 */
async function pidOfNpm(parent) {
  if (process.env['npm_lifecycle_event'] === undefined) return undefined;
  try {
    const args = ['-o', 'ppid=,comm=', '-p', String(parent)];
    const { stdout } = await promisify(execFile)('ps', args);
    const [, ppid] = /^\s*(\d+)\s+(?:.*\/)?(?:ba|da)?sh\s*$/.exec(stdout) ?? [];
    return ppid === undefined ? undefined : Number(ppid);
  } catch {
    return undefined; // The system has no `ps`.
  }
}

/** @param {number} pid */
export function isAlive(pid) {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
