/** What `npm start` promises. */
import { mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { Agent, get, request, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
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
      '  POST   /profile/deletion',
      '  POST   /email_verification',
      '  PUT    /email_verification',
      '  PUT    /email',
      '  GET    /account/{page}',
      'Table: user-authentication-local',
      expect.stringMatching(/^DynamoDB: http:\/\/127\.0\.0\.1:\d+$/),
      expect.stringMatching(/^Mailbox: http:\/\/localhost:\d+$/),
      `Pages: ${emulator.url}/account/sign-in`,
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

  it('refuses a page that gave itself the address of DynamoDB', async () => {
    const endpoint = String(emulator.dynamodbEnv['AWS_ENDPOINT_URL_DYNAMODB']);
    // DynamoDB asks for a signature.
    expect((await ask(endpoint, {}, 'POST', '{}')).status).toBe(400);
    for (const headers of [{ host: 'evil.example:8000' }, { origin: 'https://evil.example' }]) {
      expect((await ask(endpoint, headers, 'POST', '{}')).status).toBe(403);
    }
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

/** Sends a request with any headers: fetch sets some of them itself. */
async function ask(url: string, headers: Record<string, string>, method = 'GET', body = '') {
  const asked = request(url, { method, headers });
  asked.end(body);
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  return { status: answer.statusCode, headers: answer.headers, body: await text(answer) };
}

describe('an emulator, as API Gateway does,', () => {
  const NOT_FOUND = '{"message":"There is nothing here","code":"not_found"}';
  let url: string;

  beforeAll(async () => {
    ({ url } = await sharedEmulator('response'));
  });

  it('knows no route of HEAD, and none with a slash at its end', async () => {
    for (const path of ['/', '/profile', '/profile?a=/']) {
      expect((await ask(url + path, {}, 'HEAD')).status).toBe(404);
    }
    for (const [method, path] of [
      ['GET', '/profile/'],
      ['GET', '/profile/?a=b'],
      ['POST', '/users/'],
      ['DELETE', '/sessions/'],
    ] as const) {
      expect(await ask(url + path, {}, method)).toMatchObject({ status: 404, body: NOT_FOUND });
    }
    expect((await ask(`${url}/?a=/`, {})).status).toBe(200);
  });

  it('gives each request an id', async () => {
    const ids = await Promise.all(
      Array.from({ length: 5 }, async () => (await ask(url, {})).headers['x-request-id']),
    );
    expect(new Set(ids).size).toBe(5);
  });

  it('passes a body on as it was sent: JSON in a string is no object', async () => {
    const json = { 'content-type': 'application/json' };
    const object = JSON.stringify({ email: freshEmail(), password: 'pwd' });
    for (const body of [JSON.stringify(object), 'false', '1', '\ufeff{}']) {
      expect(await ask(`${url}/users`, json, 'POST', body)).toMatchObject({ status: 400 });
    }
    expect((await ask(`${url}/users`, json, 'POST', object)).status).toBe(200);
  });

  it('says of what it refuses itself no more than a message', async () => {
    const large = 'x'.repeat(10 * 1024 * 1024 + 1);
    for (const [received, status, message] of [
      [await ask(`${url}/%zz`, {}), 400, 'Bad Request'],
      [await ask(`${url}/users`, {}, 'POST', large), 413, 'Request Entity Too Large'],
    ] as const) {
      expect(received).toMatchObject({ status, body: JSON.stringify({ message }) });
      expect(received.headers['content-type']).toBe('application/json');
    }
  });
});

describe('an emulator refuses', () => {
  const FORBIDDEN = { status: 403, body: '{"message":"Forbidden"}' };

  it('a page that gave itself the address of this machine', async () => {
    const { url, lambda, output } = await sharedEmulator('email');
    const mailbox = /^Mailbox: (.*)$/m.exec(output)?.[1] ?? expect.fail('no mailbox');
    for (const server of [url, lambda, mailbox]) {
      const host = `evil.example:${new URL(server).port}`;
      const headers = { 'content-type': 'application/json', host };
      expect(await ask(server, headers, 'POST', '{}')).toMatchObject(FORBIDDEN);
    }
  });

  it('pages at the Lambda port, also a preflight', async () => {
    const { lambda } = await sharedEmulator('response');
    const url = `${lambda}/2015-03-31/functions/user-authentication-local-index/invocations`;
    const json = { 'content-type': 'application/json' };
    const event = JSON.stringify({ requestContext: { requestId: 'x' } });
    expect((await ask(url, json, 'POST', event)).status).toBe(200);
    const origin = 'http://localhost:5173';
    for (const [method, headers] of [
      ['POST', { ...json, origin }],
      ['POST', { 'content-type': 'text/plain' }],
      ['POST', {}],
      ['OPTIONS', { origin, 'access-control-request-method': 'POST' }],
    ] as const) {
      const received = await ask(url, headers, method, method === 'POST' ? event : '');
      expect(received).toMatchObject(FORBIDDEN);
      expect(Object.keys(received.headers).join()).not.toContain('access-control');
    }
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
