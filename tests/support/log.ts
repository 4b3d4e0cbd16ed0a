/** Keeps what the code under test logs for the tests, and out of their output. */

export type LogLine = Record<string, unknown>;

declare global {
  /** Global because tests that start the service anew import this module again. */
  var logged: LogLine[];
}

/** Starts a new log. From now on, log lines are kept and not shown. */
export function keepLog(): void {
  const isKept = 'logged' in globalThis;
  globalThis.logged = [];
  // A worker that runs many files calls this once for each.
  if (isKept) return;
  for (const stream of [process.stdout, process.stderr]) {
    const write = stream.write.bind(stream) as (...args: unknown[]) => boolean;
    stream.write = (text: unknown, ...rest: unknown[]): boolean => {
      // Vitest writes to these streams, too.
      if (typeof text !== 'string' || !text.startsWith('{"level"')) return write(text, ...rest);
      globalThis.logged.push(JSON.parse(text) as LogLine);
      return true;
    };
  }
}

/** Returns the lines that are logged during the action. */
export async function logOf(action: () => Promise<unknown>): Promise<LogLine[]> {
  const before = globalThis.logged.length;
  await action();
  return globalThis.logged.slice(before);
}
