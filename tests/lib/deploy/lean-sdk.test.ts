import { build, type BuildFailure, type BuildOptions, type Plugin } from 'esbuild';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import lean, { REPLACEMENTS } from '../../../lib/deploy/lean-sdk.mjs';
import { ROOT } from '../../support/emulator.ts';

const CLIENTS = ['dynamodb', 'lambda', 'sesv2'];

const replacementsFor = (client: string) =>
  REPLACEMENTS.filter(({ clients = CLIENTS }) => clients.includes(client));

const complaintOf = (file: string) =>
  `lib/deploy/lean-sdk.mjs: the replacement of ${file} no longer applies: `;

/** Bundles, and returns the errors. */
function errorsOf(options: BuildOptions): Promise<string[]> {
  return build({
    bundle: true,
    platform: 'node',
    mainFields: ['module', 'main'],
    write: false,
    outdir: 'unwritten',
    logLevel: 'silent',
    ...options,
  }).then(
    () => [],
    (error: unknown) => (error as BuildFailure).errors.map(({ text }) => text),
  );
}

const importOf = (...clients: string[]) => ({
  contents: clients
    .map((client) => `export * as ${client} from '@aws-sdk/client-${client}';`)
    .join('\n'),
  resolveDir: ROOT,
});

/** Gives modules another name, and the same contents. */
function rename(files: string[]): Plugin {
  const paths = files.map((file) => file.replaceAll('.', '\\.').replace('\\.\\.\\.', '.*'));
  const isRenamed = new RegExp(`/(${paths.join('|')})$`);
  // Modules import each other by the name of a file, without .js, or by that of a folder.
  const names = files.map((file) =>
    file
      .replace(/(\/index)?\.js$/, '')
      .split('/')
      .at(-1),
  );
  return {
    name: 'rename',
    setup: (builder) => {
      const filter = new RegExp(`(${names.join('|')})$`);
      builder.onResolve({ filter }, async ({ path, pluginData, kind, importer, resolveDir }) => {
        if (pluginData === 'resolving') return undefined;
        const args = { kind, importer, resolveDir, pluginData: 'resolving' };
        const resolved = await builder.resolve(path, args);
        if (!isRenamed.test(resolved.path)) return resolved;
        return { path: `${resolved.path}.renamed`, namespace: 'renamed' };
      });
      builder.onLoad({ filter: /\.renamed$/, namespace: 'renamed' }, async ({ path }) => {
        const original = path.replace(/\.renamed$/, '');
        return {
          contents: await readFile(original, 'utf8'),
          loader: original.endsWith('.json') ? 'json' : 'js',
          resolveDir: dirname(original),
        };
      });
    },
  };
}

describe('lean-sdk', () => {
  it('applies to the installed clients', async () => {
    expect(await errorsOf({ stdin: importOf(...CLIENTS), plugins: lean })).toEqual([]);
  });

  it('asks for nothing in a bundle without a client', async () => {
    const stdin = { contents: 'export default 1;' };
    expect(await errorsOf({ stdin, plugins: lean })).toEqual([]);
  });

  it.each(CLIENTS)(
    'fails the build if client-%s is bundled, and a module to replace has another name',
    async (client) => {
      const files = replacementsFor(client).map(({ file }) => file);
      const renamed = rename(files.map((file) => file.replace('{client}', client)));
      const errors = await errorsOf({ stdin: importOf(client), plugins: [renamed, ...lean] });
      const why = `@aws-sdk/client-${client} is bundled without that module`;
      expect(errors).toEqual(files.map((file) => complaintOf(file) + why));
    },
  );

  it('fails the build if one of two clients is bundled without the module', async () => {
    const renamed = rename(['@aws-sdk/client-lambda/package.json']);
    const stdin = importOf('lambda', 'sesv2');
    expect(await errorsOf({ stdin, plugins: [renamed, ...lean] })).toEqual([
      `${complaintOf('@aws-sdk/client-{client}/package.json')}@aws-sdk/client-lambda is bundled without that module`,
    ]);
  });

  it.each(
    CLIENTS.flatMap((client) => replacementsFor(client).map(({ file }) => ({ client, file }))),
  )(
    'fails the build of client-$client if the contents of $file are unexpected',
    async ({ client, file }) => {
      const folder = await mkdtemp(join(tmpdir(), 'lean-sdk-'));
      onTestFinished(() => rm(folder, { recursive: true }));
      const name = file.replace('...', 'dist-es').replace('{client}', client);
      const path = join(folder, 'node_modules', name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, file.endsWith('.json') ? '{}' : 'export const made = "up";');
      const [error] = await errorsOf({ entryPoints: [path], plugins: lean });
      expect(error).toContain(`${complaintOf(file)}${path}: `);
      expect(error).toMatch(/does not export \w+$|changes nothing in it$|has no version$/);
    },
  );
});
