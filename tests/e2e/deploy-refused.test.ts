/** What `serverless deploy` refuses, before it asks AWS for anything. */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../lib/emulator/settings.mjs';
import { ROOT, runServerless } from '../support/emulator.ts';
import { functionOf } from '../support/package.ts';
import { sharedPackage } from '../support/shared.ts';

const NOBODY = { AWS_ACCESS_KEY_ID: 'none', AWS_SECRET_ACCESS_KEY: 'none' };

const lastLine = (text: string) => text.trimEnd().split('\n').at(-1);

describe('a deployment', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'deploy-'));
  });

  afterAll(() => rm(folder, { recursive: true }));

  it.concurrent('is refused when the functions would not start', async () => {
    const { exited } = runServerless(['deploy', '--stage', 'prod'], { env: NOBODY });
    const { status, stdout, stderr } = await exited;
    expect(stdout).toBe('');
    // The lines before it are those in which osls says what it is about to do.
    expect(lastLine(stderr)).toMatch(
      /^The setting MAIL_FROM is "", .* address .* no-reply@example\.com/,
    );
    expect(status).toBe(1);
  });

  it.concurrent.for(['deploy', 'deploy --stage local'])(
    'of the stage local is refused: serverless %s',
    async (command) => {
      const { exited } = runServerless(command.split(' '), { env: NOBODY });
      expect(await exited).toEqual({
        status: 1,
        signal: null,
        stdout: '',
        stderr: expect.stringMatching(/^The stage "local" .* --stage prod\.\n$/),
      });
    },
  );

  it.concurrent.for([
    ['the stage local', { stage: 'local', code: false }, /^The stage "local" .* --stage prod\.$/],
    ['settings with which no function would start', {}, /^The setting MAIL_FROM is ""/],
  ] as const)('of a package of %s is refused', async ([what, options, sentence]) => {
    const { project } = await sharedPackage(options);
    const cwd = join(folder, what);
    await cp(project, cwd, { recursive: true, verbatimSymlinks: true });
    const args = ['deploy', '--stage', 'prod', '--package', '.serverless'];
    const { status, stderr } = await runServerless(args, { cwd, env: NOBODY }).exited;
    expect(lastLine(stderr)).toMatch(sentence);
    expect(status).toBe(1);
  });

  it.for([
    [/^The setting MAIL_FROM is "", .* address .* no-reply@example\.com/, {}],
    [
      /^The setting PASSWORD_RESET_PAGE is "", .* URL .* https:/,
      { MAIL_FROM: 'no-reply@example.com' },
    ],
    [/^The setting BCRYPT_COST is "3"/, { RESET_TOKEN_DELIVERY: 'response', BCRYPT_COST: '3' }],
  ] as const)(
    'checks the environment that a package gives its functions: %s',
    async ([sentence, changes]) => {
      const { template } = await sharedPackage();
      const { Variables } = functionOf(template, 'login').Environment;
      const config = loadConfig(join(ROOT, 'lib', 'config.ts'), { ...Variables, ...changes });
      await expect(config).rejects.toThrow(sentence);
    },
  );
});
