/**
 * Finds the Java runtime that DynamoDB Local needs, and downloads one where there is none.
 *
 * The packages that download a runtime (njre and the like) read the checksum from the server that
 * has the archive. Here it is in the source, so that nothing unexpected is ever run.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createWriteStream, existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import process from 'node:process';
import { pipeline } from 'node:stream/promises';
import { makeFolder } from './folder.mjs';

const NEEDED = 17;
const VERSION_WITHIN_MS = 10_000;
const PATIENCE_MS = 15_000;
const PARTIAL = 'partial-';
const PARTIAL_KEPT_MS = 24 * 60 * 60 * 1000;

/**
 * @typedef {object} Runtime
 * @property {string} name what it is, for people
 * @property {string} url of an archive that tar reads
 * @property {string} sha256 of the archive, in hexadecimal
 * @property {number} size of the archive, in bytes
 * @property {string} java the path of the command below the folder at the archive's top
 */

/**
 * @param {string} file the end of the archive's name
 * @param {string} sha256
 * @param {number} size
 * @param {string} java
 * @returns {Runtime}
 */
function temurin(file, sha256, size, java) {
  const url =
    'https://github.com/adoptium/temurin21-binaries/releases/download/' +
    `jdk-21.0.11%2B10/OpenJDK21U-jre_${file}`;
  return { name: 'Eclipse Temurin JRE 21.0.11+10', url, sha256, size, java };
}

/**
 * The pinned runtimes by platform.
 *
 * The checksums and sizes are from docs/metadata/vendor/temurin of github.com/joschi/java-metadata,
 * which copies those that Adoptium publishes. Each checksum was found again in an independent
 * place: those for Linux in the Dockerfiles of the official image eclipse-temurin, as
 * github.com/docker-library/repo-info records them; the others in public projects that pin the
 * same file.
 *
 * None for musl: the SQLite library of DynamoDB Local 3.3.0 is built for glibc. On musl it crashes
 * when it opens a file (x64), or does not load (arm64).
 *
 * @type {Readonly<Record<string, Runtime>>}
 */
export const RUNTIMES = {
  'linux-x64': temurin(
    'x64_linux_hotspot_21.0.11_10.tar.gz',
    'e5038aae3ca9ff670bc696496b0728dbd23d280026bad30291cb919221ecfdcb',
    52_099_793,
    'bin/java',
  ),
  'linux-arm64': temurin(
    'aarch64_linux_hotspot_21.0.11_10.tar.gz',
    'fa23d9d9945053e67bcc7638410eabf1e17a7672c7c95a24f70cd08b8407d36e',
    51_184_429,
    'bin/java',
  ),
  'darwin-x64': temurin(
    'x64_mac_hotspot_21.0.11_10.tar.gz',
    'b341fb8ed5b70d49066b98176bc98e30f55082192403deb60e0cd5948b6e7923',
    42_129_623,
    'Contents/Home/bin/java',
  ),
  'darwin-arm64': temurin(
    'aarch64_mac_hotspot_21.0.11_10.tar.gz',
    '4b7a8cd23102c251c8b8be42a9a5f1263fb337cf1037f6f64b25f3070efe4b76',
    48_149_317,
    'Contents/Home/bin/java',
  ),
  'win32-x64': temurin(
    'x64_windows_hotspot_21.0.11_10.zip',
    'be26677aaa20b39a62edcaab4c8857a8b76673b0f45abc0b6143b142b62717e4',
    49_005_708,
    'bin/java.exe',
  ),
};

/**
 * @typedef {object} JavaOptions
 * @property {NodeJS.ProcessEnv} [env] where to look for Java and for the cache; process.env by default
 * @property {Runtime | undefined} [runtime] what to download; the pinned one by default
 * @property {Pick<NodeJS.WriteStream, 'write'> & { isTTY?: boolean }} [output] gets the progress;
 *   standard error by default
 * @property {number} [patienceMs] how long the server may send nothing
 */

/**
 * Returns the Java command to try first, without a look at its version, which takes time.
 *
 * @param {NodeJS.ProcessEnv} env
 */
export function installedJava({ JAVA_HOME: home }) {
  return home ? join(home, 'bin', 'java') : 'java';
}

/**
 * Finds Java 17 or later: that of JAVA_HOME, else that of PATH, else the pinned runtime in the
 * cache, which is downloaded when it is not there yet.
 *
 * @param {JavaOptions} [options]
 * @returns {Promise<string>} the command
 * @throws {Error} whose message says in one line where it looked and what failed
 */
export async function findJava(options = {}) {
  const { env = process.env, output = process.stderr, patienceMs = PATIENCE_MS } = options;
  /** @type {Record<string, string>} */
  const commands = { ...(env['JAVA_HOME'] && { JAVA_HOME: installedJava(env) }), PATH: 'java' };
  const found = [];
  for (const [place, command] of Object.entries(commands)) {
    const version = await versionOf(command, env);
    if (version !== undefined && version >= NEEDED) return command;
    found.push(
      `${place} has ${version === undefined ? 'no Java that runs' : `Java ${String(version)}`}`,
    );
  }
  const because = found.join(', ');
  const key = platform();
  const runtime = 'runtime' in options ? options.runtime : RUNTIMES[key];
  if (runtime === undefined) throw new Error(`${because}; no download is offered for ${key}`);

  const cache = cacheFolder(env);
  const folder = join(cache, `java-${runtime.sha256.slice(0, 16)}`);
  const java = join(folder, runtime.java);
  if (!existsSync(java)) {
    try {
      await download(runtime, { cache, folder, java, because, output, patienceMs });
    } catch (error) {
      throw new Error(`${because}; ${describe(error)}`, { cause: error });
    }
  }
  if ((await versionOf(java, env)) === undefined) {
    throw new Error(`${because}; the downloaded one does not run: delete ${folder} to try again`);
  }
  return java;
}

/**
 * Returns the major version of a Java command, undefined when it does not run.
 *
 * @param {string} command
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<number | undefined>}
 */
function versionOf(command, env) {
  return new Promise((fulfil) => {
    const options = { env, timeout: VERSION_WITHIN_MS, windowsHide: true };
    execFile(command, ['-version'], options, (error, _stdout, stderr) => {
      // Java 8 calls itself 1.8.
      const major = /version "(?:1\.)?(\d+)/.exec(stderr)?.[1];
      fulfil(error || major === undefined ? undefined : Number(major));
    });
  });
}

/** Returns this machine's key in RUNTIMES. */
function platform() {
  const key = `${process.platform}-${process.arch}`;
  return process.platform === 'linux' && !hasGlibc() ? `${key}-musl` : key;
}

function hasGlibc() {
  // Otherwise the report looks up the names of all connected hosts.
  Object.assign(process.report, { excludeNetwork: true });
  const { header } = /** @type {{ header: object }} */ (process.report.getReport());
  return 'glibcVersionRuntime' in header;
}

/**
 * Returns the folder for downloaded runtimes: DYNAMODB_LOCAL_JAVA_CACHE, else one of the platform.
 *
 * @param {NodeJS.ProcessEnv} env
 */
function cacheFolder(env) {
  const given = env['DYNAMODB_LOCAL_JAVA_CACHE'];
  if (given) return given;
  return join(userCache(env), 'user-authentication-service');
}

/** @param {NodeJS.ProcessEnv} env */
function userCache(env) {
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches');
  const name = process.platform === 'win32' ? 'LOCALAPPDATA' : 'XDG_CACHE_HOME';
  const given = env[name];
  // A relative one is to be ignored: https://specifications.freedesktop.org/basedir/latest/
  if (given && isAbsolute(given)) return given;
  return process.platform === 'win32'
    ? join(homedir(), 'AppData', 'Local')
    : join(homedir(), '.cache');
}

/**
 * Downloads a runtime into the cache. The folder appears at once and complete, so that another
 * process never sees half of it.
 *
 * @param {Runtime} runtime
 * @param {{ cache: string, folder: string, java: string, because: string,
 *   output: NonNullable<JavaOptions['output']>, patienceMs: number }} options
 */
async function download(runtime, { cache, folder, java, because, output, patienceMs }) {
  const partial = await makePartial(cache);
  try {
    const archive = join(partial, 'archive');
    const size = `${(runtime.size / 1e6).toFixed(1)} MB`;
    await receive(runtime, archive, patienceMs, {
      begins: () => {
        output.write(
          `DynamoDB Local needs Java ${String(NEEDED)} or later (${because}): ` +
            `downloading ${runtime.name}, ${size}, into ${cache}\n`,
        );
      },
      has: (percent) => {
        if (output.isTTY) output.write(`\r${String(percent)} % of ${size}`);
      },
      ends: () => {
        if (output.isTTY) output.write('\n');
      },
    });
    const tree = join(partial, 'tree');
    await mkdir(tree);
    await unpack(archive, tree);
    const top = (await readdir(tree)).find((name) => existsSync(join(tree, name, runtime.java)));
    if (top === undefined) throw new Error(`${runtime.url} has no ${runtime.java}`);
    try {
      await rename(join(tree, top), folder);
    } catch (error) {
      // Another process was faster.
      if (!existsSync(java)) throw error;
    }
    output.write('Java is ready: the next start needs no download.\n');
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

/**
 * Creates a folder for a download, and deletes those of processes that were killed.
 *
 * @param {string} cache
 */
async function makePartial(cache) {
  try {
    await makeFolder(cache);
    for (const name of await readdir(cache)) {
      if (!name.startsWith(PARTIAL)) continue;
      const path = join(cache, name);
      const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Infinity }));
      if (mtimeMs < Date.now() - PARTIAL_KEPT_MS) await rm(path, { recursive: true, force: true });
    }
    return await mkdtemp(join(cache, PARTIAL));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    const problem = `the folder ${cache} for a download cannot be written (${code})`;
    throw new Error(`${problem}: choose another DYNAMODB_LOCAL_JAVA_CACHE`, { cause: error });
  }
}

/**
 * Downloads an archive and checks it.
 *
 * @param {Runtime} runtime
 * @param {string} file
 * @param {number} patienceMs
 * @param {{ begins: () => void, has: (percent: number) => void, ends: () => void }} progress
 * @throws {Error} unless the file is the expected one
 */
async function receive({ name, url, sha256, size }, file, patienceMs, progress) {
  const { host } = new URL(url);
  const stalled = new AbortController();
  const stall = () => {
    stalled.abort(new Error(`nothing came for ${String(patienceMs / 1000)} s`));
  };
  let timer = setTimeout(stall, patienceMs);
  const hash = createHash('sha256');
  let received = 0;
  let percent = -1;
  try {
    const { ok, status, body } = await fetch(url, { signal: stalled.signal });
    if (!ok || body === null) throw new Error(`the answer was ${String(status)}`);
    progress.begins();
    await pipeline(
      body,
      /** @param {AsyncIterable<Uint8Array>} chunks */
      async function* (chunks) {
        for await (const chunk of chunks) {
          clearTimeout(timer);
          timer = setTimeout(stall, patienceMs);
          received += chunk.length;
          if (received > size) break;
          hash.update(chunk);
          const now = Math.floor((100 * received) / size);
          if (now > percent) progress.has((percent = now));
          yield chunk;
        }
      },
      createWriteStream(file, { flags: 'wx' }),
    );
  } catch (error) {
    throw new Error(
      `the download of ${name} from ${host} failed: ${describe(error)}; ` +
        'behind a proxy, set NODE_USE_ENV_PROXY=1 and HTTPS_PROXY for Node 22.21 or later',
      { cause: error },
    );
  } finally {
    clearTimeout(timer);
    // Closes the connection if an answer was not read to its end.
    stalled.abort();
    if (percent >= 0) progress.ends();
  }
  const digest = hash.digest('hex');
  if (received !== size || digest !== sha256) {
    const came = received > size ? 'more bytes' : `${String(received)} bytes`;
    throw new Error(
      `the download of ${name} from ${host} has the wrong checksum and was deleted: ` +
        `${came} with SHA-256 ${digest}, expected ${String(size)} with ${sha256}`,
    );
  }
}

/**
 * @param {string} archive
 * @param {string} into
 * @returns {Promise<void>}
 */
function unpack(archive, into) {
  // That of Windows reads zip. PATH may have another first, which does not, and takes C: for a host.
  const tar =
    process.platform === 'win32'
      ? join(process.env['SystemRoot'] ?? 'C:\\Windows', 'System32', 'tar.exe')
      : 'tar';
  const args = ['-x', '-o', '-f', archive, '-C', into];
  return new Promise((fulfil, reject) => {
    execFile(tar, args, { windowsHide: true }, (error) => {
      if (error === null) fulfil();
      else
        reject(new Error(`tar does not unpack the download: ${describe(error)}`, { cause: error }));
    });
  });
}

/**
 * Returns one line about an error. What fetch throws has the reason in its cause, and that of two
 * refused addresses has a code alone.
 *
 * @param {unknown} error
 * @returns {string}
 */
function describe(error) {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof TypeError && error.cause instanceof Error) return describe(error.cause);
  const code = 'code' in error ? String(error.code) : error.name;
  return (error.message || code).trim().replaceAll(/\s*\n\s*/g, ' ');
}
