/** The README's own words, run as they stand. */
import { build } from 'esbuild';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEmulator, type Emulator } from '../support/emulator.ts';
import { readServerless } from '../support/serverless.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));

let emulator: Emulator;
let folder: string;
let readme: string;

beforeAll(async () => {
  readme = await readFile(join(root, 'README.md'), 'utf8');
  folder = await mkdtemp(join(tmpdir(), 'readme-'));
  emulator = await startEmulator();
});

afterAll(async () => {
  await emulator.stop();
  await rm(folder, { recursive: true });
});

/** The fenced block in which that text stands. */
function blockWith(language: string, text: string): string {
  const blocks = [...readme.matchAll(/```(\w+)\n(.*?)```/gs)];
  const block = blocks.find(([, tag, body]) => tag === language && body?.includes(text));
  return block?.[2] ?? expect.fail(`The README has no ${language} block with ${text}`);
}

describe('README.md', () => {
  it('prints what it says, line by line', async () => {
    const story = blockWith('sh', '/reset_password');
    // curl is told where the emulator of this test listens; the lines stay as they are.
    const { port } = new URL(emulator.url);
    await writeFile(join(folder, '.curlrc'), `connect-to = "localhost:3000:localhost:${port}"\n`);
    const { stdout } = await run('bash', ['-euc', story], {
      cwd: folder,
      env: { ...process.env, CURL_HOME: folder },
    });
    const promised = [...story.matchAll(/^#> (.*)$/gm)].map(([, line]) => line);
    expect(promised.length).toBeGreaterThan(10);
    expect(stdout.trimEnd().split('\n')).toEqual(promised);
  });

  // On Bob, of the story.
  it('has commands for operators that work, and print what they should', async () => {
    const commands = blockWith('sh', 'npm run -s users -- show');
    const { stdout } = await run('bash', ['-euc', commands], {
      cwd: root,
      env: { ...process.env, ...emulator.dynamodbEnv, CURL_HOME: folder },
    });
    const carol = { user: { email: 'carol@example.com', disabled_at: null }, audit: [] };
    const promised = [...commands.matchAll(/^#> (.*)$/gm)].map(
      ([, text = '']) => JSON.parse(text) as object,
    );
    const [registered, refused] = promised;
    expect(promised).toHaveLength(2);
    const changed = { changed: true };
    expect(stdout.split(/^(?=\{)/m).map((text) => JSON.parse(text) as unknown)).toMatchObject([
      ...[registered, carol, changed, refused],
      ...[changed, changed, { email: carol.user.email, ...changed }],
    ]);
  });

  it('names files that are there', () => {
    const links = [...readme.matchAll(/\]\((?!https?:|#)([^)]+)\)/g)].map(([, path]) => path);
    const named = [...readme.matchAll(/`((?:handlers|lib|tests)\/[\w./-]+)`/g)].map(
      ([, path]) => path,
    );
    expect(links.length).toBeGreaterThan(20);
    expect(named.length).toBeGreaterThan(20);
    for (const path of [...links, ...named])
      expect(existsSync(join(root, path ?? '')), path).toBe(true);
  });

  it('has a line for every endpoint', () => {
    const story = blockWith('sh', '/reset_password');
    const asked = [...story.replaceAll('\\\n', '').matchAll(/^.*curl .*$/gm)].map(([line]) => {
      const [, path = ''] = /http:\/\/localhost:3000(\/[\w/$]*)/.exec(line) ?? [];
      const [, method = line.includes(' -d ') ? 'POST' : 'GET'] = /-X (\w+)/.exec(line) ?? [];
      return `${method} ${path.replace('$ID', '{id}')}`;
    });
    const routes = Object.values(readServerless().functions).flatMap(({ events = [] }) =>
      events.map(({ httpApi }) => httpApi),
    );
    expect(asked).toEqual(expect.arrayContaining(routes.filter((route) => route !== '*')));
  });

  it('shows of another API what its example has', async () => {
    const example = join(root, 'tests', 'example-api');
    const lines = (await readFile(join(example, 'serverless.yml'), 'utf8')).split('\n');
    for (const line of blockWith('yaml', 'functionArn').trimEnd().split('\n')) {
      expect(lines).toContain(line);
    }
    const handler = await readFile(join(example, 'who-am-i.mjs'), 'utf8');
    expect(handler).toContain(blockWith('js', 'session_handle').trim());
  });

  it('shows code that works with the client', async () => {
    const example = blockWith('ts', 'createClient');
    const outfile = join(folder, 'client.mjs');
    await build({
      stdin: { contents: example.replace('http://localhost:3000', emulator.url), loader: 'ts' },
      bundle: true,
      format: 'esm',
      alias: { 'user-authentication-service/client': join(root, 'lib', 'client.ts') },
      outfile,
    });
    const { stdout } = await run(process.execPath, [outfile]);
    const promised = [...example.matchAll(/console\.log\(.*\/\/ (.*)$/gm)].map(([, line]) => line);
    expect(promised).not.toEqual([]);
    expect(stdout.trimEnd().split('\n')).toEqual(promised);
  });

  it('shows code that works with the library', async () => {
    const example = blockWith('ts', './lib/auth.ts');
    const outfile = join(folder, 'example.mjs');
    await build({
      stdin: { contents: example, loader: 'ts', resolveDir: root },
      bundle: true,
      platform: 'node',
      format: 'esm',
      banner: {
        js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
      },
      outfile,
    });
    const { stdout } = await run(process.execPath, [outfile], {
      env: { ...process.env, ...emulator.dynamodbEnv, LOG_LEVEL: 'SILENT' },
    });
    const promised = [...example.matchAll(/console\.log\(.*\/\/ (.*)$/gm)].map(([, line]) => line);
    expect(stdout.trimEnd().split('\n')).toEqual(promised);
  });
});
