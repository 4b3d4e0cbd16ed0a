declare global {
  /** What has been started, by its name. */
  var startedOnce: Map<string, Promise<Stoppable>> | undefined;
}

interface Stoppable {
  stop: () => Promise<void>;
}

/**
 * Starts something once for all projects of a run: each project loads its global setup anew. All
 * projects end together, so the first `stop` stops it, and later ones do nothing.
 *
 * @param name the same in each project
 */
export function startOnce<T extends Stoppable>(name: string, start: () => Promise<T>): Promise<T> {
  const all = (globalThis.startedOnce ??= new Map());
  const started = (all.get(name) as Promise<T> | undefined) ?? start().then(stoppedOnce);
  all.set(name, started);
  return started;
}

function stoppedOnce<T extends Stoppable>(started: T): T {
  let stopped: Promise<void> | undefined;
  return { ...started, stop: () => (stopped ??= started.stop()) };
}
