/** Every way to end an emulator. `emulator.test.ts` has a sample. */
import { describe, expect, it } from 'vitest';
import { startEmulator } from '../support/emulator.ts';
import {
  EMULATOR,
  EMULATOR_AND_NPM,
  endWhileStarting,
  expectAllGone,
  processesOf,
} from '../support/processes.ts';

const ENDINGS = [
  ['the emulator', 'SIGINT'],
  ['the emulator', 'SIGTERM'],
  ['the emulator', 'SIGHUP'],
  ['the emulator', 'SIGKILL'],
  ['npm', 'SIGTERM'],
  ['npm', 'SIGKILL'],
] as const;

describe('an emulator that runs', () => {
  it.for(ENDINGS)('leaves no process behind when %s gets %s', async ([who, signal]) => {
    const npm = who === 'npm';
    const emulator = await startEmulator({ npm });
    const pids = processesOf(emulator.pid, npm ? EMULATOR_AND_NPM : EMULATOR);
    const { status } = await emulator.stop(signal);
    if (!npm && (signal === 'SIGINT' || signal === 'SIGTERM')) expect(status).toBe(0);
    await expectAllGone(pids);
  });
});

describe('an emulator that is still starting', () => {
  it.for(ENDINGS)('leaves no process behind when %s gets %s', async ([who, signal]) => {
    await endWhileStarting(who === 'npm', signal);
  });
});
