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

/** What no function needs: the library's face, the contract, operators, the client, and tools. */
const UNUSED =
  /^lib\/(?:(?:auth|db|index)\.ts$|api\/(?:contract|openapi)|(?:operators|client|deploy|emulator|cli)\/)/;

describe('what no function needs', () => {
  it('is in no bundle', () => {
    const files = [...new Set(Object.values(outputs).flatMap(({ inputs }) => Object.keys(inputs)))];
    const held = files.filter((file) => holding(file).length > 0);
    expect(held.filter((file) => UNUSED.test(file))).toEqual([]);
    // The paths are those that UNUSED compares with.
    expect(held).toEqual(expect.arrayContaining(['lib/app.ts', 'lib/db/table.ts']));
  });
});
