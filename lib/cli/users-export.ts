/** Writes every user, with the password hash: see the README, "Bringing your users along". */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, paginateScan } from '@aws-sdk/lib-dynamodb';
import { createWriteStream, existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import process from 'node:process';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { codeOf, readFormat, run, UsageError, type Format } from './command.ts';
import { readTableName, TABLE_OPTIONS } from './stage.ts';
import { toLine } from './user-file.ts';

const USAGE =
  'Give one file, or none for standard output: npm run users:export -- [<file.csv or file.jsonl>] ' +
  '[--stage <stage>] [--table <name>] [--region <region>] [--format csv|jsonl]';

/** And no digests of tokens. Times are epoch seconds; the last two are absent where it is not so. */
const FIELDS = [
  ...['id', 'email', 'hashed_password', 'created_at'],
  ...['disabled_at', 'email_verified_at'],
];

await run(async (args) => {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { ...TABLE_OPTIONS, format: { type: 'string' } },
  });
  const [file, ...others] = positionals;
  if (others.length > 0) throw new UsageError(USAGE);
  const format = readFormat(values.format, file ?? '');
  const table = await readTableName(values);
  const counts = { users: 0 };
  const lines = toLines(table, format, counts);
  if (file === undefined) await pipeline(lines, process.stdout, { end: false });
  else await writeFile(file, lines);
  console.error(`${String(counts.users)} users`);
  return 0;
});

/** A file of that name is a whole one, and its owner's alone; one that is there is not replaced. */
async function writeFile(file: string, lines: AsyncIterable<string>): Promise<void> {
  if (existsSync(file)) throw new UsageError(`${file} is there already: choose another name.`);
  const partial = `${file}.partial`;
  await rm(partial, { force: true });
  try {
    await pipeline(lines, createWriteStream(partial, { flags: 'wx', mode: 0o600 }));
    await rename(partial, file);
  } catch (error) {
    await rm(partial, { force: true });
    if (/^E[A-Z]+$/.test(codeOf(error))) {
      throw new UsageError(`${file} cannot be written (${codeOf(error)}).`);
    }
    throw error;
  }
}

/**
 * The one scan there is: the library has none, as none of its callers should wait for one. Who is
 * registered meanwhile may be left out.
 */
async function* toLines(
  TableName: string,
  format: Format,
  counts: { users: number },
): AsyncGenerator<string> {
  const client = DynamoDBDocumentClient.from(new DynamoDBClient({ maxAttempts: 10 }));
  const pages = paginateScan(
    { client },
    {
      TableName,
      ConsistentRead: true,
      FilterExpression: '#item = :user',
      ProjectionExpression: FIELDS.map((field) => `#${field}`).join(', '),
      ExpressionAttributeNames: Object.fromEntries(
        ['item', ...FIELDS].map((field) => [`#${field}`, field]),
      ),
      ExpressionAttributeValues: { ':user': 'user' },
    },
  );
  if (format === 'csv') yield `${FIELDS.join(',')}\n`;
  for await (const { Items = [] } of pages) {
    for (const item of Items) {
      yield toLine(format, Object.fromEntries(FIELDS.map((field) => [field, item[field]])));
      counts.users++;
    }
  }
}
