/** What `npm start` promises. */
import { mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { Agent, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copyProject, descendants, startEmulator, type Emulator } from '../support/emulator.ts';
import {
  EMULATOR,
  EMULATOR_AND_NPM,
  endWhileStarting,
  eventually,
  expectAllGone,
  processesOf,
} from '../support/processes.ts';
import { freshEmail, sharedEmulator } from '../support/shared.ts';

const ANN = new URLSearchParams({ email: 'ann@example.com', password: 'a password' });

const post = (url: string, path: string, body: URLSearchParams) =>
  fetch(new URL(path, url), { method: 'POST', body });

describe('a running emulator', () => {
  let folder: string;
  let project: string;
  let emulator: Emulator;

  const start = (npm: boolean) =>
    startEmulator({
      npm,
      cwd: project,
      env: { DYNAMODB_LOCAL_PATH: join(folder, 'data', 'here') },
      args: ['--param=bcryptCost=4'],
    });
  const edit = async (path: string, change: (text: string) => string) => {
    const file = join(project, path);
    const text = await readFile(file, 'utf8');
    const changed = change(text);
    expect(changed).not.toBe(text);
    await writeFile(file, changed);
  };
  const index = async () => {
    const response = await fetch(emulator.url);
    return { status: response.status, headers: response.headers, body: await response.json() };
  };

  beforeAll(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), 'emulator-')));
    project = join(folder, 'project');
    await copyProject(project);
    emulator = await start(true);
  });

  afterAll(async () => {
    await emulator.stop();
    await rm(folder, { recursive: true });
  });

  it('has printed its routes, its table, the URL of DynamoDB and, last, its own URL', () => {
    const lines = emulator.output().trimEnd().split('\n');
    expect(lines).toEqual([
      '  GET    /',
      '  POST   /users',
      '  POST   /sessions',
      '  DELETE /sessions',
      '  GET    /profile',
      '  POST   /reset_password',
      '  PUT    /reset_password',
      '  GET    /sessions',
      '  DELETE /sessions/{id}',
      '  DELETE /sessions/others',
      '  DELETE /sessions/all',
      '  PUT    /password',
      '  DELETE /profile',
      '  POST   /email_verification',
      '  PUT    /email_verification',
      '  PUT    /email',
      'Table: user-authentication-local',
      expect.stringMatching(/^DynamoDB: http:\/\/127\.0\.0\.1:\d+$/),
      `Ready: ${emulator.url}`,
    ]);
  });

  it('passes each answer on as the function gave it', async () => {
    expect((await post(emulator.url, '/users', ANN)).status).toBe(200);
    const response = await post(emulator.url, '/sessions', ANN);
    const body = await response.text();
    expect(body).toBe('{"email":"ann@example.com","message":"logged in"}');
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(response.headers.get('content-length')).toBe(String(body.length));
    const [cookie = '', ...more] = response.headers.getSetCookie();
    expect(more).toEqual([]);
    expect(cookie).toMatch(
      /^session_id=[\w.-]+; Max-Age=2592000; Path=\/; HttpOnly; SameSite=Lax$/,
    );

    const logout = await fetch(new URL('/sessions', emulator.url), {
      method: 'DELETE',
      redirect: 'manual',
      headers: { cookie },
    });
    expect(logout.status).toBe(302);
    expect(logout.headers.get('location')).toBe('/');
    expect(await logout.text()).toBe('');
  });

  it('answers several requests at the same time', async () => {
    // As many logins of one user as may be wrong.
    const requests = Array.from({ length: 5 }, () => post(emulator.url, '/sessions', ANN));
    const answers = await Promise.all(requests);
    expect(answers.map(({ status }) => status)).toEqual(Array(5).fill(200));
  });

  it('runs code that has changed', async () => {
    await edit('handlers/index.ts', (text) => text.replaceAll('Bienvenue', 'Salut'));
    await eventually(async () => expect((await index()).body).toEqual({ message: 'Salut' }));
    await edit('lib/http/answer.ts', (text) => text.replace('no-store', 'no-cache'));
    await eventually(async () =>
      expect((await index()).headers.get('cache-control')).toBe('no-cache'),
    );
  });

  it('survives functions that fail, and answers 500 for them', async () => {
    const code = await readFile(join(project, 'handlers/index.ts'), 'utf8');
    const failed = { status: 500, body: { message: 'Internal Server Error' } };
    const json = "import { json } from '../lib/http/answer.ts';\n";
    const becomes = async (changed: string, answer: object) => {
      await edit('handlers/index.ts', () => changed);
      let tries = 0;
      await eventually(async () => {
        // esbuild joins builds that overlap, and may miss a change until the file is saved again.
        if (++tries % 50 === 0) await writeFile(join(project, 'handlers/index.ts'), changed);
        expect(await index()).toMatchObject(answer);
      });
    };
    const { stderr: seen } = emulator;

    await becomes("throw new Error('at import');", failed);
    await becomes(
      `${json}export const handler = () => {
        void Promise.reject(new Error('unheard'));
        return Promise.resolve(json(200, { message: 'rejected' }));
      };`,
      { status: 200, body: { message: 'rejected' } },
    );
    await becomes("export const handler = () => { throw new Error('at call'); };", failed);
    await becomes(
      `${json}let calls = 0;
      export const handler = () => {
        if (calls++ === 0) return Promise.resolve(json(200, { message: 'not yet' }));
        setTimeout(() => { throw new Error('crash'); });
        return new Promise(() => {});
      };`,
      { status: 200, body: { message: 'not yet' } },
    );
    // The request that crashed the function fails when the function's time is over.
    expect(await index()).toMatchObject(failed);
    expect(await index()).toMatchObject({ status: 200, body: { message: 'not yet' } });

    await edit('handlers/index.ts', () => '}');
    await eventually(() => expect(seen()).toContain('Unexpected "}"'));
    await becomes(code, { status: 200 });
    for (const text of ['at import', 'at call', 'unheard', 'crash']) {
      expect(seen()).toContain(`Error: ${text}`);
    }
    // The place in the source, not in the bundle.
    expect(seen()).toMatch(/handlers\/index\.ts:1:/);
  });

  it('leaves no process behind when npm is killed, and finds its users when it starts again', async () => {
    const pids = processesOf(emulator.pid, EMULATOR_AND_NPM);
    await emulator.stop('SIGKILL');
    await expectAllGone(pids);
    emulator = await start(false);
    expect((await post(emulator.url, '/sessions', ANN)).status).toBe(200);
  });

  it('ends at Ctrl-C without a word, though a client keeps its connection, and leaves no process', async () => {
    const agent = new Agent({ keepAlive: true });
    await new Promise((resolve) => {
      get(emulator.url, { agent }, (response) => response.on('end', resolve).resume());
    });
    const pids = processesOf(emulator.pid, EMULATOR);
    expect(await emulator.stop('SIGINT')).toMatchObject({ status: 0, stderr: '' });
    await expectAllGone(pids);
    agent.destroy();
  });
});

describe('two emulators', () => {
  it('run at the same time, and share a DynamoDB that another process started', async () => {
    const [one, other] = [await sharedEmulator('response'), await sharedEmulator('email')];
    expect(other.dynamodbEnv).toEqual(one.dynamodbEnv);
    const user = new URLSearchParams({ email: freshEmail(), password: 'a password' });
    expect((await post(one.url, '/users', user)).status).toBe(200);
    for (const { url, pid } of [one, other]) {
      expect((await post(url, '/sessions', user)).status).toBe(200);
      // It has esbuild's process alone, and none for a DynamoDB.
      expect(descendants(pid)).toHaveLength(1);
    }
  });
});

// `endings.test.ts` has every other way to end an emulator.
describe('an emulator that is still starting', () => {
  it('leaves no process behind when it is ended', async () => {
    await endWhileStarting(false, 'SIGTERM');
  });
});
