/** What `serverless package` and `serverless deploy` refuse, before they ask AWS for anything. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copyUnbundled, ROOT, runServerless } from '../support/emulator.ts';
import { functionOf } from '../support/package.ts';
import { sharedPackage } from '../support/shared.ts';

const MAIL_FROM_NONE = { MAIL_FROM: '' };
const NOBODY = { AWS_ACCESS_KEY_ID: 'none', AWS_SECRET_ACCESS_KEY: 'none' };

const lastLine = (text: string) => text.trimEnd().split('\n').at(-1);

let folder: string;
let unbundled: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'deploy-'));
  unbundled = join(folder, 'unbundled');
  await copyUnbundled(unbundled);
});

afterAll(() => rm(folder, { recursive: true }));

describe('a deployment', () => {
  it.concurrent.for(['package', 'deploy', 'deploy function -f login'])(
    'is refused with a list of all settings that are wrong: serverless %s',
    async (command) => {
      const params = [
        ...['mailForm=no-reply@example.com', 'resetTokenDelivery=fax', 'bcryptCost=4'],
        ...['cookieSecure=false', 'allowedOrigins=localhost', 'requireVerifiedEmail=yes'],
        ...['passwordResetPage=http://app.example.com/reset', 'hashBurst=40', 'mailEvents=on'],
        ...['emailVerificationPage=http://localhost:5173/verify', 'tableDeletionPolicy=Keep'],
        ...['alarmEmail=ops', 'allowedHeaders=*', 'hashingConcurrency=40'],
        ...['brandColor=yellow', 'logoUrl=logo.svg', 'language=latin'],
      ].map((param) => `--param=${param}`);
      const args = [...command.split(' '), '--stage', 'prod', ...params];
      // One of them with the whole serverless.yml.
      const cwd = command === 'package' ? ROOT : unbundled;
      const { status, stdout, stderr } = await runServerless(args, { cwd, env: NOBODY }).exited;
      const wrong = [
        ...stderr.matchAll(/^The(?:re is no)? setting (\w+)(?: (?:is|has) "(.*?)",|\.$)/gm),
      ];
      expect(
        wrong.map(([, name, value]) => (value === undefined ? name : `${String(name)}=${value}`)),
      )
        // In the order of the functions' settings, what is not secure, those of the pages, and those of
        // the deployment.
        .toEqual([
          ...['mailForm', 'mailEvents=on', 'resetTokenDelivery=fax', 'mailFrom='],
          'passwordResetPage=http://app.example.com/reset',
          ...['requireVerifiedEmail=yes', 'cookieSecure=false', 'bcryptCost=4'],
          ...['emailVerificationPage=http://localhost:5173/verify', 'allowedOrigins=localhost'],
          ...['logoUrl=logo.svg', 'brandColor=yellow', 'language=latin'],
          ...['allowedHeaders=*', 'tableDeletionPolicy=Keep', 'hashBurst=40'],
          ...['hashingConcurrency=40', 'alarmEmail=ops'],
        ]);
      expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    },
  );

  it.concurrent(
    'is refused if mails would link to pages at an address that is switched off',
    async () => {
      const cwd = join(folder, 'closed');
      await copyUnbundled(cwd);
      const path = join(cwd, 'serverless.yml');
      const text = await readFile(path, 'utf8');
      const closed = text.replace(
        '\nprovider:\n',
        '\nprovider:\n  httpApi: { disableDefaultEndpoint: true }\n',
      );
      await writeFile(path, closed);
      const own = '--param=passwordResetPage=https://api.example.com/account/reset';
      const args = ['package', '--stage', 'prod', '--param=mailFrom=no-reply@example.com', own];
      const { status, stderr } = await runServerless(args, { cwd, env: NOBODY }).exited;
      expect(stderr.match(/^The setting .*$/gm)).toEqual([
        'The setting emailVerificationPage is "", and has to be a URL such as ' +
          'https://api.example.com/account/verify, as disableDefaultEndpoint is true.',
      ]);
      expect(status).toBe(1);
    },
  );

  it.concurrent(
    'is not refused for settings that are not secure beside insecure: true',
    async () => {
      const { template } = await sharedPackage({
        params: ['insecure=true', 'resetTokenDelivery=response', 'cookieSecure=false'],
        code: false,
      });
      expect(functionOf(template, 'login').Environment.Variables).toMatchObject({
        INSECURE: 'true',
        RESET_TOKEN_DELIVERY: 'response',
      });
    },
  );

  it.concurrent.for(['deploy', 'deploy --stage local'])(
    'of the stage local is refused: serverless %s',
    async (command) => {
      const { exited } = runServerless(command.split(' '), { cwd: unbundled, env: NOBODY });
      expect(await exited).toEqual({
        status: 1,
        signal: null,
        stdout: '',
        stderr: expect.stringMatching(/^The stage "local" .* --stage prod\.\n$/),
      });
    },
  );

  it.concurrent.for([
    ['the stage local', 'local', {}, /^The stage "local" .* --stage prod\.$/],
    [
      'settings with which no function would start',
      'prod',
      MAIL_FROM_NONE,
      /^The setting mailFrom is ""/,
    ],
  ] as const)('of a package of %s is refused', async ([what, stage, change, sentence]) => {
    const { project } = await sharedPackage({ stage, code: false });
    const cwd = join(folder, what);
    await cp(project, cwd, { recursive: true, verbatimSymlinks: true });
    const path = join(cwd, '.serverless', 'serverless-state.json');
    const state = JSON.parse(await readFile(path, 'utf8')) as {
      service: { provider: { environment: object } };
    };
    Object.assign(state.service.provider.environment, change);
    await writeFile(path, JSON.stringify(state));
    const args = ['deploy', '--stage', 'prod', '--package', '.serverless'];
    const { status, stderr } = await runServerless(args, { cwd, env: NOBODY }).exited;
    expect(lastLine(stderr)).toMatch(sentence);
    expect(status).toBe(1);
  });
});

describe('a command of serverless that calls AWS', () => {
  it('does not print what the AWS SDK says about the version of Node', async () => {
    const env = {
      ...NOBODY,
      AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: undefined,
    };
    const { exited } = runServerless(['info', '--stage', 'prod'], { cwd: unbundled, env });
    const { status, stdout, stderr } = await exited;
    expect(stdout + stderr).toContain('ECONNREFUSED');
    expect(stdout + stderr).not.toContain('NodeVersionSupportWarning');
    expect(status).toBe(1);
  });
});
