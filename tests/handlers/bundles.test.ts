/** The bundles of the functions hold only the code of ours that they need. */
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

/** Returns the handlers whose bundles hold code of the file. */
const holding = (file: string) =>
  Object.values(outputs)
    .filter(({ inputs }) => (inputs[file]?.bytesInOutput ?? 0) > 0)
    .map(({ entryPoint }) => entryPoint)
    .sort();

describe('the list of common passwords', () => {
  it('is only in the bundles of functions that set a password', () => {
    expect(holding('lib/passwords/common-passwords.ts')).toEqual([
      'handlers/change-password.ts',
      'handlers/register-user.ts',
      'handlers/update-password.ts',
    ]);
  });
});

describe('the key of imported passwords', () => {
  it('is only in the environment of functions that verify a password', () => {
    const { provider, functions } = readServerless();
    expect(provider.environment).not.toHaveProperty('IMPORTED_PASSWORD_KEY');
    const having = Object.values(functions)
      .filter(({ environment = {} }) => 'IMPORTED_PASSWORD_KEY' in environment)
      .map(({ handler }) => handler.replace(/\.handler$/, '.ts'));
    expect(having.sort()).toEqual(holding('lib/passwords/verify.ts'));
    expect(having).toHaveLength(5);
  });
});

/** What no function needs: the public classes, the contract, operators, the client and tools. */
const UNUSED =
  /^lib\/(?:(?:auth|db|index)\.ts$|api\/(?:contract|openapi)|(?:operators|client|deploy|emulator|cli)\/)/;

describe('code that no function needs', () => {
  it('is in no bundle', () => {
    const files = [...new Set(Object.values(outputs).flatMap(({ inputs }) => Object.keys(inputs)))];
    const held = files.filter((file) => holding(file).length > 0);
    expect(held.filter((file) => UNUSED.test(file))).toEqual([]);
    // Shows that the paths have the form that UNUSED expects.
    expect(held).toEqual(expect.arrayContaining(['lib/app.ts', 'lib/db/table.ts']));
  });
});
