/** Starts the emulator as `npm start` does, for the tests that speak HTTP to it. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cp, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../lib/emulator/ports.mjs';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const READY_WITHIN_MS = 150_000;

export interface Options {
  /** Added to the environment; undefined takes a variable out. */
  env?: Record<string, string | undefined> | undefined;
  /** Added to the command line. */
  args?: string[];
  /** The project's folder: a copy, where a test changes files. */
  cwd?: string | undefined;
  /** Whether npm runs it, as it does for a user. */
  npm?: boolean;
}

export interface Exit {
  status: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface Emulator {
  url: string;
  pid: number;
  /** What it has printed so far. */
  output: () => string;
  /** The same of standard error. */
  stderr: () => string;
  /** For code that uses the emulator's table itself. */
  dynamodbEnv: Record<string, string>;
  exited: Promise<Exit>;
  /** Ends it, if it runs. */
  stop: (signal?: NodeJS.Signals) => Promise<Exit>;
}

/**
 * Starts the emulator on a free port, and waits until it says that it is ready.
 *
 * @throws Error with all that it printed, when it ends instead
 */
export async function startEmulator(options: Options = {}): Promise<Emulator> {
  const url = `http://localhost:${String(await freePort())}`;
  const emulator = launchEmulator({ ...options, env: { PORT: new URL(url).port, ...options.env } });
  const late = setTimeout(() => void emulator.stop('SIGKILL'), READY_WITHIN_MS);
  await Promise.race([emulator.printed(`Ready: ${url}\n`), emulator.exited]);
  clearTimeout(late);
  const output = emulator.output();
  const endpoint = /^DynamoDB: (.*)$/m.exec(output)?.[1];
  const table = /^Table: (.*)$/m.exec(output)?.[1];
  if (!output.includes('Ready:') || endpoint === undefined || table === undefined) {
    const { status, signal, stderr } = await emulator.stop('SIGKILL');
    throw new Error(`No emulator (${String(status ?? signal)}):\n${output}\n${stderr}`);
  }
  return {
    ...emulator,
    url,
    dynamodbEnv: {
      AWS_ENDPOINT_URL_DYNAMODB: endpoint,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      TABLE_NAME: table,
    },
  };
}

/** Starts the emulator, and waits for nothing. */
export function launchEmulator({ args = [], npm = false, cwd = ROOT, env }: Options) {
  return npm
    ? run('npm', ['--silent', 'start', '--', ...args], { cwd, env: { ...NEUTRAL, ...env } })
    : runServerless([...npmStart(), ...args], { cwd, env });
}

/** Copies what of the project runs: to change files there, or not to meet others who write them. */
export async function copyProject(to: string): Promise<void> {
  for (const path of ['handlers', 'lib', 'package.json', 'serverless.yml', 'tsconfig.json']) {
    await cp(join(ROOT, path), join(to, path), { recursive: true });
  }
  await symlink(join(ROOT, 'node_modules'), join(to, 'node_modules'));
}

/**
 * The same, but nothing is bundled: the code of each function is some file. Commands take half the
 * time, settings are checked alike, and templates differ in the names of the zips alone.
 */
export async function copyUnbundled(to: string): Promise<void> {
  await copyProject(to);
  const path = join(to, 'serverless.yml');
  const whole = await readFile(path, 'utf8');
  const text = whole
    .replace('\n  - serverless-esbuild\n', '\n')
    .replace('\n  individually: true\n', '\n  artifact: package.json\n');
  await writeFile(path, text);
}

/** The arguments of `serverless` in the script. */
export function npmStart(): string[] {
  const text = readFileSync(join(ROOT, 'package.json'), 'utf8');
  const { scripts } = JSON.parse(text) as { scripts: { start: string } };
  const [command, ...args] = scripts.start.split(' ');
  if (command !== 'serverless') throw new Error(`npm start is ${scripts.start}`);
  return args;
}

export function runServerless(
  args: string[],
  { env, cwd = ROOT }: Pick<Options, 'cwd' | 'env'> = {},
) {
  return run(process.execPath, [join(ROOT, 'node_modules', '.bin', 'serverless'), ...args], {
    cwd,
    env: { ...NEUTRAL, ...env },
  });
}

/** What the machine's owner may have set for other purposes. */
const NEUTRAL = {
  PORT: undefined,
  DYNAMODB_LOCAL_PATH: undefined,
  AWS_ENDPOINT_URL_DYNAMODB: undefined,
  AWS_ENDPOINT_URL_SESV2: undefined,
  SLS_LOG_LEVEL: undefined,
};

/** They do not outlive this process. */
const children = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

/** Runs a command, which ends with this process at the latest. */
export function run(command: string, args: string[], options: Pick<Options, 'cwd' | 'env'>) {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.add(child);

  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const exited = new Promise<Exit>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status, signal) => {
      children.delete(child);
      resolve({ status, signal, stdout, stderr });
    });
  });
  return {
    pid: child.pid ?? expectPid(),
    exited,
    output: () => stdout,
    stderr: () => stderr,
    stop: (signal: NodeJS.Signals = 'SIGTERM') => {
      child.kill(signal);
      return exited;
    },
    /** When it has printed that. */
    printed: (text: string) =>
      new Promise<void>((resolve) => {
        const look = () => {
          if (!stdout.includes(text)) return;
          child.stdout.off('data', look);
          resolve();
        };
        child.stdout.on('data', look);
        look();
      }),
  };
}

function expectPid(): never {
  throw new Error('The command cannot be run');
}

/** The processes that a process started, and those that they did. */
export function descendants(pid: number): number[] {
  const rows = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((row) => row.trim().split(/\s+/).map(Number));
  const below = (parent: number): number[] =>
    rows.flatMap(([child = 0, its]) => (its === parent ? [child, ...below(child)] : []));
  return below(pid);
}

/** Whether it runs; a zombie, which only waits to be noticed by its parent, does not. */
export function isRunning(pid: number): boolean {
  try {
    const args = ['-o', 'stat=', '-p', String(pid)];
    return !execFileSync('ps', args, { encoding: 'utf8' }).trim().startsWith('Z');
  } catch {
    return false;
  }
}
