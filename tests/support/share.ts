/**
 * Runs once for all files that use emulators, in e2e/ and browser/. Starts what they share at the first
 * use, and stops it after the last file. Files get it through `shared.ts`.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startDynamoDBLocal, type DynamoDBLocal } from '../../lib/emulator/dynamodb-local.mjs';
import { freePort, portOf } from '../../lib/emulator/ports.mjs';
import { copyProject, run, startEmulator, type Emulator } from './emulator.ts';
import { packageInto, type Package, type PackageOptions } from './package.ts';
import { startOnce } from './start-once.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The URL of the server for `shared.ts`. */
    share: string;
  }
}

export type Delivery = 'response' | 'email';

/** The emulators that are shared: one for each delivery, and one to which things go wrong. */
const EMULATORS = {
  response: { params: ['resetTokenDelivery=response'], env: {} },
  email: { params: ['resetTokenDelivery=email'], env: {} },
  // Users must verify their email, and no mail can be sent: nothing listens on the port.
  mute: {
    params: ['resetTokenDelivery=email', 'requireVerifiedEmail=true'],
    env: { AWS_ENDPOINT_URL_SESV2: 'http://127.0.0.1:9' },
  },
};

export type Shared = keyof typeof EMULATORS;

/** What a file knows about an emulator that another process started. */
export interface SharedEmulator extends Pick<Emulator, 'url' | 'pid' | 'dynamodbEnv'> {
  /** What it had printed when the file asked. */
  output: string;
  /** The same of standard error. */
  stderr: string;
  /** The URL at which its functions can be invoked, as with Lambda. */
  lambda: string;
}

/** The package as npm packs it. */
export interface Tarball {
  /** The copy of the project from which it was made, with its dist/. */
  project: string;
  path: string;
}

export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const { url, stop } = await startOnce('share', startShare);
  provide('share', url);
  return stop;
}

async function startShare(): Promise<{ url: string; stop: () => Promise<void> }> {
  let database: Promise<DynamoDBLocal> | undefined;
  const emulators: Partial<Record<Shared, Promise<Emulator & { lambda: string }>>> = {};
  let folder: Promise<string> | undefined;
  const packages = new Map<string, Promise<Omit<Package, 'template'>>>();
  let tarball: Promise<Tarball> | undefined;

  async function dynamodb(): Promise<string> {
    return (await (database ??= startOnce('dynamodb', startDynamoDBLocal))).endpoint;
  }

  /** Starts an emulator as `npm start` does, but with a low cost of bcrypt and one DynamoDB for both. */
  async function start(name: Shared): Promise<Emulator & { lambda: string }> {
    const port = String(await freePort());
    const { params, env } = EMULATORS[name];
    const emulator = await startEmulator({
      env: { AWS_ENDPOINT_URL_DYNAMODB: await dynamodb(), ...env },
      args: [
        ...[...params, 'bcryptCost=4'].map((param) => `--param=${param}`),
        `--lambdaPort=${port}`,
      ],
    });
    return { ...emulator, lambda: `http://localhost:${port}` };
  }

  async function emulator(name: Shared): Promise<SharedEmulator> {
    const { url, pid, dynamodbEnv, output, stderr, lambda } = await (emulators[name] ??=
      start(name));
    return { url, pid, dynamodbEnv, output: output(), stderr: stderr(), lambda };
  }

  function ownFolder(): Promise<string> {
    return (folder ??= mkdtemp(join(tmpdir(), 'packages-')));
  }

  async function make(options: PackageOptions, name: string): Promise<Omit<Package, 'template'>> {
    const {
      output,
      project,
      folder: made,
      templatePath,
    } = await packageInto(join(await ownFolder(), name), options);
    return { output, project, folder: made, templatePath };
  }

  /** Packs a copy of the project, in which npm compiles the library. */
  async function pack(): Promise<Tarball> {
    const project = join(await ownFolder(), 'packed');
    await copyProject(project);
    await mkdir(join(project, 'dist'));
    await writeFile(join(project, 'dist', 'stale.js'), '// A file that the library no longer has.');
    const { status, stdout, stderr } = await run('npm', ['pack', '--silent'], { cwd: project })
      .exited;
    if (status !== 0) throw new Error(stdout + stderr);
    return { project, path: join(project, stdout.trim()) };
  }

  /**
   * Returns what `shared.ts` asks for.
   *
   * @param asked the URL of its request
   */
  async function answer(asked: URL): Promise<object> {
    const [, what, name] = asked.pathname.split('/');
    if (what === 'emulator') return emulator(name as Shared);
    if (what === 'dynamodb') return { endpoint: await dynamodb() };
    if (what === 'tarball') return (tarball ??= pack());
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

  const stop = async () => {
    server.closeAllConnections();
    server.close();
    // Emulators that did not start need no stop.
    const started = await Promise.allSettled(Object.values(emulators));
    const exits = await Promise.all(
      started.flatMap((each) => (each.status === 'fulfilled' ? [each.value.stop()] : [])),
    );
    await (await database)?.stop();
    if (folder) await rm(await folder, { recursive: true });
    // Whatever happened to them: they end as they should.
    const bad = exits.filter(({ status }) => status !== 0);
    if (bad.length > 0) throw new Error(`An emulator ended badly:\n${bad[0]?.stderr ?? ''}`);
  };
  return { url: `http://127.0.0.1:${String(portOf(server))}`, stop };
}
