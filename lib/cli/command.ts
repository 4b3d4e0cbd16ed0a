import { extname } from 'node:path';
import process from 'node:process';
import { AuthError } from '../errors.ts';
import { logToStandardError } from '../log.ts';

/** What was asked for cannot be done: one sentence that says what to do. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Where a command reads its environment, and where it writes to. */
export interface Io {
  /** Writes to standard output. */
  out(text: string): void;
  /** Writes to standard error. */
  err(text: string): void;
  env: NodeJS.ProcessEnv;
}

/** Returns the exit status. */
export type Command = (args: string[], io: Io) => Promise<number>;

/**
 * Runs a command on the arguments of the process, which ends with the code that it returns; with 2
 * when it was not to be understood, and 1 when it failed, and a sentence on standard error.
 */
export async function run(command: Command): Promise<void> {
  prepareEnvironment();
  // Standard output is for the result.
  logToStandardError();
  try {
    process.exitCode = await command(process.argv.slice(2), {
      out: (text) => process.stdout.write(text),
      err: (text) => process.stderr.write(text),
      env: process.env,
    });
  } catch (error) {
    console.error(describe(error));
    process.exitCode = isUsageError(error) ? 2 : 1;
  }
}

/** Whether DynamoDB is one on this machine, as that of `npm start` is. */
export function isOnThisMachine(): boolean {
  const { env } = process;
  const endpoint = env['AWS_ENDPOINT_URL_DYNAMODB'] ?? env['AWS_ENDPOINT_URL'] ?? '';
  if (!URL.canParse(endpoint)) return false;
  return /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(new URL(endpoint).hostname);
}

/** A DynamoDB on this machine takes any credentials and region, but the SDK insists on some. */
function prepareEnvironment(): void {
  const { env } = process;
  env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  if (!isOnThisMachine()) return;
  env['AWS_REGION'] ??= 'us-east-1';
  if (env['AWS_ACCESS_KEY_ID'] ?? env['AWS_PROFILE']) return;
  Object.assign(env, { AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' });
}

const FORMATS = { '.csv': 'csv', '.jsonl': 'jsonl', '.ndjson': 'jsonl' } as const;

export type Format = (typeof FORMATS)[keyof typeof FORMATS];

/**
 * @param file whose extension tells the format, where no option does
 * @throws UsageError
 */
export function readFormat(option: string | undefined, file: string): Format {
  if (option === 'csv' || option === 'jsonl') return option;
  const extension = extname(file).toLowerCase();
  if (option === undefined && Object.hasOwn(FORMATS, extension)) {
    return FORMATS[extension as keyof typeof FORMATS];
  }
  throw new UsageError('Say which format it is: --format csv, or --format jsonl.');
}

function isUsageError(error: unknown): boolean {
  return (
    error instanceof UsageError ||
    (error instanceof AuthError && error.code === 'invalid_field') ||
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

/** With what lies behind it: of a DynamoDB out of reach, where it was looked for. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (isMissingTable(error)) return 'There is no such table, in that account and region.';
  const { name, message, cause } = error;
  const isPlain = name === 'Error' || error instanceof AuthError || isUsageError(error);
  const text = isPlain ? message : `${name}: ${message}`;
  return cause === undefined ? text : `${text} (${describe(cause)})`;
}
