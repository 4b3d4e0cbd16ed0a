import { execFile } from 'node:child_process';
import process from 'node:process';
import { promisify } from 'node:util';

const POLL_MS = 500;

/**
 * Calls back once the process that started this one is gone, by kill -9 for example, which it
 * could not pass on.
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
 * npm puts a shell between itself and its scripts, and that would outlive it.
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
    return undefined; // A system without ps.
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
