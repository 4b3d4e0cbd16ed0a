/** What serverless.yml says, as far as it can be read without resolving its variables. */
import { readFileSync } from 'node:fs';
import type { BuildOptions } from 'esbuild';
import { parse } from 'yaml';
import type { TableProperties } from '../../lib/emulator/table.mjs';

interface Serverless {
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
  custom: { esbuild: Required<Pick<BuildOptions, 'format' | 'mainFields' | 'alias'>> };
  resources: { Resources: { UsersTable: { Properties: TableProperties } } };
}

export function readServerless(): Serverless {
  const text = readFileSync(new URL('../../serverless.yml', import.meta.url), 'utf8');
  return parse(text, { merge: true }) as Serverless;
}

export function tableProperties(): TableProperties {
  return readServerless().resources.Resources.UsersTable.Properties;
}
