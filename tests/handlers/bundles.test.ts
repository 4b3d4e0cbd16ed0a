/** What is in the functions' bundles, less what comes from node_modules. */
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { readServerless } from '../support/serverless.ts';

describe('the list of common passwords', () => {
  it('is in the bundles of those functions alone that set a password', async () => {
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
    const holding = Object.values(outputs)
      .filter(({ inputs }) => (inputs['lib/common-passwords.ts']?.bytesInOutput ?? 0) > 0)
      .map(({ entryPoint }) => entryPoint);
    expect(holding.sort()).toEqual([
      'handlers/change-password.ts',
      'handlers/register-user.ts',
      'handlers/update-password.ts',
    ]);
  });
});
