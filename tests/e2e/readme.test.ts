/**
 * Every block of code in every README, run as it stands. What cannot be run here is listed with the
 * reason, and what it names must exist.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copyProject, copyUnbundled, ROOT, runServerless } from '../support/emulator.ts';
import { blocks, findBlock, loggedBy, promisedBy, type Block } from '../support/readme.ts';
import { readServerless } from '../support/serverless.ts';
import {
  linkDependencies,
  sharedEmulator,
  unpackInto,
  type SharedEmulator,
} from '../support/shared.ts';

const run = promisify(execFile);

const API = 'handlers/README.md';
const CLI = 'lib/cli/README.md';
const GUIDE = 'lib/deploy/README.md';

/** Each of them is run, or compared with what is run, below. */
const CHECKED = {
  firstSteps: findBlock('README.md', 'amy@example.com -d password'),
  page: findBlock('README.md', 'URLSearchParams'),
  shortClient: findBlock('README.md', 'createClient'),
  authorizer: findBlock('README.md', 'functionArn'),
  shortLibrary: findBlock('README.md', 'new Auth'),
  story: findBlock(API, 'Bienvenue'),
  otherOrigin: findBlock(API, 'opaqueredirect'),
  resetPage: findBlock(API, 'reset_password`'),
  verificationPage: findBlock(API, 'email_verification`'),
  wholeAuthorizer: findBlock(API, 'functionArn'),
  authorized: findBlock(API, 'event.requestContext'),
  library: findBlock('lib/README.md', 'new Auth'),
  libraryEnvironment: findBlock('lib/README.md', 'node example.mjs'),
  operators: findBlock(CLI, 'users -- show'),
  usersImport: findBlock(CLI, 'users:import'),
  usersExport: findBlock(CLI, 'users:export'),
  client: findBlock('lib/client/README.md', 'createClient'),
};

const ON_AWS = 'It changes an AWS account. tests/e2e/template.test.ts checks what it would deploy.';
const BY_TESTS_LIB = 'tests/lib/readmes.test.ts compares the settings with serverless.yml.';

/** What is not run here, and why. */
const NOT_RUN: [Block, why: string][] = [
  [findBlock('README.md', 'npm start'), 'It installs. Every other test of tests/e2e/ starts it.'],
  [findBlock('README.md', 'npm test'), 'It installs, and it is what runs this test.'],
  [findBlock('README.md', 'return_to'), 'tests/browser/injection.test.ts opens such a link.'],
  [findBlock('README.md', 'serverless deploy'), ON_AWS],
  [findBlock('README.md', 'prod:'), BY_TESTS_LIB],
  [findBlock(API, '--lambdaPort'), 'tests/e2e/authorizer.test.ts starts both services so.'],
  [
    findBlock('tests/example-app/README.md', 'serve.mjs'),
    'tests/browser/example-app.test.ts starts the three so.',
  ],
  [findBlock('lib/README.md', 'flowchart'), 'It is a picture.'],
  [findBlock('lib/README.md', 'sequenceDiagram'), 'It is a picture.'],
  [findBlock(CLI, '"Version"'), 'tests/lib/cli/users.test.ts compares it with the calls.'],
  [findBlock('lib/mail/README.md', 'npm start'), 'tests/e2e/mail.test.ts starts it so.'],
  [findBlock('lib/mail/README.md', 'delete-suppressed-destination'), ON_AWS],
  [
    findBlock('lib/emulator/README.md', 'npm start'),
    'tests/e2e/emulator.test.ts gives settings so.',
  ],
  [findBlock(GUIDE, 'tableDeletionPolicy: Retain'), BY_TESTS_LIB],
  [findBlock(GUIDE, 'passwordResetPage:'), 'tests/e2e/deploy-refused.test.ts gives these, too.'],
  [findBlock(GUIDE, 'npm run smoke'), 'tests/e2e/smoke.test.ts runs it on the emulator.'],
  ...[
    ...['create-email-identity', /^npx serverless deploy --stage prod$/m, 'create-api-mapping'],
    ...['git switch', 'delete-route-settings', 'restore-table-to-point-in-time'],
    ...['users:export', 'create-backup'],
    ...['receive-message', 'lambda invoke', 'warm-throughput', 'serverless remove'],
  ].map((part): [Block, string] => [findBlock(GUIDE, part), ON_AWS]),
];

/** Where it stands, and its first line. */
function titleOf({ path, text }: Block): string {
  return `${path}, ${text.split('\n')[0] ?? ''}`;
}

/** Its users are those of the READMEs, whom no other file uses. */
let emulator: SharedEmulator;
let folder: string;
/** A copy of the project, for what writes files where it is run. */
let copy: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'readme-'));
  copy = join(folder, 'copy');
  await copyProject(copy);
  emulator = await sharedEmulator('response');
  // Tells curl and fetch where the emulator of this test listens: the lines stay as they are.
  const { port } = new URL(emulator.url);
  await writeFile(join(folder, '.curlrc'), `connect-to = "localhost:3000:localhost:${port}"\n`);
  await writeFile(
    join(folder, 'redirect.mjs'),
    `const { fetch } = globalThis;
globalThis.fetch = (url, init) => fetch(url.replace('localhost:3000', 'localhost:${port}'), init);\n`,
  );
});

afterAll(() => rm(folder, { recursive: true }));

/** @returns what it prints, line by line */
async function shell({ text }: Block, cwd = folder, env: NodeJS.ProcessEnv = {}) {
  const { stdout } = await run('bash', ['-euc', text], {
    cwd,
    env: { ...process.env, CURL_HOME: folder, ...env },
  });
  return stdout.trimEnd().split('\n');
}

describe('the blocks of code', () => {
  it('are all run by a test, or named with the reason why not', () => {
    const known = [...Object.values(CHECKED), ...NOT_RUN.map(([block]) => block)];
    const sort = (list: Block[]) => list.map((block) => JSON.stringify(block)).sort();
    expect(sort(known)).toEqual(sort(blocks()));
  });

  const notRun = NOT_RUN.map(([block, why]) => ({ ...block, why, title: titleOf(block) }));

  it.each(notRun)('name only what exists: $title', async ({ path, language, text, why }) => {
    for (const [file] of why.matchAll(/tests\/[\w/.-]*\w/g)) {
      await expect(
        readFile(join(ROOT, file)).catch((error: unknown) => error),
        `${path}: ${file}`,
      ).resolves.not.toMatchObject({ code: 'ENOENT' });
    }
    if (language !== 'sh') return;
    // The syntax.
    await run('bash', ['-nc', text]);

    const { scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    for (const [, name = ''] of text.matchAll(/npm (?:run )?(?:-s )?(start|test|[\w:]+)/g)) {
      if (name !== 'ci') expect(Object.keys(scripts)).toContain(name);
    }

    const { service, functions, params } = readSettings();
    for (const [, name] of text.matchAll(/--param="(\w+)=/g)) {
      expect(Object.keys(params.default)).toContain(name);
    }
    for (const [, name] of text.matchAll(/--stack-name (\S+)/g))
      expect(name).toBe(`${service}-prod`);
    const files = ['serverless.yml', 'lib/deploy/table.yml', 'lib/deploy/alarms.yml'];
    const definitions = await Promise.all(files.map((each) => readFile(join(ROOT, each), 'utf8')));
    const resourceIds = definitions
      .flatMap((each) => [...each.matchAll(/^ +(\w+):\n +Type: AWS::/gm)])
      .map(([, id]) => id);
    for (const [, name] of text.matchAll(/--logical-resource-id (\S+)/g)) {
      expect(resourceIds).toContain(name);
    }
    for (const [, name = ''] of text.matchAll(/--function-name (\S+)/g)) {
      expect(Object.keys(functions).map((each) => `${service}-prod-${each}`)).toContain(name);
    }
  });

  it('give serverless commands and options that it has', async () => {
    // `npm start --` hands its options over to `serverless offline start`.
    const lines = NOT_RUN.flatMap(([{ text }]) =>
      text.replaceAll('npm start --', 'npx serverless offline start').split(/\n|&&/),
    );
    const used = new Map<string, string[]>();
    for (const line of lines) {
      const [, command, options = ''] = /npx serverless ([a-z]+(?: [a-z]+)*)(.*)/.exec(line) ?? [];
      if (command === undefined) continue;
      const given = [...options.matchAll(/--(\w+)/g)].map(([, option = '']) => option);
      used.set(command, [...(used.get(command) ?? []), ...given]);
    }
    expect([...used.keys()].sort()).toEqual(['deploy', 'offline start', 'remove']);
    const cwd = join(folder, 'unbundled');
    await copyUnbundled(cwd);
    await Promise.all(
      [...used].map(async ([command, options]) => {
        const args = [...command.split(' '), '--help'];
        const { status, stdout, stderr } = await runServerless(args, { cwd }).exited;
        expect(status, stderr).toBe(0);
        for (const option of options)
          expect(stdout, `${command} --${option}`).toContain(`--${option}`);
      }),
    );
  });
});

function readSettings() {
  return readServerless() as ReturnType<typeof readServerless> & {
    params: { default: Record<string, unknown> };
  };
}

describe('the lines for a terminal', () => {
  it('of README.md print what they say', async () => {
    const { firstSteps } = CHECKED;
    expect(promisedBy(firstSteps)).toHaveLength(4);
    expect(await shell(firstSteps)).toEqual(promisedBy(firstSteps));
  });

  it('of the story print what they say', async () => {
    const { story } = CHECKED;
    expect(promisedBy(story).length).toBeGreaterThan(10);
    expect(await shell(story)).toEqual(promisedBy(story));
  });

  it('of the story ask every endpoint', () => {
    const lines = CHECKED.story.text.replaceAll('\\\n', '').matchAll(/^.*curl .*$/gm);
    const asked = [...lines].map(([line]) => {
      const [, path = ''] = /http:\/\/localhost:3000(\/[\w/$]*)/.exec(line) ?? [];
      const [, method = line.includes(' -d ') ? 'POST' : 'GET'] = /-X (\w+)/.exec(line) ?? [];
      return `${method} ${path.replace('$ID', '{id}')}`;
    });
    const routes = Object.values(readServerless().functions).flatMap(({ events = [] }) =>
      events.map(({ httpApi }) => httpApi),
    );
    // Pages are for browsers.
    const endpoints = routes.filter((route) => route !== '*' && !route.startsWith('GET /account/'));
    expect(asked).toEqual(expect.arrayContaining(endpoints));
  });

  describe('of operators', () => {
    it('print what they should', async () => {
      const { operators } = CHECKED;
      const lines = await shell(operators, copy, emulator.dynamodbEnv);
      const [registered, refused, ...more] = promisedBy(operators).map(
        (text) => JSON.parse(text) as object,
      );
      expect(more).toEqual([]);
      const carol = { user: { email: 'carol@example.com', disabled_at: null }, audit: [] };
      const changed = { changed: true };
      const printed = lines.join('\n').split(/^(?=\{)/m);
      expect(printed.map((text) => JSON.parse(text) as unknown)).toMatchObject([
        ...[registered, carol, changed, refused],
        ...[changed, changed, { email: carol.user.email, ...changed }],
      ]);
    });

    it('import a user, and export all', async () => {
      const { usersImport, usersExport } = CHECKED;
      expect(promisedBy(usersImport)).toHaveLength(2);
      const env = emulator.dynamodbEnv;
      expect(await shell(usersImport, copy, env)).toEqual(promisedBy(usersImport));
      await shell(usersExport, copy, env);
      const exported = await readFile(join(copy, 'users.jsonl'), 'utf8');
      expect(exported).toContain('"dora@example.com"');
    });
  });
});

describe('the code of pages', () => {
  /** A page of another origin that is listed, in a browser. */
  function openPage(globals: object) {
    const origin = 'http://localhost:5173';
    const printed: string[] = [];
    const answers: Response[] = [];
    let cookie = '';
    const fetch = async (url: string, init: RequestInit = {}) => {
      const isIncluded = init.credentials === 'include';
      const response = await globalThis.fetch(
        url.replace('https://api.example.com', emulator.url),
        {
          redirect: 'manual',
          ...init,
          headers: { origin, ...(isIncluded && cookie !== '' && { cookie }) },
        },
      );
      // Else the browser would not let the page read it.
      expect(response.headers.get('access-control-allow-origin')).toBe(origin);
      if (isIncluded) {
        expect(response.headers.get('access-control-allow-credentials')).toBe('true');
        const [set] = response.headers.getSetCookie();
        cookie = set?.split(';')[0] ?? cookie;
      }
      answers.push(response);
      return response;
    };
    const console = { log: (text: string) => printed.push(text) };
    const context = { fetch, console, URLSearchParams, ...globals };
    return {
      answers,
      printed,
      run: ({ text }: Block) =>
        runInNewContext(`(async () => {${text}})()`, context) as Promise<void>,
    };
  }

  const post = async (path: string, fields: Record<string, string>) => {
    const body = new URLSearchParams(fields);
    const response = await fetch(emulator.url + path, { method: 'POST', body });
    return (await response.json()) as Record<string, string>;
  };

  it('in README.md logs in, and shows the profile', async () => {
    const page = openPage({});
    await page.run(CHECKED.page);
    expect(page.printed).toEqual(loggedBy(CHECKED.page));
    expect(page.printed).toHaveLength(1);
  });

  it('of another origin logs in and out', async () => {
    const page = openPage({ email: 'amy@example.com', password: 'aPassword' });
    await page.run(CHECKED.otherOrigin);
    expect(page.answers.map(({ status }) => status)).toEqual([200, 302]);
  });

  it('that the mails lead to sets a password, and verifies an address', async () => {
    const email = 'fay@example.com';
    await post('/users', { email, password: 'a password' });
    const { reset_token = '' } = await post('/reset_password', { email });
    const api = 'https://api.example.com';
    const hash = `#${new URLSearchParams({ email, reset_token }).toString()}`;
    const reset = openPage({ api, location: { hash }, new_password: 'another' });
    await reset.run(CHECKED.resetPage);
    expect(reset.answers.map(({ status }) => status)).toEqual([200]);
    expect(await post('/sessions', { email, password: 'another' })).toMatchObject({ email });

    const { token = '' } = await post('/email_verification', { email });
    const location = { hash: `#${new URLSearchParams({ token }).toString()}` };
    const verification = openPage({ api, location, password: 'another' });
    await verification.run(CHECKED.verificationPage);
    expect(verification.answers.map(({ status }) => status)).toEqual([200]);
  });
});

describe('the code of another API', () => {
  it('is that of the example, which other tests run', async () => {
    const example = join(ROOT, 'tests', 'example-api');
    const settings = await readFile(join(example, 'serverless.yml'), 'utf8');
    for (const { text } of [CHECKED.authorizer, CHECKED.wholeAuthorizer]) {
      for (const line of text.trimEnd().split('\n')) expect(settings.split('\n')).toContain(line);
    }
    const handler = await readFile(join(example, 'who-am-i.mjs'), 'utf8');
    expect(handler).toContain(CHECKED.authorized.text.trim());
  });
});

/** In a project that has installed the package, with what that depends on and nothing else. */
describe('the code that uses the package', () => {
  let project: string;

  beforeAll(async () => {
    project = join(folder, 'own');
    await linkDependencies(await unpackInto(project));
  }, 180_000);

  /** Saves it as the README says, and runs it by Node alone. */
  async function runNode({ text }: Block, env: NodeJS.ProcessEnv = {}) {
    await writeFile(join(project, 'example.mjs'), text);
    const NODE_OPTIONS = `--import=${pathToFileURL(join(folder, 'redirect.mjs')).href}`;
    const { stdout } = await run(process.execPath, ['example.mjs'], {
      cwd: project,
      env: { ...process.env, NODE_OPTIONS, ...env },
    });
    return stdout.trimEnd().split('\n');
  }

  it.each([
    ['the client in README.md', CHECKED.shortClient],
    ['the client', CHECKED.client],
  ])('works with %s', async (_, block) => {
    expect(loggedBy(block)).not.toEqual([]);
    expect(await runNode(block)).toEqual(loggedBy(block));
  });

  it('works with the library, given the environment that is named', async () => {
    const { library, libraryEnvironment, shortLibrary } = CHECKED;
    // Of the lines of the environment, only the address is another, as npm start prints it.
    const address = /http:\/\/127\.0\.0\.1:8000/;
    expect(libraryEnvironment.text).toMatch(address);
    const endpoint = emulator.dynamodbEnv['AWS_ENDPOINT_URL_DYNAMODB'] ?? '';
    const environment = {
      ...libraryEnvironment,
      text: libraryEnvironment.text.replace(address, endpoint),
    };
    for (const block of [library, shortLibrary]) {
      await writeFile(join(project, 'example.mjs'), block.text);
      expect(await shell(environment, project, WITHOUT_AWS)).toEqual(loggedBy(block));
    }
    expect(loggedBy(library)).toHaveLength(4);
  });
});

/** What the machine's owner may have set: the README has to name all that is needed. */
const WITHOUT_AWS = Object.fromEntries(
  Object.keys(process.env)
    .filter((name) => name.startsWith('AWS_'))
    .map((name) => [name, undefined]),
);
