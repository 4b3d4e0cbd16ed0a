import { execFile, execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { startDynamoDBLocal } from '../../../lib/emulator/dynamodb-local.mjs';
import { findJava, RUNTIMES } from '../../../lib/emulator/java.mjs';

const run = promisify(execFile);

let folder: string;
let cache: string;
/** PATH without Java, and the cache. */
let env: Record<string, string>;
/** What was written to the terminal. */
let printed: string;
let output: { write: (text: string) => boolean; isTTY: boolean };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'java-'));
  cache = join(folder, 'cache', 'of', 'mine');
  await mkdir(join(folder, 'bin'));
  env = { PATH: join(folder, 'bin'), DYNAMODB_LOCAL_JAVA_CACHE: cache };
  printed = '';
  output = {
    write: (text) => {
      printed += text;
      return true;
    },
    isTTY: false,
  };
});

afterEach(() => rm(folder, { recursive: true }));

/** Writes a command that prints a version like java, or does what is given. */
async function writeJava(bin: string, version: string, script = '') {
  await mkdir(bin, { recursive: true });
  const path = join(bin, 'java');
  const text = `#!/bin/sh\n${script}\necho 'openjdk version "${version}" 2026-04-21' >&2\n`;
  await writeFile(path, text);
  await chmod(path, 0o755);
  return path;
}

const packed = new Map<string, Buffer>();

/** Packs a runtime like those of Temurin, with a command as `writeJava` makes it. */
async function packRuntime(version: string, script = ''): Promise<Buffer> {
  const key = JSON.stringify([version, script]);
  const known = packed.get(key);
  if (known) return known;
  const root = join(folder, 'pack', 'jdk-21.0.11+10-jre');
  await writeJava(join(root, 'bin'), version, script);
  // As large as a few chunks, so that it can break off in the middle.
  await writeFile(join(root, 'modules'), randomBytes(1_000_000));
  const file = join(folder, 'pack.tar.gz');
  await run('tar', ['-czf', file, '-C', join(folder, 'pack'), 'jdk-21.0.11+10-jre']);
  const archive = await readFile(file);
  packed.set(key, archive);
  return archive;
}

/** Serves an archive from loopback, as the server of the download. */
async function serve(archive: Buffer, answer?: (response: ServerResponse) => void) {
  const served = { requests: 0 };
  const server = createServer((request, response) => {
    served.requests += 1;
    if (request.url === '/moved') response.writeHead(302, { location: '/archive' }).end();
    else if (answer) answer(response);
    else response.writeHead(200, { 'content-length': archive.length }).end(archive);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => close(server));
  const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/archive`;
  const runtime = {
    name: 'Test JRE 21',
    url,
    sha256: createHash('sha256').update(archive).digest('hex'),
    size: archive.length,
    java: join('bin', 'java'),
  };
  return { runtime, served, close: () => close(server) };
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.closeAllConnections();
    server.close(() => {
      resolve();
    });
  });
}

const half = (archive: Buffer) => archive.subarray(0, archive.length / 2);

describe('findJava', () => {
  it('prefers JAVA_HOME', async () => {
    const { runtime, served } = await serve(await packRuntime('21.0.11'));
    const java = await writeJava(join(folder, 'home', 'bin'), '17');
    await writeJava(join(folder, 'bin'), '25.0.1');
    env['JAVA_HOME'] = join(folder, 'home');
    expect(await findJava({ env, runtime, output })).toBe(java);
    expect(served.requests).toBe(0);
    expect(printed).toBe('');
  });

  it.each([
    ['Java 8', '1.8.0_392'],
    ['Java 16', '16.0.2'],
    ['no Java', undefined],
  ])('uses PATH if JAVA_HOME has %s', async (_, version) => {
    const { runtime, served } = await serve(await packRuntime('21.0.11'));
    if (version !== undefined) await writeJava(join(folder, 'home', 'bin'), version);
    await writeJava(join(folder, 'bin'), '17.0.15');
    env['JAVA_HOME'] = join(folder, 'home');
    expect(await findJava({ env, runtime, output })).toBe('java');
    expect(served.requests).toBe(0);
    expect(printed).toBe('');
  });

  it('downloads a runtime where there is no Java, and says what and how large', async () => {
    const { runtime } = await serve(await packRuntime('21.0.11'));
    const java = await findJava({ env, runtime, output });
    expect((await run(java, ['-version'])).stderr).toContain('"21.0.11"');
    expect(await readdir(cache)).toEqual([`java-${runtime.sha256.slice(0, 16)}`]);
    const size = `${(runtime.size / 1e6).toFixed(1)} MB`;
    expect(printed.split('\n')).toEqual([
      'DynamoDB Local needs Java 17 or later (PATH has no Java that runs): ' +
        `downloading Test JRE 21, ${size}, into ${cache}`,
      'Java is ready: the next start needs no download.',
      '',
    ]);
  });

  it('shows the progress on a terminal', async () => {
    const { runtime } = await serve(await packRuntime('21.0.11'));
    output.isTTY = true;
    await findJava({ env, runtime, output });
    const size = `${(runtime.size / 1e6).toFixed(1)} MB`;
    expect(printed).toContain(`\r100 % of ${size}\n`);
    const percents = [...printed.matchAll(/\r(\d+) % of/g)].map(([, percent]) => Number(percent));
    expect(percents.length).toBeGreaterThan(1);
    expect(percents).toEqual([...new Set(percents)].sort((a, b) => a - b));
  });

  it.each([
    ['1.8.0_392', '8'],
    ['11.0.22', '11'],
    ['16', '16'],
  ])('downloads a runtime where Java is %s, and says why', async (version, major) => {
    const { runtime } = await serve(await packRuntime('21.0.11'));
    await writeJava(join(folder, 'bin'), version);
    env['JAVA_HOME'] = join(folder, 'nowhere');
    const java = await findJava({ env, runtime, output });
    expect(java).toContain(cache);
    expect(printed).toContain(`(JAVA_HOME has no Java that runs, PATH has Java ${major}):`);
  });

  it('needs no network the second time', async () => {
    const { runtime, close } = await serve(await packRuntime('21.0.11'));
    const java = await findJava({ env, runtime, output });
    await close();
    printed = '';
    expect(await findJava({ env, runtime, output })).toBe(java);
    expect(printed).toBe('');
  });

  it('follows a redirect', async () => {
    const { runtime, served } = await serve(await packRuntime('21.0.11'));
    const moved = { ...runtime, url: runtime.url.replace('archive', 'moved') };
    expect(await findJava({ env, runtime: moved, output })).toContain(cache);
    expect(served.requests).toBe(2);
  });

  it('works for two at once', async () => {
    const archive = await packRuntime('21.0.11');
    const waiting: ServerResponse[] = [];
    const { runtime, served } = await serve(archive, (response) => {
      waiting.push(response);
      if (waiting.length === 2) for (const each of waiting) each.end(archive);
    });
    const [one, other] = await Promise.all([
      findJava({ env, runtime, output }),
      findJava({ env, runtime, output }),
    ]);
    expect(served.requests).toBe(2);
    expect(one).toBe(other);
    expect((await run(one, ['-version'])).stderr).toContain('"21.0.11"');
    expect(await readdir(cache)).toHaveLength(1);
  });

  it.each<[string, (response: ServerResponse, archive: Buffer) => void]>([
    [
      'of the same length',
      (response, archive) => response.end(Buffer.concat([archive.subarray(0, -1), Buffer.of(7)])),
    ],
    ['that is shorter', (response, archive) => response.end(half(archive))],
    ['that does not end', (response, archive) => response.write(Buffer.concat([archive, archive]))],
  ])('deletes a download with a wrong checksum %s, and runs none of it', async (_, answer) => {
    const ran = join(folder, 'ran');
    const archive = await packRuntime('21.0.11', `echo > ${ran}`);
    const { runtime } = await serve(archive, (response) => {
      answer(response, archive);
    });
    await expect(findJava({ env, runtime, output })).rejects.toThrow(
      new RegExp(
        `^PATH has no Java that runs; the download of Test JRE 21 from 127.0.0.1:\\d+ ` +
          `has the wrong checksum and was deleted: .* bytes with SHA-256 [0-9a-f]{64}, ` +
          `expected ${String(archive.length)} with ${runtime.sha256}$`,
      ),
    );
    expect(await readdir(cache)).toEqual([]);
    expect(existsSync(ran)).toBe(false);
  });

  it('discards a download that breaks off, and starts again the next time', async () => {
    const archive = await packRuntime('21.0.11');
    let isUp = false;
    const { runtime } = await serve(archive, (response) => {
      if (isUp) response.end(archive);
      else {
        response.writeHead(200, { 'content-length': archive.length });
        response.write(half(archive), () => response.destroy());
      }
    });
    await expect(findJava({ env, runtime, output })).rejects.toThrow(
      /; the download of Test JRE 21 from 127.0.0.1:\d+ failed: [^;]+; behind a proxy, set/,
    );
    expect(await readdir(cache)).toEqual([]);
    isUp = true;
    expect(await findJava({ env, runtime, output })).toContain(cache);
  });

  it.each<[string, (response: ServerResponse, archive: Buffer) => void]>([
    ['before it answers', () => undefined],
    ['in the middle', (response, archive) => response.write(half(archive))],
  ])('gives up if the server falls silent %s', async (_, answer) => {
    const archive = await packRuntime('21.0.11');
    const { runtime } = await serve(archive, (response) => {
      answer(response, archive);
    });
    await expect(findJava({ env, runtime, output, patienceMs: 200 })).rejects.toThrow(
      /failed: nothing came for 0.2 s;/,
    );
    expect(await readdir(cache)).toEqual([]);
  });

  it('says it if there is no network, and prints nothing before', async () => {
    const { runtime, close } = await serve(await packRuntime('21.0.11'));
    await close();
    await expect(findJava({ env, runtime, output })).rejects.toThrow(/failed: .*ECONNREFUSED/);
    expect(printed).toBe('');
    expect(await readdir(cache)).toEqual([]);
  });

  it('says what the server answers in place of the archive', async () => {
    const { runtime } = await serve(await packRuntime('21.0.11'), (response) => {
      response.writeHead(404).end('Not Found');
    });
    await expect(findJava({ env, runtime, output })).rejects.toThrow(/failed: the answer was 404;/);
    expect(printed).toBe('');
  });

  it('says if the cache cannot be written, before it downloads', async () => {
    const { runtime, served } = await serve(await packRuntime('21.0.11'));
    await writeFile(join(folder, 'file'), '');
    env['DYNAMODB_LOCAL_JAVA_CACHE'] = join(folder, 'file', 'cache');
    await expect(findJava({ env, runtime, output })).rejects.toThrow(
      `PATH has no Java that runs; the folder ${join(folder, 'file', 'cache')} for a download ` +
        'cannot be written (ENOTDIR): choose another DYNAMODB_LOCAL_JAVA_CACHE',
    );
    expect(served.requests).toBe(0);
  });

  it('says if tar does not unpack the archive', async () => {
    const { runtime } = await serve(Buffer.from('an archive of another kind'));
    await expect(findJava({ env, runtime, output })).rejects.toThrow(/tar does not unpack/);
    expect(await readdir(cache)).toEqual([]);
  });

  it('says if the archive has no Java', async () => {
    const { runtime } = await serve(await packRuntime('21.0.11'));
    const other = { ...runtime, java: 'Contents/Home/bin/java' };
    await expect(findJava({ env, runtime: other, output })).rejects.toThrow(/ has no Contents/);
    expect(await readdir(cache)).toEqual([]);
  });

  it('says which folder to delete if the downloaded Java does not run', async () => {
    const { runtime } = await serve(await packRuntime('21.0.11', 'exit 1'));
    await expect(findJava({ env, runtime, output })).rejects.toThrow(
      `the downloaded one does not run: delete ${join(cache, 'java-')}`,
    );
  });

  it('says if there is no download for the platform', async () => {
    await expect(findJava({ env, runtime: undefined, output })).rejects.toThrow(
      `PATH has no Java that runs; no download is offered for ${process.platform}-${process.arch}`,
    );
  });

  it('deletes what a killed download left a day ago', async () => {
    const { runtime } = await serve(await packRuntime('21.0.11'));
    for (const name of ['partial-old', 'partial-new', 'other']) {
      await mkdir(join(cache, name), { recursive: true });
    }
    const days = 24 * 60 * 60;
    const now = Date.now() / 1000;
    for (const name of ['partial-old', 'other']) {
      await utimes(join(cache, name), now, now - 2 * days);
    }
    await findJava({ env, runtime, output });
    const names = (await readdir(cache)).filter((name) => !name.startsWith('java-'));
    expect(names.sort()).toEqual(['other', 'partial-new']);
  });

  it.runIf(process.platform === 'linux')("keeps runtimes in the user's cache folder", async () => {
    const { runtime } = await serve(await packRuntime('21.0.11'));
    const given = { PATH: join(folder, 'bin'), XDG_CACHE_HOME: join(folder, 'xdg') };
    expect(await findJava({ env: given, runtime, output })).toBe(
      join(
        join(folder, 'xdg', 'user-authentication-service'),
        `java-${runtime.sha256.slice(0, 16)}`,
        join('bin', 'java'),
      ),
    );
  });
});

it.each(Object.entries(RUNTIMES))('the runtime for %s is pinned', (platform, runtime) => {
  const [system = '', arch = ''] = platform.split('-');
  const systems: Record<string, string> = { darwin: 'mac', linux: 'linux', win32: 'windows' };
  const file = `${arch === 'arm64' ? 'aarch64' : arch}_${String(systems[system])}_hotspot`;
  expect(runtime.url).toMatch(/^https:\/\/github\.com\/adoptium\/temurin21-binaries\/releases\//);
  expect(runtime.url).toContain(`/jdk-21.0.11%2B10/OpenJDK21U-jre_${file}_21.0.11_10.`);
  expect(runtime.sha256).toMatch(/^[0-9a-f]{64}$/);
  const others = Object.values(RUNTIMES).filter((each) => each !== runtime);
  expect(others.map(({ sha256 }) => sha256)).not.toContain(runtime.sha256);
});

describe('startDynamoDBLocal', () => {
  it('starts with a downloaded runtime, and the next time without a network', async () => {
    const found = await findJava();
    const real = execFileSync('sh', ['-c', `command -v '${found}'`], { encoding: 'utf8' }).trim();
    const log = join(folder, 'log');
    const script = `echo "$*" >> '${log}'\nexec '${real}' "$@"`;
    const { runtime, served, close } = await serve(await packRuntime('', script));
    await writeJava(join(folder, 'bin'), '11.0.22', 'test "$1" = -version || exit 1');
    for (const time of [1, 2]) {
      const { endpoint, stop } = await startDynamoDBLocal({ java: { env, runtime, output } });
      const { status } = await fetch(endpoint);
      await stop();
      expect(status).toBe(400);
      const starts = (await readFile(log, 'utf8'))
        .split('\n')
        .filter((line) => line.includes('.jar'));
      expect(starts).toHaveLength(time);
      if (time === 1) await close();
    }
    expect(served.requests).toBe(1);
    expect(printed).toContain('PATH has Java 11');
  });

  it('says in one sentence what to install if there is no network', async () => {
    const { runtime, close } = await serve(await packRuntime('21.0.11'));
    await close();
    await expect(startDynamoDBLocal({ java: { env, runtime, output } })).rejects.toMatchObject({
      name: 'StartError',
      message: expect.stringMatching(
        /^DynamoDB Local needs Java 17 or later, and it did not start \(.*ECONNREFUSED.*\): install a Java runtime .*\.$/,
      ),
    });
    expect(printed).toBe('');
  });

  it('downloads nothing if the Java that is there fails for another reason', async () => {
    const { runtime, served } = await serve(await packRuntime('21.0.11'));
    const script = 'test "$1" = -version || { echo no memory >&2; exit 1; }';
    await writeJava(join(folder, 'bin'), '17.0.15', script);
    await expect(startDynamoDBLocal({ java: { env, runtime, output } })).rejects.toThrow(
      /did not start \(no memory\): install/,
    );
    expect(served.requests).toBe(0);
  });
});
