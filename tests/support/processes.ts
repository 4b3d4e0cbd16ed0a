/** Helps tests that check that a process ends everything that it started. */
import { expect, vi } from 'vitest';
import { freePort } from '../../lib/emulator/ports.mjs';
import { descendants, isRunning, launchEmulator } from './emulator.ts';

/** The number of processes: the emulator, esbuild, DynamoDB Local and its guard. */
export const EMULATOR = 4;
/** The same, with npm and its shell. */
export const EMULATOR_AND_NPM = 6;

/**
 * Returns a process and all processes that it started.
 *
 * @param atLeast the number of processes once all have started
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
