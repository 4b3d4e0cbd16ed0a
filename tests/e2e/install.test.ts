/** The package in other projects, which have only its dependencies: no loader, no bundler, no network. */
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT, run, type Options } from '../support/emulator.ts';
import { linkDependencies, sharedTarball, unpackInto } from '../support/shared.ts';

const NAME = 'user-authentication-service';

let folder: string;
/** The copy of this project in which npm has compiled the library. */
let project: string;
/** A project that has unpacked the tarball. */
let withTarball: string;
/** A project that has installed the folder of the copy. */
let withFolder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'install-'));
  ({ project } = await sharedTarball());
  [withTarball, withFolder] = await Promise.all([unpack(), installFolder()]);
}, 180_000);

afterAll(() => rm(folder, { recursive: true }));

async function makeProject(name: string): Promise<string> {
  const path = join(folder, name);
  await mkdir(path);
  await writeFile(join(path, 'package.json'), '{ "type": "module" }');
  return path;
}

async function unpack(): Promise<string> {
  const consumer = await makeProject('with-tarball');
  await linkDependencies(await unpackInto(consumer));
  return consumer;
}

async function installFolder(): Promise<string> {
  const consumer = await makeProject('with-folder');
  // npm pack has compiled the library already.
  const args = ['install', '--offline', '--ignore-scripts', '--cache', join(folder, 'cache')];
  await expectDone('npm', [...args, project], { cwd: consumer });
  return consumer;
}

/** @returns the command's output */
async function expectDone(command: string, args: string[], options: Options = {}): Promise<string> {
  const { status, stdout, stderr } = await run(command, args, options).exited;
  expect({ status, stdout, stderr }).toMatchObject({ status: 0 });
  return stdout;
}

const PROGRAM = `
import assert from 'node:assert/strict';
import { Auth, AuthError, DB, generateUuid, hashPassword } from '${NAME}';
import { createClient } from '${NAME}/client';
import { AuthError as Deep } from '${NAME}/lib/core/errors.js';
import { verifyPassword } from '${NAME}/lib/passwords/hash.js';

const db = new DB({ tableName: 'users', bcryptCost: 4 });
assert.match(generateUuid(), /^[0-9a-f-]{36}$/);
assert.equal(await verifyPassword('pwd', await hashPassword('pwd', 4), 4), true);
assert.equal(Deep, AuthError);
await assert.rejects(new Auth(db).registerUser('no address', 'pwd'), { name: 'AuthError', code: 'invalid_email' });

const fetch = () => Promise.resolve(Response.json({ message: 'Bienvenue' }));
console.log(await createClient({ url: 'https://api.example.com', fetch }).index());
`;

/** Each `@ts-expect-error` fails where the types say nothing. */
const TYPED_PROGRAM = `
import { Auth, AuthError, DB, DEFAULTS, hashPassword } from '${NAME}';
import type { Client, DBSettings, ErrorCode, Settings, User, UserChanges } from '${NAME}';
import { createClient, type Result } from '${NAME}/client';
import { checkPassword } from '${NAME}/lib/passwords/hash.js';

const settings: DBSettings = { tableName: 'users', passwordMinLength: 8 };
const auth: Auth = new Auth(new DB(settings), { bcryptCost: 4 } satisfies Partial<Settings>);
const user: User = await auth.registerUser('ann@example.com', 'a password');
const client: Client = { ip: '192.0.2.1' };
const session: string | null = await auth.logIn(user.email, 'a password', client);
const changes: UserChanges = { session_id: null };
const code: ErrorCode = new AuthError('email_taken', 'text').code;
const hash: string = await hashPassword('a password', DEFAULTS.bcryptCost);
const profile: Result<'GET /profile'> = await createClient({ url: '' }).getProfile();
checkPassword('a password');
console.log(session, changes, code, hash, profile.ok && profile.email);
// @ts-expect-error A field is missing.
await auth.registerUser('ann@example.com');
// @ts-expect-error There is no such code.
new AuthError('no_such_code', 'text');
// @ts-expect-error There is no such setting.
new DB({ tableName: 'users', size: 1 });
// @ts-expect-error There is no such route.
type None = Result<'GET /nothing'>;
`;

describe('the package', () => {
  it.each([
    ['its tarball', () => withTarball],
    ['its folder', () => withFolder],
  ])('runs in plain Node, installed from %s', async (_, consumer) => {
    const path = join(consumer(), 'program.mjs');
    await writeFile(path, PROGRAM);
    const env = { NODE_OPTIONS: '', AWS_REGION: 'us-east-1' };
    expect(await run(process.execPath, [path], { env }).exited).toMatchObject({
      status: 0,
      stdout: "{ ok: true, message: 'Bienvenue' }\n",
      stderr: '',
    });
  });

  it('has types for a strict project', async () => {
    await writeFile(join(withTarball, 'program.ts'), TYPED_PROGRAM);
    const compilerOptions = {
      ...{ strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true },
      ...{ module: 'nodenext', target: 'es2023', noEmit: true },
      // The SDK's own types do not compile without those of Node.
      ...{ skipLibCheck: true, types: ['node'] },
      typeRoots: [join(ROOT, 'node_modules', '@types')],
    };
    const config = JSON.stringify({ compilerOptions, files: ['program.ts'] });
    await writeFile(join(withTarball, 'tsconfig.json'), config);
    const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
    await expectDone(process.execPath, [tsc, '--project', withTarball]);
  }, 180_000);

  it('has in dist/ what was just compiled of the library and the client', async () => {
    const names = await readdir(join(withTarball, 'node_modules', NAME, 'dist'));
    expect(names).toEqual(expect.arrayContaining(['index.js', 'index.d.ts', 'client', 'users']));
    expect(names.filter((name) => /^(?:cli|deploy|emulator|stale\.js)$/.test(name))).toEqual([]);
  });
});

describe('npm run prepare', () => {
  let installed: string;

  beforeAll(async () => {
    installed = join(folder, 'without-typescript');
    await cp(join(ROOT, 'lib/deploy'), join(installed, 'lib/deploy'), { recursive: true });
  });

  const prepare = (env: Record<string, string | undefined>) =>
    run(process.execPath, [join(installed, 'lib/deploy/compile.mjs')], { env }).exited;

  it('lets an installation without development dependencies pass', async () => {
    expect(await prepare({ NODE_ENV: 'production' })).toMatchObject({
      status: 0,
      stderr: 'TypeScript is not installed: dist/ was not compiled\n',
    });
  });

  it('fails where TypeScript should be installed', async () => {
    const { status, stderr } = await prepare({ NODE_ENV: undefined });
    expect({ status, stderr }).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('typescript'),
    });
  });
});
