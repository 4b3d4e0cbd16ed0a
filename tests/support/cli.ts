/** The scripts of package.json that are command-line tools, as npm runs them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, run, type Exit, type Options } from './emulator.ts';

/** Starts one, on the environment of the test file. */
export function startScript(name: string, args: string[], env: Options['env'] = {}) {
  const text = readFileSync(join(ROOT, 'package.json'), 'utf8');
  const { scripts } = JSON.parse(text) as { scripts: Record<string, string> };
  const [command, ...rest] = scripts[name]?.split(' ') ?? [];
  if (command !== 'node') throw new Error(`The script ${name} is ${String(scripts[name])}`);
  return run(process.execPath, [...rest, ...args], { cwd: ROOT, env });
}

export function runScript(...args: Parameters<typeof startScript>): Promise<Exit> {
  return startScript(...args).exited;
}
