/**
 * Runs once for all end-to-end files. Starts what they share at the first use, and stops it after the last
 * file. Files get it through `shared.ts`.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import {
  freePort,
  startDynamoDBLocal,
  type DynamoDBLocal,
} from '../../lib/emulator/dynamodb-local.mjs';
import { portOf } from '../../lib/emulator/mailbox.mjs';
import { startEmulator, type Emulator } from './emulator.ts';
import { packageInto, type Package, type PackageOptions } from './package.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The URL of the server for `shared.ts`. */
    share: string;
  }
}

export type Delivery = 'response' | 'email';

/** What a file knows about an emulator that another process started. */
export interface SharedEmulator extends Pick<Emulator, 'url' | 'pid' | 'dynamodbEnv'> {
  /** What it had printed when the file asked. */
  output: string;
  /** The URL at which its functions can be invoked, as with Lambda. */
  lambda: string;
}

export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  let database: Promise<DynamoDBLocal> | undefined;
  const emulators: Partial<Record<Delivery, Promise<Emulator & { lambda: string }>>> = {};
  let folder: Promise<string> | undefined;
  const packages = new Map<string, Promise<Omit<Package, 'template'>>>();

  /** Starts an emulator as `npm start` does, but with a low cost of bcrypt and one DynamoDB for both. */
  async function start(delivery: Delivery): Promise<Emulator & { lambda: string }> {
    const port = String(await freePort());
    const { endpoint } = await (database ??= startDynamoDBLocal());
    const emulator = await startEmulator({
      env: { AWS_ENDPOINT_URL_DYNAMODB: endpoint },
      args: [
        `--param=resetTokenDelivery=${delivery}`,
        '--param=bcryptCost=4',
        `--lambdaPort=${port}`,
      ],
    });
    return { ...emulator, lambda: `http://localhost:${port}` };
  }

  async function emulator(delivery: Delivery): Promise<SharedEmulator> {
    const { url, pid, dynamodbEnv, output, lambda } = await (emulators[delivery] ??=
      start(delivery));
    return { url, pid, dynamodbEnv, output: output(), lambda };
  }

  async function make(options: PackageOptions, name: string): Promise<Omit<Package, 'template'>> {
    folder ??= mkdtemp(join(tmpdir(), 'packages-'));
    const {
      output,
      project,
      folder: made,
      templatePath,
    } = await packageInto(join(await folder, name), options);
    return { output, project, folder: made, templatePath };
  }

  /**
   * Returns what `shared.ts` asks for.
   *
   * @param asked the URL of its request
   */
  function answer(asked: URL): Promise<object> {
    const [, what, name] = asked.pathname.split('/');
    if (what === 'emulator') return emulator(name as Delivery);
    const key = asked.search;
    let made = packages.get(key);
    if (!made) {
      const options = JSON.parse(asked.searchParams.get('options') ?? '{}') as PackageOptions;
      made = make(options, String(packages.size));
      packages.set(key, made);
    }
    return made;
  }

  const server = createServer((incoming, outgoing) => {
    // Otherwise a file that computes for seconds finds its connection closed.
    outgoing.setHeader('connection', 'close');
    answer(new URL(incoming.url ?? '', 'http://localhost')).then(
      (found) => outgoing.end(JSON.stringify(found)),
      (error: unknown) => outgoing.writeHead(500).end(String(error)),
    );
  });
  // A package takes longer than some servers wait.
  server.requestTimeout = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  provide('share', `http://127.0.0.1:${String(portOf(server))}`);

  return async () => {
    server.closeAllConnections();
    server.close();
    // Emulators that did not start need no stop.
    const started = await Promise.allSettled(Object.values(emulators));
    await Promise.all(
      started.flatMap((each) => (each.status === 'fulfilled' ? [each.value.stop()] : [])),
    );
    await (await database)?.stop();
    if (folder) await rm(await folder, { recursive: true });
  };
}
