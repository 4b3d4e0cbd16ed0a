/** Starts the example of another service (tests/example-api), and of a page that uses both (tests/example-app). */
import { join } from 'node:path';
import process from 'node:process';
import { vi } from 'vitest';
import { freePort } from '../../lib/emulator/ports.mjs';
import { ROOT, run, runServerless } from './emulator.ts';

export interface Running {
  url: string;
  output: () => string;
  stop: () => Promise<unknown>;
}

/**
 * Starts the API.
 *
 * @param lambda the URL at which the emulator of our service takes invocations
 * @param args added to the command line
 */
export async function startExampleApi(lambda: string, args: string[] = []): Promise<Running> {
  const [port, lambdaPort] = [String(await freePort()), String(await freePort())];
  const emulator = runServerless(
    ['offline', 'start', '--httpPort', port, '--lambdaPort', lambdaPort, ...args],
    { cwd: join(ROOT, 'tests', 'example-api'), env: { AWS_ENDPOINT_URL_LAMBDA: lambda } },
  );
  return whenReady(`http://localhost:${port}`, emulator);
}

/**
 * Starts the server of the page.
 *
 * @param url the page's, on localhost
 * @param env the URLs of the service and of the API
 */
export function startExampleApp(
  url: string,
  env: Record<'AUTH_URL' | 'API_URL', string>,
): Promise<Running> {
  const server = run(process.execPath, [join(ROOT, 'tests', 'example-app', 'serve.mjs')], {
    env: { ...env, PORT: new URL(url).port },
  });
  return whenReady(url, server);
}

async function whenReady(url: string, started: ReturnType<typeof run>): Promise<Running> {
  const output = () => started.output() + started.stderr();
  try {
    await vi.waitFor(() => fetch(url), { timeout: 150_000, interval: 100 });
  } catch {
    await started.stop('SIGKILL');
    throw new Error(`Nothing answers at ${url}:\n${output()}`);
  }
  return { url, output, stop: () => started.stop() };
}
