import { build, type BuildOptions, type Metafile } from 'esbuild';
import { join } from 'node:path';
import plugins from '../../lib/deploy/bundle-plugins.mjs';
import { ROOT } from './emulator.ts';
import { readServerless } from './serverless.ts';

export interface Bundle {
  code: Uint8Array;
  /** The modules of which code is in the bundle. */
  modules: string[];
  imports: Metafile['outputs'][string]['imports'];
}

/**
 * Bundles functions as serverless-esbuild does, but all at once, so that each module is read only once.
 *
 * @param handlers the handlers as in serverless.yml
 * @returns the bundles in the order of the handlers
 */
export async function bundleAll(handlers: string[], more: BuildOptions = {}): Promise<Bundle[]> {
  const { bundle, minify, target, platform, format, supported, mainFields, alias } =
    readServerless().custom.esbuild;
  const { outputFiles, metafile } = await build({
    ...{ bundle, minify, target, platform, format, supported, mainFields, alias, plugins },
    ...{ entryPoints: handlers.map(fileOf), outdir: 'unwritten', absWorkingDir: ROOT },
    ...more,
    ...{ write: false, metafile: true },
  });
  return handlers.map((handler) => {
    const found = Object.entries(metafile.outputs).find(
      ([, { entryPoint }]) => entryPoint === fileOf(handler),
    );
    const file = outputFiles.find(({ path }) => path === join(ROOT, found?.[0] ?? ''));
    if (!found || !file) throw new Error(`Nothing was made of ${handler}`);
    const [, { inputs, imports }] = found;
    return {
      code: file.contents,
      modules: Object.entries(inputs).flatMap(([path, { bytesInOutput }]) =>
        bytesInOutput > 0 ? [path] : [],
      ),
      imports,
    };
  });
}

function fileOf(handler: string): string {
  return handler.replace(/\.handler$/, '.ts');
}

/** Bundles one function. */
export async function bundle(handler: string, more: BuildOptions = {}): Promise<Bundle> {
  const [made] = await bundleAll([handler], more);
  if (!made) throw new Error(`Nothing was made of ${handler}`);
  return made;
}
