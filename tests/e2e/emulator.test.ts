/** What `npm start` promises. */
import { mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { Agent, get } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { freePort } from '../../lib/emulator/dynamodb-local.mjs';
import {
  copyProject,
  descendants,
  isRunning,
  npmStart,
  ROOT,
  run,
  runServerless,
  startEmulator,
  type Emulator,
  type Options,
} from '../support/emulator.ts';
import { packageInto } from '../support/package.ts';

const ANN = new URLSearchParams({ email: 'ann@example.com', password: 'a password' });

let folder: string;

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'emulator-')));
});

afterAll(() => rm(folder, { recursive: true }));

function post(emulator: Emulator, path: string, body: URLSearchParams): Promise<Response> {
  return fetch(new URL(path, emulator.url), { method: 'POST', body });
}

/** The emulator's processes: its own, esbuild's, DynamoDB Local's and that one's guard. */
function processesOf(pid: number): number[] {
  const pids = [pid, ...descendants(pid)];
  expect(pids.length).toBeGreaterThanOrEqual(4);
  return pids;
}

async function expectAllGone(pids: number[]): Promise<void> {
  await eventually(() => expect(pids.filter(isRunning)).toEqual([]));
}

/** Soon on an idle machine. */
async function eventually(assertion: () => void | Promise<void>): Promise<void> {
  await vi.waitFor(assertion, { timeout: 30_000, interval: 100 });
}

describe('a running emulator', () => {
  let project: string;
  let emulator: Emulator;

  const start = () =>
    startEmulator({ cwd: project, env: { DYNAMODB_LOCAL_PATH: join(folder, 'data', 'here') } });
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
    project = join(folder, 'project');
    await copyProject(project);
    emulator = await start();
  });

  afterAll(() => emulator.stop());

  it('has printed the routes, the table, where DynamoDB is and, at last, its URL', () => {
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

  it('passes answers on as the functions gave them', async () => {
    expect((await post(emulator, '/users', ANN)).status).toBe(200);
    const response = await post(emulator, '/sessions', ANN);
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

  it('answers requests side by side', async () => {
    // As many logins of one user as may be wrong.
    const requests = Array.from({ length: 5 }, () => post(emulator, '/sessions', ANN));
    const answers = await Promise.all(requests);
    expect(answers.map(({ status }) => status)).toEqual(Array(5).fill(200));
  });

  it('leaves room for another one, on the same DynamoDB', async () => {
    const { AWS_ENDPOINT_URL_DYNAMODB } = emulator.dynamodbEnv;
    const other = await startEmulator({ env: { AWS_ENDPOINT_URL_DYNAMODB } });
    try {
      expect(other.dynamodbEnv).toEqual(emulator.dynamodbEnv);
      // Its own and esbuild's: none for a DynamoDB.
      expect(descendants(other.pid)).toHaveLength(1);
      expect((await post(other, '/sessions', ANN)).status).toBe(200);
    } finally {
      await other.stop();
    }
    expect((await post(emulator, '/sessions', ANN)).status).toBe(200);
  });

  it('runs changed code', async () => {
    await edit('handlers/index.ts', (text) => text.replaceAll('Bienvenue', 'Salut'));
    await eventually(async () => expect((await index()).body).toEqual({ message: 'Salut' }));
    await edit('lib/http.ts', (text) => text.replace('no-store', 'no-cache'));
    await eventually(async () =>
      expect((await index()).headers.get('cache-control')).toBe('no-cache'),
    );
  });

  it('outlives functions that fail, and answers 500 for them', async () => {
    const code = await readFile(join(project, 'handlers/index.ts'), 'utf8');
    const failed = { status: 500, body: { message: 'Internal Server Error' } };
    const json = "import { json } from '../../lib/http.ts';\n";
    const becomes = async (changed: string, answer: object) => {
      await edit('handlers/index.ts', () => changed);
      await eventually(async () => expect(await index()).toMatchObject(answer));
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
    // The request that crashed the function is given up when the function's time is.
    expect(await index()).toMatchObject(failed);
    expect(await index()).toMatchObject({ status: 200, body: { message: 'not yet' } });

    await edit('handlers/index.ts', () => '}');
    await eventually(() => expect(seen()).toContain('Unexpected "}"'));
    await becomes(code, { status: 200 });
    for (const text of ['at import', 'at call', 'unheard', 'crash']) {
      expect(seen()).toContain(`Error: ${text}`);
    }
    // Where it is in the source, not in the bundle.
    expect(seen()).toMatch(/handlers\/index\.ts:1:/);
  });

  it('keeps its users in DYNAMODB_LOCAL_PATH, and leaves nothing running', async () => {
    let pids = processesOf(emulator.pid);
    expect(await emulator.stop('SIGTERM')).toMatchObject({ status: 0 });
    await expectAllGone(pids);

    emulator = await start();
    expect((await post(emulator, '/sessions', ANN)).status).toBe(200);

    // A client with a connection that it would use again.
    const agent = new Agent({ keepAlive: true });
    await new Promise((resolve) => {
      get(emulator.url, { agent }, (response) => response.on('end', resolve).resume());
    });
    pids = processesOf(emulator.pid);
    expect(await emulator.stop('SIGINT')).toMatchObject({ status: 0, stderr: '' });
    await expectAllGone(pids);
    agent.destroy();
  });
});

describe('the end of an emulator', () => {
  it.concurrent('leaves nothing running: SIGKILL', async () => {
    const emulator = await startEmulator();
    const pids = processesOf(emulator.pid);
    await emulator.stop('SIGKILL');
    await expectAllGone(pids);
  });

  it.concurrent.each(['SIGTERM', 'SIGKILL'] as const)(
    'leaves nothing running: %s to npm',
    async (signal) => {
      const npm = run('npm', ['start'], {
        cwd: ROOT,
        env: { PORT: String(await freePort()) },
      });
      await npm.printed('Ready: ');
      const pids = processesOf(npm.pid);
      await npm.stop(signal);
      await expectAllGone(pids);
    },
  );

  it.concurrent('leaves nothing running in the middle of its start', async () => {
    const env = { PORT: String(await freePort()) };
    const emulator = runServerless(npmStart(), { env });
    const pids = await vi.waitFor(() => processesOf(emulator.pid), {
      timeout: 30_000,
      interval: 20,
    });
    await emulator.stop('SIGTERM');
    await expectAllGone(pids);
  });
});

describe('an emulator that cannot start says why in one sentence', () => {
  const server = createServer();
  let busy: string;

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
    busy = String((server.address() as AddressInfo).port);
    await writeFile(join(folder, 'file'), '');
  });

  afterAll(() => server.close());

  const cases: Record<string, [RegExp, Options | (() => Options)]> = {
    'without Java': [/Java 17 .* install/, () => ({ env: { PATH: folder, JAVA_HOME: undefined } })],
    'on a port in use': [/^Port \d+ .* in use: choose/, () => ({ env: { PORT: busy } })],
    'on a Lambda port in use': [
      /^Port \d+ .* in use: choose another, for example npm start -- --lambdaPort=3003/,
      () => ({ args: [...npmStart(), `--lambdaPort=${busy}`] }),
    ],
    'on a Lambda port that is none': [
      /^The option lambdaPort is "x", .* from 1 to 65535/,
      { args: [...npmStart(), '--lambdaPort=x'] },
    ],
    'on port 0': [/^PORT is "0", .* from 1 to 65535/, { env: { PORT: '0' } }],
    'on a port that is no number': [/^PORT is "http"/, { env: { PORT: 'http' } }],
    'with data where no folder can be': [
      /cannot be written .* DYNAMODB_LOCAL_PATH/,
      () => ({ env: { DYNAMODB_LOCAL_PATH: join(folder, 'file', 'data') } }),
    ],
    'with a DynamoDB that does not answer': [
      /^The DynamoDB at .* AWS_ENDPOINT_URL_DYNAMODB/,
      // The discard service's port.
      { env: { AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:9' } },
    ],
    'with a bad setting': [
      /BCRYPT_COST is "99", .* whole number/,
      { args: [...npmStart(), '--param=bcryptCost=99'] },
    ],
    'with the settings of a deployment': [
      /^The setting MAIL_FROM is ""/,
      { args: ['offline', '--stage', 'prod'] },
    ],
  };

  it.concurrent.for(Object.entries(cases))('%s', async ([, [sentence, given]]) => {
    const { env, args = npmStart() } = typeof given === 'function' ? given() : given;
    const port = String(await freePort());
    const { status, stdout, stderr } = await runServerless(args, { env: { PORT: port, ...env } })
      .exited;
    expect(stderr).toMatch(/^[A-Z][^\n]*\.\n$/);
    expect(stderr).toMatch(sentence);
    expect(stdout).toBe('');
    expect(status).toBe(1);
  });
});

const MAIL_FROM = '--param=mailFrom=no-reply@example.com';

it.concurrent.each([
  [/^The setting MAIL_FROM is "", .* address .* no-reply@example\.com/, []],
  [/^The setting PASSWORD_RESET_PAGE is "", .* URL .* https:/, [MAIL_FROM]],
  [
    /^The setting BCRYPT_COST is "3"/,
    ['--param=resetTokenDelivery=response', '--param=bcryptCost=3'],
  ],
])('a stage whose functions would not start is not deployed: %s', async (sentence, args) => {
  const deploy = runServerless(['deploy', '--stage', 'prod', ...args], {
    env: { AWS_ACCESS_KEY_ID: 'none', AWS_SECRET_ACCESS_KEY: 'none' },
  });
  const { status, stdout, stderr } = await deploy.exited;
  expect(stdout).toBe('');
  // Below what osls says it is about to do.
  expect(stderr.trimEnd().split('\n').at(-1)).toMatch(sentence);
  expect(status).toBe(1);
});

it.concurrent.each([[[]], [['--stage', 'local']]])(
  'the stage local is not deployed: %j',
  async (args) => {
    const { exited } = runServerless(['deploy', ...args], { env: { AWS_ACCESS_KEY_ID: 'none' } });
    expect(await exited).toEqual({
      status: 1,
      signal: null,
      stdout: '',
      stderr: expect.stringMatching(/^The stage "local" .* --stage prod\.\n$/),
    });
  },
);

it.each([
  ['the stage local', 'local', [], /^The stage "local" .* --stage prod\.$/],
  [
    'settings with which no function would start',
    'prod',
    ['mailFrom=no-reply@example.com'],
    /^The setting PASSWORD_RESET_PAGE is ""/,
  ],
])('a package of %s is not deployed', async (_, stage, params, sentence) => {
  const cwd = join(folder, `package of ${stage}`);
  await packageInto(cwd, { stage, params });
  const { exited } = runServerless(['deploy', '--stage', 'prod', '--package', '.serverless'], {
    cwd,
    env: { AWS_ACCESS_KEY_ID: 'none', AWS_SECRET_ACCESS_KEY: 'none' },
  });
  const { status, stderr } = await exited;
  expect(stderr.trimEnd().split('\n').at(-1)).toMatch(sentence);
  expect(status).toBe(1);
});
