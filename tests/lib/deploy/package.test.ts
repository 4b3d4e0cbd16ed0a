/** Packages a made-up service of one function with the plugins of serverless.yml. */
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ROOT, runServerless } from '../../support/emulator.ts';

const SERVICE = `
service: made-up
provider: { name: aws, runtime: nodejs24.x }
functions: { hello: { handler: hello.handler } }
plugins:
  - ./lib/deploy/clean-up.mjs
  - serverless-esbuild
package: { individually: true }
custom: { esbuild: { bundle: true, plugins: ./lib/deploy/lean-sdk.mjs } }
`;

/** Packages it, and returns what the temporary folder holds afterwards, too. */
async function packageService(files: Record<string, string>) {
  const folder = await mkdtemp(join(tmpdir(), 'deploy-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const [project, temporary] = [join(folder, 'project'), join(folder, 'temporary')];
  await mkdir(temporary);
  for (const [path, text] of Object.entries({ 'serverless.yml': SERVICE, ...files })) {
    await mkdir(dirname(join(project, path)), { recursive: true });
    await writeFile(join(project, path), text);
  }
  for (const path of ['lib', 'node_modules']) {
    await symlink(join(ROOT, path), join(project, path));
  }
  const env = { TMPDIR: temporary, TEMP: temporary };
  const { status, stdout, stderr } = await runServerless(['package'], { cwd: project, env }).exited;
  const made = status === 0 ? await readdir(join(project, '.serverless')) : [];
  return { status, output: stdout + stderr, made, left: await readdir(temporary) };
}

// A command takes seconds, and more on a busy machine.
describe('serverless package', { timeout: 120_000 }, () => {
  it('leaves nothing in the temporary folder', async () => {
    const { output, made, left } = await packageService({ 'hello.js': 'exports.handler = 1;' });
    expect(made, output).toContain('hello.zip');
    expect(left).toEqual([]);
  });

  it('fails, and leaves nothing there, if a replacement in the SDK no longer applies', async () => {
    const { status, output, left } = await packageService({
      'hello.js': `import './made-up/@aws-sdk/core/any/partitions.js'; export const handler = 1;`,
      'made-up/@aws-sdk/core/any/partitions.js': 'export const partitions = [];',
    });
    expect(output).toContain(
      'the replacement of @aws-sdk/core/.../partitions.js no longer applies',
    );
    expect(status).toBe(1);
    expect(left).toEqual([]);
  });
});
