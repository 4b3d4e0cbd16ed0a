/**
 * Creates users with the bcrypt hashes that they have in another system. See lib/cli/README.md,
 * "Import and export users".
 *
 * Exit status 0: every user of the file exists with that hash or, without --write, could be created.
 * 1: some users were refused, or the import failed. 2: wrong usage.
 */
import { createHash } from 'node:crypto';
import { openSync, writeSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { DB } from '../db.ts';
import type { App } from '../db/context.ts';
import { normalizeEmail } from '../users/address.ts';
import { findByEmail, isEmailTaken } from '../users/find.ts';
import { addUser } from '../users/store.ts';
import { AuthError, isRefusal } from '../core/errors.ts';
import { BCRYPT_HASH } from '../passwords/hash.ts';
import {
  codeOf,
  isEntry,
  isMissingTable,
  readFormat,
  run,
  UsageError,
  type Command,
} from './command.ts';
import { createClient, findTableName, TABLE_OPTIONS } from './stage.ts';
import { readUsers, toLine, type Entry } from './user-file.ts';

const USAGE =
  'Usage: npm run users:import -- <file.csv or file.jsonl> ' +
  '[--write] [--stage <stage>] [--table <name>] [--region <region>] [--report <file>] ' +
  '[--format csv|jsonl]';

/** The number of users that are looked up and written at the same time. */
const CONCURRENCY = 16;
const PROGRESS_EVERY = 1000;
/** An on-demand table throttles a sudden load until it has scaled up. */
const RETRY_AFTER_MS = [500, 1000, 2000, 4000, 8000];

interface Candidate {
  email: string;
  hashed_password: string;
  /** Epoch seconds. Undefined: the user is not disabled. */
  disabled_at?: number;
  /** Epoch seconds. Undefined: it is not verified. */
  email_verified_at?: number;
}

interface Refusal {
  /** The reason. It never quotes the hash. */
  refused: string;
}

/** `new`: the user was created or, without --write, could be. */
type Outcome = 'new' | 'already_there' | Refusal;

/**
 * Creates the command: it imports the users of a file, and writes a summary to standard output.
 *
 * @param retryAfterMs how long to wait before each retry of a user while DynamoDB is unavailable
 */
export const createCommand =
  (retryAfterMs: readonly number[]): Command =>
  async (args, io) => {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        write: { type: 'boolean', default: false },
        ...TABLE_OPTIONS,
        report: { type: 'string' },
        format: { type: 'string' },
      },
    });
    const [file, ...others] = positionals;
    if (file === undefined || others.length > 0) throw new UsageError(USAGE);
    const format = readFormat(values.format, file);
    const place = { ...values, env: io.env };
    const client = createClient(place);
    const { app } = new DB({ tableName: await findTableName(place), client });
    const say = (text: string): void => {
      io.err(`${text}\n`);
    };
    const users = readUsers(file, format, say);
    // This checks the columns, before an earlier report is overwritten.
    const first = await users.next();
    const report = openReport(values.report ?? `${file}.refused.jsonl`, file);

    const counts = { users: 0, new: 0, already_there: 0, refused: 0 };
    const isRepeated = createRepetitionCheck();

    async function handle({ line, ...entry }: Entry): Promise<void> {
      let outcome: Outcome;
      const user = validate(entry);
      if ('refused' in user) outcome = user;
      else if (isRepeated(user.email)) outcome = { refused: 'an earlier line has the same email' };
      else outcome = await persistently(() => importUser(app, user, values.write), retryAfterMs);
      if (typeof outcome === 'object') {
        writeSync(report, toLine('jsonl', { line, email: user.email, reason: outcome.refused }));
      }
      counts[typeof outcome === 'object' ? 'refused' : outcome]++;
      if (++counts.users % PROGRESS_EVERY === 0) say(`${String(counts.users)} users`);
    }

    // The workers take turns at the file. If one fails, the file ends for all of them.
    const work = async (): Promise<void> => {
      for await (const entry of users) await handle(entry);
    };
    try {
      if (!first.done) await handle(first.value);
      await Promise.all(Array.from({ length: CONCURRENCY }, work));
    } catch (error) {
      if (error instanceof UsageError || isMissingTable(error)) throw error;
      throw new Error(
        'The import stopped. Users imported so far are kept: fix the cause and run it again',
        { cause: error },
      );
    }
    io.out(`${JSON.stringify({ written: values.write, ...counts })}\n`);
    if (!values.write) say('Nothing was written. Add --write to import the users.');
    return counts.refused > 0 ? 1 : 0;
  };

/** Checks one user of the file. @returns the user, or the reason with the email if that is valid */
function validate({
  email: given,
  hashed_password,
  disabled_at,
  email_verified_at,
  problem,
}: Omit<Entry, 'line'>): Candidate | (Refusal & { email?: string }) {
  if (problem !== undefined) return { refused: problem };
  let email: string;
  try {
    email = normalizeEmail(typeof given === 'string' ? given : '');
  } catch (error) {
    if (error instanceof AuthError) return { refused: error.message };
    throw error;
  }
  if (typeof hashed_password !== 'string' || !BCRYPT_HASH.test(hashed_password)) {
    const refused = 'hashed_password is not a bcrypt hash ($2a$, $2b$, $2y$) of cost 4 to 14';
    return { email, refused };
  }
  const user: Candidate = { email, hashed_password };
  for (const [name, time] of Object.entries({ disabled_at, email_verified_at })) {
    // CSV has an empty field for null.
    if (time === undefined || time === null || time === '') continue;
    const isText = typeof time === 'number' || typeof time === 'string';
    if (!isText || !/^[1-9]\d{0,9}$/.test(String(time))) {
      return { email, refused: `${name} is not a time in epoch seconds` };
    }
    user[name as 'disabled_at' | 'email_verified_at'] = Number(time);
  }
  return user;
}

/** Creates a user if `write` is set. Never changes an existing user. */
async function importUser(
  app: App,
  { email, hashed_password, ...more }: Candidate,
  write: boolean,
): Promise<Outcome> {
  if (!(await isEmailTaken(app, email))) {
    if (!write) return 'new';
    try {
      await addUser(app, email, hashed_password, more);
      return 'new';
    } catch (error) {
      if (!isRefusal(error, 'email_taken')) throw error;
      // Another writer was faster.
    }
  }
  const user = await findByEmail(app, email);
  return user?.hashed_password === hashed_password
    ? 'already_there'
    : { refused: 'a user with this email exists and has another password hash' };
}

async function persistently<T>(
  call: () => Promise<T>,
  retryAfterMs: readonly number[],
): Promise<T> {
  for (const wait of retryAfterMs) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof AuthError && error.code === 'unavailable')) throw error;
      await sleep(wait);
    }
  }
  return call();
}

/**
 * Creates a function that tells whether it was called with the same email before. To save memory it
 * keeps 16 bytes of a digest per email, in 256 sets because one set holds at most 16 million.
 */
function createRepetitionCheck(): (email: string) => boolean {
  const seen = Array.from({ length: 256 }, () => new Set<string>());
  return (email) => {
    const digest = createHash('sha256').update(email).digest().subarray(0, 16);
    const set = seen[digest[0] ?? 0];
    const key = digest.toString('latin1');
    if (set?.has(key)) return true;
    set?.add(key);
    return false;
  };
}

/** @returns a descriptor, to write each line at once: the report is complete even after a crash */
function openReport(path: string, input: string): number {
  if (resolve(path) === resolve(input)) {
    throw new UsageError('The report would overwrite the input file: choose another --report.');
  }
  try {
    // For its owner only: it has email addresses.
    return openSync(path, 'w', 0o600);
  } catch (error) {
    throw new UsageError(`${path} cannot be written (${codeOf(error)}): choose another --report.`);
  }
}

export const main = createCommand(RETRY_AFTER_MS);

if (isEntry(import.meta.url)) await run(main);
