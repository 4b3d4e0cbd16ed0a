import { build, type BuildOptions, type Metafile } from 'esbuild';
import lean from '../../lib/deploy/lean-sdk.mjs';
import { ROOT } from './emulator.ts';
import { readServerless } from './serverless.ts';

export interface Bundle {
  code: Uint8Array;
  /** The modules of which something is in it. */
  modules: string[];
  imports: Metafile['outputs'][string]['imports'];
}

/**
 * Bundles a function as serverless-esbuild does.
 *
 * @param handler as serverless.yml has it
 */
export async function bundle(handler: string, more: BuildOptions = {}): Promise<Bundle> {
  const { bundle, minify, target, platform, format, supported, mainFields, alias } =
    readServerless().custom.esbuild;
  const { outputFiles, metafile } = await build({
    ...{ bundle, minify, target, platform, format, supported, mainFields, alias, plugins: lean },
    ...{ entryPoints: [handler.replace(/\.handler$/, '.ts')], absWorkingDir: ROOT },
    ...more,
    ...{ write: false, metafile: true },
  });
  const [file] = outputFiles;
  const [output] = Object.values(metafile.outputs);
  if (!file || !output) throw new Error(`Nothing was made of ${handler}`);
  return {
    code: file.contents,
    modules: Object.entries(output.inputs).flatMap(([path, { bytesInOutput }]) =>
      bytesInOutput > 0 ? [path] : [],
    ),
    imports: output.imports,
  };
}
