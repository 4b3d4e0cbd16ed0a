/** What serverless.yml says, as far as it can be read without resolving its variables. */
import { readFileSync } from 'node:fs';
import type { BuildOptions } from 'esbuild';
import { parse } from 'yaml';
import type { TableProperties } from '../../lib/emulator/table.mjs';

/** Less what is serverless-esbuild's alone. */
type BuildSettings = Required<
  Pick<
    BuildOptions,
    'bundle' | 'minify' | 'target' | 'platform' | 'format' | 'supported' | 'mainFields' | 'alias'
  >
>;

interface Serverless {
  service: string;
  provider: { runtime: string };
  functions: Record<
    string,
    {
      handler: string;
      events?: { httpApi: string }[];
      role: string;
      memorySize: number;
      timeout: number;
    }
  >;
  custom: { esbuild: BuildSettings };
  resources: { Resources: { UsersTable: { Properties: TableProperties } } };
}

export function readServerless(): Serverless {
  const text = readFileSync(new URL('../../serverless.yml', import.meta.url), 'utf8');
  return parse(text, { merge: true }) as Serverless;
}

export function tableProperties(): TableProperties {
  return readServerless().resources.Resources.UsersTable.Properties;
}
