/** Writes every user, with the password hash. See lib/cli/README.md, "Import and export users". */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { randomUUID } from 'node:crypto';
import { createWriteStream, existsSync } from 'node:fs';
import { link, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { codeOf, isEntry, readFormat, run, UsageError, withHelp, type Format } from './command.ts';
import { scanUsers } from './scan-users.ts';
import { createClient, findTableName, TABLE_OPTIONS } from './stage.ts';
import { toLine } from './user-file.ts';

const USAGE =
  'Usage: npm run users:export -- [<file.csv or file.jsonl>] ' +
  '[--stage <stage>] [--table <name>] [--region <region>] [--format csv|jsonl]';

/**
 * No digests of tokens. Times are epoch seconds. `disabled_at` is only there for disabled users,
 * `email_verified_at` for verified emails, `language` for users who registered with one.
 */
const FIELDS = [
  'id',
  'email',
  'hashed_password',
  'created_at',
  'disabled_at',
  'email_verified_at',
  'language',
] as const;

/** Writes to the file that is named, or to standard output. */
export const main = withHelp(USAGE, async (args, io) => {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { ...TABLE_OPTIONS, format: { type: 'string' } },
  });
  const [file, ...others] = positionals;
  if (others.length > 0) throw new UsageError(USAGE);
  const format = readFormat(values.format, file ?? '');
  const place = { ...values, env: io.env };
  const table = await findTableName(place);
  const client = createClient(place, { maxAttempts: 10 });
  const counts = { users: 0 };
  const pages = readPages(client, table, format, counts);
  if (file !== undefined) await writeFile(file, pages);
  else {
    for await (const lines of pages) {
      io.out(lines);
      // A slow reader slows the scan down: memory never has more than a page.
      await io.flushed?.();
    }
  }
  io.err(`${String(counts.users)} users\n`);
  return 0;
});

/**
 * Writes a file that only its owner can read. It has its name once it is complete, and replaces no
 * other file.
 */
async function writeFile(file: string, pages: AsyncIterable<string>): Promise<void> {
  const taken = new UsageError(`${file} already exists: choose another name.`);
  if (existsSync(file)) throw taken;
  // Another export to the same name may run at the same time.
  const partial = `${file}.${randomUUID()}.partial`;
  try {
    await pipeline(pages, createWriteStream(partial, { flags: 'wx', mode: 0o600 }));
    // Unlike a new name by `rename`, a link replaces no file that is there by now.
    await link(partial, file);
  } catch (error) {
    const code = codeOf(error);
    if (code === 'EEXIST') throw taken;
    if (/^E[A-Z]+$/.test(code)) throw new UsageError(`${file} cannot be written (${code}).`);
    throw error;
  } finally {
    await rm(partial, { force: true });
  }
}

/** Reads the users' lines, page by page. */
async function* readPages(
  client: DynamoDBClient,
  table: string,
  format: Format,
  counts: { users: number },
): AsyncGenerator<string> {
  if (format === 'csv') yield `${FIELDS.join(',')}\n`;
  for await (const items of scanUsers(client, table, FIELDS)) {
    const users = items.map((item) =>
      toLine(format, Object.fromEntries(FIELDS.map((field) => [field, item[field]]))),
    );
    counts.users += users.length;
    yield users.join('');
  }
}

if (isEntry(import.meta.url)) await run(main);
