/**
 * Creates users with the bcrypt hashes that they have in another system. See lib/cli/README.md,
 * "Import and export users".
 *
 * Exit status 0: every user of the file exists with that hash or, without --write, could be created.
 * 1: some users were refused, or the import failed. 2: wrong usage.
 */
import { createHash } from 'node:crypto';
import { writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { DB } from '../db.ts';
import { AuthError } from '../core/errors.ts';
import {
  isEntry,
  isMissingTable,
  readFormat,
  run,
  UsageError,
  withHelp,
  type Command,
} from './command.ts';
import { importUser, validate, type Form, type Outcome } from './import-user.ts';
import { openOutputs } from './output-files.ts';
import { createClient, findTableName, TABLE_OPTIONS } from './stage.ts';
import { tryPassword } from './try-password.ts';
import { readUsers, toLine, type Entry } from './user-file.ts';

const USAGE =
  'Usage: npm run users:import -- <file.csv or file.jsonl> ' +
  '[--write] [--stage <stage>] [--table <name>] [--region <region>] [--report <file>] ' +
  '[--keep-ids | --mapping <file.csv or file.jsonl>] [--form hmac|pepper] [--try <email>] ' +
  '[--format csv|jsonl]';

/** The number of users that are looked up and written at the same time. */
const CONCURRENCY = 16;
const PROGRESS_EVERY = 1000;
/** An on-demand table throttles a sudden load until it has scaled up. */
const RETRY_AFTER_MS = [500, 1000, 2000, 4000, 8000];

/**
 * Creates the command: it imports the users of a file, and writes a summary to standard output.
 *
 * @param retryAfterMs how long to wait before each retry of a user while DynamoDB is unavailable
 */
export const createCommand = (retryAfterMs: readonly number[]): Command =>
  withHelp(USAGE, async (args, io) => {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        write: { type: 'boolean', default: false },
        ...TABLE_OPTIONS,
        report: { type: 'string' },
        'keep-ids': { type: 'boolean', default: false },
        mapping: { type: 'string' },
        form: { type: 'string' },
        try: { type: 'string' },
        format: { type: 'string' },
      },
    });
    const { write, mapping, 'keep-ids': keepIds } = values;
    const [file, ...others] = positionals;
    if (file === undefined || others.length > 0) throw new UsageError(USAGE);
    const format = readFormat(values.format, file);
    if (keepIds && mapping !== undefined) {
      throw new UsageError('Give either --keep-ids or --mapping, not both.');
    }
    const form = readForm(values.form);
    const ids = keepIds ? 'kept' : mapping !== undefined ? 'mapped' : 'new';
    if (values.try !== undefined && !(await tryPassword(file, format, values.try, io, form))) {
      throw new Error(
        'That is not the password that was hashed: nothing was imported. ' +
          'The old system may hash it with a key or pepper: see --form in lib/cli/README.md',
      );
    }
    const place = { ...values, env: io.env };
    const client = createClient(place);
    const { app } = new DB({ tableName: await findTableName(place), client });
    const say = (text: string): void => {
      io.err(`${text}\n`);
    };
    const users = readUsers(file, format, say);
    // This checks the columns, before an earlier report is overwritten.
    const first = await users.next();
    const output = openOutput(file, values.report, write ? mapping : undefined);

    const counts = { users: 0, new: 0, already_there: 0, refused: 0 };
    const isRepeated = createRepetitionCheck();

    async function handle({ line, ...entry }: Entry): Promise<void> {
      const user = validate(entry, ids, form);
      const outcome = await outcomeOf(user);
      if ('refused' in outcome) {
        counts.refused++;
        output.report({ line, email: user.email, reason: outcome.refused });
      } else {
        counts[outcome.is]++;
        if (outcome.id !== undefined) output.map({ old_id: String(entry.id), new_id: outcome.id });
      }
      if (++counts.users % PROGRESS_EVERY === 0) say(`${String(counts.users)} users`);
    }

    async function outcomeOf(user: ReturnType<typeof validate>): Promise<Outcome> {
      if ('refused' in user) return user;
      if (isRepeated(user.email)) return { refused: 'an earlier line has the same email' };
      if (user.id !== undefined && isRepeated(user.id)) {
        return { refused: 'an earlier line has the same id' };
      }
      return persistently(() => importUser(app, user, write), retryAfterMs);
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
    io.out(`${JSON.stringify({ written: write, ...counts })}\n`);
    if (!write) say('Nothing was written. Add --write to import the users.');
    return counts.refused > 0 ? 1 : 0;
  });

function readForm(given: string | undefined): Form | undefined {
  if (given === undefined || given === 'hmac' || given === 'pepper') return given;
  throw new UsageError('--form takes hmac or pepper.');
}

/** Opens the report and, if one is named, the mapping. Each line is there as soon as it is written. */
function openOutput(input: string, report = `${input}.refused.jsonl`, mapping?: string) {
  const format = mapping === undefined ? 'jsonl' : readFormat(undefined, mapping);
  const files = openOutputs(input, { report, mapping });
  const write = (file: number | undefined, text: string): void => {
    if (file !== undefined) writeSync(file, text);
  };
  if (format === 'csv') write(files.mapping, 'old_id,new_id\n');
  return {
    report: (refusal: { line: number; email: string | undefined; reason: string }) => {
      write(files.report, toLine('jsonl', refusal));
    },
    map: (ids: { old_id: string; new_id: string }) => {
      write(files.mapping, toLine(format, ids));
    },
  };
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
 * Creates a function that tells whether it was called with the same email or id before. To save memory
 * it keeps 16 bytes of a digest of each, in 256 sets because one set holds at most 16 million.
 */
function createRepetitionCheck(): (text: string) => boolean {
  const seen = Array.from({ length: 256 }, () => new Set<string>());
  return (text) => {
    const digest = createHash('sha256').update(text).digest().subarray(0, 16);
    const set = seen[digest[0] ?? 0];
    const key = digest.toString('latin1');
    if (set?.has(key)) return true;
    set?.add(key);
    return false;
  };
}

export const main = createCommand(RETRY_AFTER_MS);

if (isEntry(import.meta.url)) await run(main);
