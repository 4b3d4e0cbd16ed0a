import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  ftruncateSync,
  openSync,
  statSync,
  type BigIntStats,
} from 'node:fs';
import { codeOf, UsageError } from './command.ts';

/**
 * Opens the files that a command writes, emptied and for their owner only. Nothing is written unless
 * all of them can be, and none of them is another one or the input, by any link.
 *
 * @param paths by the name of their option
 * @returns a descriptor for each path
 * @throws UsageError
 */
export function openOutputs<Name extends string>(
  input: string,
  paths: Readonly<Record<Name, string | undefined>>,
): Partial<Record<Name, number>> {
  const used = [{ what: 'the input file', stats: statSync(input, { bigint: true }) }];
  const opened: Partial<Record<Name, number>> = {};
  try {
    for (const [name, path] of Object.entries(paths) as [Name, string | undefined][]) {
      if (path === undefined) continue;
      const descriptor = (opened[name] = open(path, name));
      const stats = fstatSync(descriptor, { bigint: true });
      const same = used.find((other) => isSame(other.stats, stats));
      if (same) {
        throw new UsageError(`The ${name} would overwrite ${same.what}: choose another --${name}.`);
      }
      used.push({ what: `the ${name}`, stats });
    }
    for (const [name, descriptor] of Object.entries(opened) as [Name, number][]) {
      if (fstatSync(descriptor).isFile()) empty(descriptor, String(paths[name]), name);
    }
    return opened;
  } catch (error) {
    for (const descriptor of Object.values<number>(opened as Record<Name, number>)) {
      closeSync(descriptor);
    }
    throw error;
  }
}

/** Opens a file without a change to it: it may turn out to be another one. */
function open(path: string, name: string): number {
  return orRefuse(path, name, () => openSync(path, constants.O_WRONLY | constants.O_CREAT, 0o600));
}

/** Closes an existing file to others before it has anything that concerns them. */
function empty(descriptor: number, path: string, name: string): void {
  orRefuse(path, name, () => {
    fchmodSync(descriptor, 0o600);
    ftruncateSync(descriptor);
  });
}

function orRefuse<T>(path: string, name: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new UsageError(`${path} cannot be written (${codeOf(error)}): choose another --${name}.`);
  }
}

function isSame(one: BigIntStats, other: BigIntStats): boolean {
  return one.dev === other.dev && one.ino === other.ino;
}
