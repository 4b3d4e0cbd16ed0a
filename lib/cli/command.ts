import { realpathSync } from 'node:fs';
import { extname } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { AuthError, isBadField } from '../core/errors.ts';
import { logToStandardError } from '../core/log.ts';

/** A mistake of the user of a command, in one sentence that says what to do. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** What a command reads and writes beside its arguments. */
export interface Io {
  /** Writes to standard output, as the text stands. Only the result goes there. */
  out(text: string): void;
  /** Writes to standard error, as the text stands. */
  err(text: string): void;
  env: NodeJS.ProcessEnv;
  /** Standard input. Undefined: there is nobody to ask. */
  input?: NodeJS.ReadableStream & { isTTY?: boolean };
  /** Resolves when standard output has taken everything, and rejects when it cannot. */
  flushed?(): Promise<void>;
}

/** Returns the exit status. */
export type Command = (args: string[], io: Io) => Promise<number>;

/** Creates a command that prints its usage as the result if the option `--help` or `-h` asks for it. */
export function withHelp(usage: string, command: Command): Command {
  return async (args, io) => {
    const end = args.indexOf('--');
    const options = end < 0 ? args : args.slice(0, end);
    if (!options.some((arg) => arg === '--help' || arg === '-h')) return command(args, io);
    io.out(`${usage}\n`);
    return 0;
  };
}

/** Whether the process was started with this module: `if (isEntry(import.meta.url)) await run(main)`. */
export function isEntry(url: string): boolean {
  const [, script] = process.argv;
  // Node resolves symbolic links in the module's URL, but not in its arguments.
  return script !== undefined && realpathSync(script) === fileURLToPath(url);
}

/** Runs a command in this process: on its arguments, streams and environment. */
export async function run(command: Command): Promise<void> {
  logToStandardError();
  const { stdout, stderr, stdin, env } = process;
  // Reported by `flushed`: without a listener, a closed pipe would end the process with a stack.
  stdout.on('error', () => undefined);
  process.exitCode = await execute(command, process.argv.slice(2), {
    out: (text) => stdout.write(text),
    err: (text) => stderr.write(text),
    env,
    input: stdin,
    flushed: () =>
      new Promise((resolve, reject) => {
        stdout.write('', (error) => {
          if (error) reject(stdout.errored ?? error);
          else resolve();
        });
      }),
  });
}

/**
 * Runs a command. Errors become one sentence on standard error. Nothing that it prints controls the
 * terminal, as it may come from anybody, such as the User-Agent of a session.
 *
 * @returns the exit status: the command's own, or 1 if it failed and 2 if it was used wrongly
 */
export async function execute(command: Command, args: string[], given: Io): Promise<number> {
  const io: Io = {
    ...given,
    out: (text) => {
      given.out(toPrintable(text));
    },
    err: (text) => {
      given.err(toPrintable(text));
    },
  };
  try {
    const status = await command(args, io);
    await io.flushed?.();
    return status;
  } catch (error) {
    io.err(`${describe(error)}\n`);
    return isUsageError(error) ? 2 : 1;
  }
}

/**
 * Escapes control characters (C0 except for tabs and line feeds, DEL, C1) and invisible ones, such as
 * those that change the direction of the text. JSON stays the same JSON.
 */
function toPrintable(text: string): string {
  return text.replace(/[^\P{C}\t\n]|[\u2028\u2029]/gu, (character) =>
    Array.from({ length: character.length }, (_, i) => {
      const unit = character.charCodeAt(i).toString(16).padStart(4, '0');
      return `\\u${unit}`;
    }).join(''),
  );
}

const FORMATS = { '.csv': 'csv', '.jsonl': 'jsonl', '.ndjson': 'jsonl' } as const;

export type Format = (typeof FORMATS)[keyof typeof FORMATS];

/**
 * Reads the format of a file from the option or, without one, from the file's extension.
 *
 * @throws UsageError
 */
export function readFormat(option: string | undefined, file: string): Format {
  if (option === 'csv' || option === 'jsonl') return option;
  const extension = extname(file).toLowerCase();
  if (option === undefined && Object.hasOwn(FORMATS, extension)) {
    return FORMATS[extension as keyof typeof FORMATS];
  }
  throw new UsageError('Name the format of the file: --format csv or --format jsonl.');
}

function isUsageError(error: unknown): boolean {
  return (
    error instanceof UsageError ||
    isBadField(error) ||
    isMissingTable(error) ||
    codeOf(error).startsWith('ERR_PARSE_ARGS')
  );
}

export function isMissingTable(error: unknown): boolean {
  return error instanceof Error && error.name === 'ResourceNotFoundException';
}

export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** Includes the causes: if DynamoDB is out of reach, they say at which address. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (isMissingTable(error)) return 'The table does not exist in this account and region.';
  const { name, message, cause } = error;
  const isPlain = name === 'Error' || error instanceof AuthError || isUsageError(error);
  const text = isPlain ? message : `${name}: ${message}`;
  return cause === undefined ? text : `${text} (${describe(cause)})`;
}
