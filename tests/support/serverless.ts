/** Reads serverless.yml and the file of the table, without resolving their variables. */
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
  params: Record<string, Record<string, unknown>>;
  provider: { runtime: string; environment: Record<string, unknown> };
  functions: Record<
    string,
    {
      handler: string;
      events?: { httpApi: string }[];
      role: string;
      memorySize: number;
      timeout: number;
      environment?: Record<string, unknown>;
    }
  >;
  custom: { allowedHeaders: string; esbuild: BuildSettings };
}

interface TableFile {
  Resources: { UsersTable: { Properties: TableProperties } };
}

function read(file: string): unknown {
  const text = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
  return parse(text, { merge: true });
}

export function readServerless(): Serverless {
  return read('serverless.yml') as Serverless;
}

export function tableProperties(): TableProperties {
  return (read('lib/deploy/table.yml') as TableFile).Resources.UsersTable.Properties;
}
