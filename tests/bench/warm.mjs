/**
 * `node warm.mjs <bundle> <event> <rounds> <hash> <password>` prints the times in ms of requests after the first ones,
 * and of the same calls through the SDK alone. Each round measures both. For getProfile and login.
 */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  BatchGetCommand,
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { compare } from 'bcryptjs';
import { createRequire } from 'node:module';
import { performance } from 'node:perf_hooks';
import process from 'node:process';

/** @typedef {{ handler: (event: unknown, context: object) => Promise<unknown> }} Bundle */

const [file, event, rounds, hash, password] =
  /** @type {[string, unknown, number, string, string]} */ (
    process.argv.slice(2).map((arg) => /** @type {unknown} */ (JSON.parse(arg)))
  );
const { handler } = /** @type {Bundle} */ (createRequire(import.meta.url)(file));
const client = DynamoDBDocumentClient.from(new DynamoDBClient({}));
const TableName = 'users';
const Key = { id: 'a', item: 'user' };
const names = { '#id': 'id', '#n': 'n' };

const CALLS = {
  profile: () =>
    client.send(
      new BatchGetCommand({
        RequestItems: {
          [TableName]: { Keys: [Key, { ...Key, item: 'session#b' }], ConsistentRead: true },
        },
      }),
    ),
  login: async () => {
    await Promise.all([
      client.send(
        new QueryCommand({
          TableName,
          IndexName: 'email-index',
          KeyConditionExpression: '#email = :email',
          ExpressionAttributeNames: { '#email': 'email' },
          ExpressionAttributeValues: { ':email': 'ann@example.com' },
        }),
      ),
      client.send(
        new UpdateCommand({
          ...{ TableName, Key, UpdateExpression: 'ADD #n :one' },
          ConditionExpression: 'attribute_not_exists(#id) OR #n < :most',
          ExpressionAttributeNames: names,
          ExpressionAttributeValues: { ':one': 1, ':most': 5 },
        }),
      ),
    ]);
    await client.send(new GetCommand({ TableName, Key, ConsistentRead: true }));
    await Promise.all([
      client.send(new PutCommand({ TableName, Item: { ...Key, session_id: 'b', epoch: 0 } })),
      client.send(new DeleteCommand({ TableName, Key })),
    ]);
  },
};

const isLogin = hash !== '';
/** @type {Record<string, { work: () => Promise<unknown>, ms: number[] }>} */
const measured = {
  handler: { work: () => handler(event, {}), ms: [] },
  calls: { work: isLogin ? CALLS.login : CALLS.profile, ms: [] },
  ...(isLogin && { bcrypt: { work: () => compare(password, hash), ms: [] } }),
};
for (let round = -100; round < rounds; round++) {
  for (const { work, ms } of Object.values(measured)) {
    const start = performance.now();
    await work();
    // The first 100 rounds let the compiler optimise.
    if (round >= 0) ms.push(performance.now() - start);
  }
}
const times = Object.fromEntries(Object.entries(measured).map(([name, { ms }]) => [name, ms]));
process.stdout.write(`\n${JSON.stringify(times)}\n`, () => process.exit());
