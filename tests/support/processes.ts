/** What the tests of a process's end ask about the processes that it started. */
import { expect, vi } from 'vitest';
import { freePort } from '../../lib/emulator/dynamodb-local.mjs';
import { descendants, isRunning, launchEmulator } from './emulator.ts';

/** The emulator's own process, and those of esbuild, of DynamoDB Local and of its guard. */
export const EMULATOR = 4;
/** Beside these, npm and its shell. */
export const EMULATOR_AND_NPM = 6;

/**
 * Returns a process and all that it started.
 *
 * @param atLeast how many there are, once all have started
 */
export function processesOf(pid: number, atLeast: number): number[] {
  const pids = [pid, ...descendants(pid)];
  expect(pids.length).toBeGreaterThanOrEqual(atLeast);
  return pids;
}

export async function expectAllGone(pids: number[]): Promise<void> {
  await eventually(() => expect(pids.filter(isRunning)).toEqual([]));
}

/** Waits until an assertion holds. */
export async function eventually(assertion: () => void | Promise<void>): Promise<void> {
  await vi.waitFor(assertion, { timeout: 120_000, interval: 100 });
}

/** Starts an emulator, ends it once all its processes run, and waits until none is left. */
export async function endWhileStarting(npm: boolean, signal: NodeJS.Signals): Promise<void> {
  const emulator = launchEmulator({ npm, env: { PORT: String(await freePort()) } });
  const pids = await vi.waitFor(
    () => processesOf(emulator.pid, npm ? EMULATOR_AND_NPM : EMULATOR),
    { timeout: 120_000, interval: 50 },
  );
  await emulator.stop(signal);
  await expectAllGone(pids);
}
