/**
 * Creates users with the bcrypt hashes that they have in another system: see the README, "Bringing
 * your users along".
 *
 * Exits 0 when every user of the file is there with that hash (or, unless it is to write, could be),
 * 1 when not, 2 when it is not to be understood.
 */
import { createHash } from 'node:crypto';
import { openSync, writeSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { DB } from '../db.ts';
import { normalizeEmail } from '../email.ts';
import { AuthError } from '../errors.ts';
import { BCRYPT_HASH } from '../password.ts';
import { codeOf, isMissingTable, readFormat, run, UsageError } from './command.ts';
import { readTableName, TABLE_OPTIONS } from './stage.ts';
import { readUsers, toLine, type Entry } from './user-file.ts';

const USAGE =
  'Give one file: npm run users:import -- <file.csv or file.jsonl> ' +
  '[--write] [--stage <stage>] [--table <name>] [--region <region>] [--report <file>] ' +
  '[--format csv|jsonl]';

/** Users looked up and written side by side. */
const CONCURRENCY = 16;
const PROGRESS_EVERY = 1000;
/** A table that is new to so many writes throttles until it has grown. */
const RETRY_AFTER_MS = [500, 1000, 2000, 4000, 8000];

interface Candidate {
  email: string;
  hashed_password: string;
  disabled_at?: number;
  /** Epoch seconds; absent: it is not. */
  email_verified_at?: number;
}

interface Refusal {
  /** Why, without the hash. */
  refused: string;
}

/** `new`: created, or could be. */
type Outcome = 'new' | 'already_there' | Refusal;

await run(async (args) => {
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
  const db = new DB({ tableName: await readTableName(values) });
  const users = readUsers(file, format, console.error);
  // Its columns are checked before the last report is gone.
  const first = await users.next();
  const report = openReport(values.report ?? `${file}.refused.jsonl`, file);

  const counts = { users: 0, new: 0, already_there: 0, refused: 0 };
  const isRepeated = createRepetitionCheck();

  async function handle({ line, ...entry }: Entry): Promise<void> {
    let outcome: Outcome;
    const user = validate(entry);
    if ('refused' in user) outcome = user;
    else if (isRepeated(user.email)) outcome = { refused: 'the email stands in an earlier line' };
    else outcome = await persistently(() => bring(db, user, values.write));
    if (typeof outcome === 'object') {
      writeSync(report, toLine('jsonl', { line, email: user.email, reason: outcome.refused }));
    }
    counts[typeof outcome === 'object' ? 'refused' : outcome]++;
    if (++counts.users % PROGRESS_EVERY === 0) console.error(`${String(counts.users)} users`);
  }

  // They take turns at the file. When one fails, it ends for all of them.
  const work = async (): Promise<void> => {
    for await (const entry of users) await handle(entry);
  };
  try {
    if (!first.done) await handle(first.value);
    await Promise.all(Array.from({ length: CONCURRENCY }, work));
  } catch (error) {
    if (error instanceof UsageError || isMissingTable(error)) throw error;
    throw new Error('It stopped. What was imported is there: run it again, when it is put right', {
      cause: error,
    });
  }
  console.log(JSON.stringify({ written: values.write, ...counts }));
  if (!values.write) console.error('Nothing was written: that takes --write.');
  return counts.refused > 0 ? 1 : 0;
});

/** @returns the user to bring along, or why not, with the email where it is one */
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
    // CSV has nothing there where it is not so.
    if (time === undefined || time === null || time === '') continue;
    const isText = typeof time === 'number' || typeof time === 'string';
    if (!isText || !/^[1-9]\d{0,9}$/.test(String(time))) {
      return { email, refused: `${name} is not a time in epoch seconds` };
    }
    user[name as 'disabled_at' | 'email_verified_at'] = Number(time);
  }
  return user;
}

/** Creates a user, if it is to write. Of one who is there already, nothing is changed. */
async function bring(
  db: DB,
  { email, hashed_password, ...more }: Candidate,
  write: boolean,
): Promise<Outcome> {
  if (!(await db.isEmailTaken(email))) {
    if (!write) return 'new';
    try {
      await db.addUser(email, hashed_password, more);
      return 'new';
    } catch (error) {
      if (!(error instanceof AuthError && error.code === 'email_taken')) throw error;
      // Someone else was faster.
    }
  }
  return (await db.findAccountBy({ email, hashed_password }))
    ? 'already_there'
    : { refused: 'the email is taken by a user with another password hash' };
}

async function persistently<T>(call: () => Promise<T>): Promise<T> {
  for (const wait of RETRY_AFTER_MS) {
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
 * Tells whether it was asked about that email before. What it remembers is 16 bytes of a digest, in
 * many sets, as one can hold 16 million at most.
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

/** @returns its descriptor: each line is there once it is written, however the process ends */
function openReport(path: string, input: string): number {
  if (resolve(path) === resolve(input)) {
    throw new UsageError('The report would take the place of the file: choose another --report.');
  }
  try {
    // It has email addresses.
    return openSync(path, 'w', 0o600);
  } catch (error) {
    throw new UsageError(`${path} cannot be written (${codeOf(error)}): choose a --report.`);
  }
}
