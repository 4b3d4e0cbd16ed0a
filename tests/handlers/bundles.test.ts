/** What is in the functions' bundles, less what comes from node_modules. */
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { readServerless } from '../support/serverless.ts';

const { outputs } = await build({
  entryPoints: Object.values(readServerless().functions).map(({ handler }) =>
    handler.replace(/\.handler$/, '.ts'),
  ),
  bundle: true,
  platform: 'node',
  format: 'esm',
  packages: 'external',
  outdir: 'unwritten',
  write: false,
  metafile: true,
}).then(({ metafile }) => metafile);

/** The handlers in whose bundles there is something of that file. */
const holding = (file: string) =>
  Object.values(outputs)
    .filter(({ inputs }) => (inputs[file]?.bytesInOutput ?? 0) > 0)
    .map(({ entryPoint }) => entryPoint)
    .sort();

describe('the list of common passwords', () => {
  it('is in the bundles of those functions alone that set a password', () => {
    expect(holding('lib/passwords/common-passwords.ts')).toEqual([
      'handlers/change-password.ts',
      'handlers/register-user.ts',
      'handlers/update-password.ts',
    ]);
  });
});

describe('what operators do', () => {
  it('is in no bundle', () => {
    expect(holding('lib/operators/operators.ts')).toEqual([]);
    expect(holding('lib/operators/audit.ts')).toEqual([]);
    expect(holding('lib/db/table.ts')).toContain('handlers/login.ts');
  });
});
