/** The client against the service, and as the package exports it. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createClient } from '../../lib/client/client.ts';
import { ROOT, run } from '../support/emulator.ts';
import { freshEmail, sharedEmulator, unpackInto } from '../support/shared.ts';

const ANN = { email: freshEmail('ann'), password: 'pwd' };

let url: string;
let folder: string;

beforeAll(async () => {
  ({ url } = await sharedEmulator('response'));
  folder = await mkdtemp(join(tmpdir(), 'client-'));
});

afterAll(() => rm(folder, { recursive: true }));

describe('the client', () => {
  it('goes through the whole life of an account', async () => {
    const client = createClient({ url });
    expect(await client.index()).toEqual({ ok: true, message: 'Bienvenue' });
    const { email, password } = ANN;
    expect(await client.registerUser(ANN)).toEqual({ ok: true, email, message: 'user created' });
    expect(await client.registerUser(ANN)).toMatchObject({ ok: false, status: 400 });
    expect(await client.getProfile()).toMatchObject({ ok: false, status: 403 });

    expect(await client.login({ email, password: 'wrong' })).toEqual({
      ok: false,
      status: 401,
      message: 'Wrong email or password',
      code: 'wrong_credentials',
      requestId: expect.any(String),
    });
    expect(await client.login(ANN)).toEqual({ ok: true, email, message: 'logged in' });
    expect(await client.getProfile()).toEqual({ ok: true, email });

    // Several sessions of one user, each in a client of its own.
    const [second, third] = [createClient({ url }), createClient({ url })];
    expect([await second.login(ANN), await third.login(ANN)]).toMatchObject([
      { ok: true },
      { ok: true },
    ]);
    const listed = await client.listSessions();
    const sessions = listed.ok ? listed.sessions : expect.fail(listed.message);
    expect(sessions).toHaveLength(3);
    const { id } = sessions.find(({ current }) => !current) ?? expect.fail('no other');
    expect(await client.endSession({ id })).toEqual({ ok: true, message: 'session ended' });
    expect(await client.endSession({ id })).toMatchObject({ ok: false, status: 404 });
    expect((await client.endOtherSessions()).ok).toBe(true);
    expect([(await second.getProfile()).ok, (await third.getProfile()).ok]).toEqual([false, false]);

    const goesOn = createClient({ url, session_id: client.session_id });
    expect(await goesOn.getProfile()).toEqual({ ok: true, email });
    const change = { password, new_password: 'new' };
    expect(await client.changePassword(change)).toMatchObject({ ok: true, email });
    expect((await goesOn.getProfile()).ok).toBe(false);
    expect(await client.getProfile()).toEqual({ ok: true, email });

    expect(await client.logout()).toEqual({ ok: true });
    expect(client.session_id).toBeUndefined();
    expect(await client.logout()).toMatchObject({ ok: false, status: 403 });

    const asked = await client.requestPasswordReset({ email });
    if (!asked.ok || !('reset_token' in asked)) return expect.fail('no token');
    const reset = { email, reset_token: asked.reset_token, new_password: 'newer' };
    expect((await client.updatePassword(reset)).ok).toBe(true);
    expect(await client.updatePassword(reset)).toMatchObject({ ok: false, status: 403 });

    expect((await client.login({ email, password: 'newer' })).ok).toBe(true);
    expect((await client.endAllSessions()).ok).toBe(true);
    expect(client.session_id).toBeUndefined();
    expect((await client.login({ email, password: 'newer' })).ok).toBe(true);
    expect(await client.deleteUser({ password: 'wrong' })).toMatchObject({ status: 403 });
    expect(await client.deleteUser({ password: 'newer' })).toEqual({
      ok: true,
      email,
      message: 'user deleted',
    });
    expect(client.session_id).toBeUndefined();
  });

  it('tells when to retry after too many attempts', async () => {
    const client = createClient({ url });
    const guess = { email: freshEmail('guessed'), password: 'guess' };
    for (let n = 0; n < 5; n++) expect(await client.login(guess)).toMatchObject({ status: 401 });
    // The first wait is a second: on a busy machine it may be over. Each is twice as long.
    const refused = await vi.waitUntil(async () => {
      const result = await client.login(guess);
      return !result.ok && result.status === 429 && result;
    }, 120_000);
    expect(refused).toMatchObject({ ok: false, retryAfterSeconds: expect.any(Number) });
  });

  it('tells that the service cannot be reached', async () => {
    const client = createClient({ url: 'http://127.0.0.1:9' });
    expect(await client.index()).toMatchObject({ ok: false, status: null });
  });
});

/** What its users write; each `@ts-expect-error` would be one if the types said nothing. */
const CONSUMER = `
import { createClient, type Client, type Result } from 'user-authentication-service/client';

const client: Client = createClient({ url: process_url() });
declare function process_url(): string;

const login: Result<'POST /sessions'> = await client.login({ email: 'a', password: 'b' });
if (login.ok) {
  const message: 'logged in' = login.message;
  console.log(login.email satisfies string, message);
} else if (login.status === null) {
  console.log(login.cause);
} else {
  const status: 400 | 401 | 403 | 413 | 415 | 429 | 500 | 503 = login.status;
  console.log(status, login.retryAfterSeconds satisfies number | undefined);
}
const profile = await client.getProfile({ signal: new AbortController().signal });
if (profile.ok) console.log(profile.email);

const sessions = await client.listSessions();
if (sessions.ok) {
  for (const { id, user_agent } of sessions.sessions) {
    console.log(user_agent satisfies string | null);
    await client.endSession({ id });
  }
}
// @ts-expect-error A field is missing.
await client.login({ email: 'a' });
// @ts-expect-error There is no such field.
await client.registerUser({ email: 'a', password: 'b', admin: 'true' });
// @ts-expect-error It may have been refused.
console.log(profile.email);
// @ts-expect-error It has no such field.
if (profile.ok) console.log(profile.id);
// @ts-expect-error It is not refused so.
if (profile.status === 401) console.log();
`;

describe('the package', () => {
  beforeAll(async () => {
    await unpackInto(folder);
    await writeFile(join(folder, 'consumer.ts'), CONSUMER);
    await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  });

  it('has a client that plain Node runs, with nothing else installed', async () => {
    const email = freshEmail('ben');
    const script = `
      import { createClient } from 'user-authentication-service/client';
      const client = createClient({ url: '${url}' });
      const ben = { email: '${email}', password: 'pwd' };
      await client.registerUser(ben);
      await client.login(ben);
      console.log(await client.getProfile(), await client.logout());
    `;
    const node = run(process.execPath, ['--input-type=module', '--eval', script], { cwd: folder });
    expect(await node.exited).toMatchObject({
      status: 0,
      stdout: `${inspect({ ok: true, email })} { ok: true }\n`,
      stderr: '',
    });
  });

  it('has a client that imports nothing', async () => {
    const path = join(
      folder,
      'node_modules',
      'user-authentication-service',
      'dist',
      'client',
      'client.js',
    );
    expect(await readFile(path, 'utf8')).not.toMatch(/\b(?:import|require|process|Buffer)\b/);
  });

  // All types of the package are checked once. Those of TypeScript and of Node would take most of the time.
  it.concurrent.each([
    [
      'a front end',
      [
        ...['--module', 'esnext', '--moduleResolution', 'bundler', '--lib', 'es2022,dom'],
        '--skipDefaultLibCheck',
      ],
    ],
    ['Node', ['--module', 'nodenext', '--lib', 'es2022', '--types', 'node', '--skipLibCheck']],
  ])('has types for %s', async (_, options) => {
    const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
    const typeRoots = join(ROOT, 'node_modules', '@types');
    const args = ['--noEmit', '--strict', '--target', 'es2022', '--typeRoots', typeRoots];
    const check = run(process.execPath, [tsc, ...args, ...options, 'consumer.ts'], { cwd: folder });
    expect(await check.exited).toMatchObject({ status: 0, stdout: '' });
  });

  it('has its other files in their places', async () => {
    const script = `
      import { readFile } from 'node:fs/promises';
      const url = import.meta.resolve('user-authentication-service/lib/auth.ts');
      console.log((await readFile(new URL(url), 'utf8')).includes('class Auth'));
    `;
    const node = run(process.execPath, ['--input-type=module', '--eval', script], { cwd: folder });
    expect(await node.exited).toMatchObject({ status: 0, stdout: 'true\n' });
  });
});
