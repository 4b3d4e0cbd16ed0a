/** Runs the command-line tools: as functions in this process, or as npm runs the scripts of package.json. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execute, type Command, type Io } from '../../lib/cli/command.ts';
import { ROOT, run, type Exit, type Options } from './emulator.ts';

/** What a command leaves behind. */
export type Result = Pick<Exit, 'status' | 'stdout' | 'stderr'>;

/**
 * Runs a command in this process.
 *
 * @param env is added to the environment of the test file; undefined removes a variable
 */
export async function runCommand(
  command: Command,
  args: string[],
  env: Options['env'] = {},
  input?: Io['input'],
): Promise<Result> {
  let stdout = '';
  let stderr = '';
  const status = await execute(command, args, {
    out: (text) => (stdout += text),
    err: (text) => (stderr += text),
    env: { ...process.env, ...env },
    ...(input && { input }),
  });
  return { status, stdout, stderr };
}

/** Starts a script as a process, in the environment of the test file. */
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
