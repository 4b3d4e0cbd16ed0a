/**
 * All that speaks DynamoDB: a narrow face over one table. A failed condition is a value. Reads by key
 * are strongly consistent. Each function throws AuthError `unavailable` if DynamoDB is out of reach
 * or still throttles after the retries.
 */
import {
  ConditionalCheckFailedException,
  DynamoDBClient,
  TransactionCanceledException,
  TransactionConflictException,
} from '@aws-sdk/client-dynamodb';
import {
  BatchGetCommand,
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { AuthError } from '../core/errors.ts';
import { isOutage, TIME_LIMITS, unavailable } from '../aws/limits.ts';
import {
  conditionParameters,
  updateParameters,
  type Condition,
  type Key,
  type Update,
} from './expression.ts';

/** For what the SDK does not retry: conflicts of transactions, keys that a batch left unprocessed. */
const OWN_ATTEMPTS = 5;
const OWN_RETRY_BASE_MS = 25;

export interface Table {
  readonly name: string;
  readonly client: DynamoDBDocumentClient;
}

export type Item = Key & Record<string, unknown>;

/** An attribute that has an index, which is named after it. */
export type IndexedAttribute = 'email' | 'session_id' | 'reset_token';

/** One write of a transaction. */
export type Write =
  | { put: Item; condition?: Condition }
  | { update: Update }
  | { delete: Key; condition?: Condition };

/**
 * Whether an update was applied and, if not, the item that failed its condition.
 *
 * The SDK retries. A write whose answer was lost comes back as not applied, and the item found is the
 * one that it wrote itself: the caller has to recognise it. The same holds for transactions.
 */
export type Outcome = { applied: true } | ({ applied: false } & Failure);

/** Whether a transaction was applied and, if not, which of its writes failed their condition. */
export type TransactionOutcome<Name extends string> =
  { applied: true } | { applied: false; failures: Partial<Record<Name, Failure>> };

export interface Failure {
  /** Undefined if there was no item. */
  found: Item | undefined;
}

/** @param client by default, one with time limits that takes the rest from the environment */
export function openTable(
  name: string,
  client: DynamoDBClient = new DynamoDBClient(TIME_LIMITS),
): Table {
  return { name, client: DynamoDBDocumentClient.from(client) };
}

export async function get({ name, client }: Table, key: Key): Promise<Item | undefined> {
  const command = new GetCommand({ TableName: name, Key: key, ConsistentRead: true });
  const { Item } = await attempt(() => client.send(command));
  return Item as Item | undefined;
}

/** @returns the items that exist, in no particular order */
export async function batchGet({ name, client }: Table, keys: readonly Key[]): Promise<Item[]> {
  const items: Item[] = [];
  let pending: Record<string, unknown>[] = keys.map((key) => ({ ...key }));
  for (let tries = 1; ; tries++) {
    const command = new BatchGetCommand({
      RequestItems: { [name]: { Keys: pending, ConsistentRead: true } },
    });
    const { Responses, UnprocessedKeys } = await attempt(() => client.send(command));
    items.push(...((Responses?.[name] ?? []) as Item[]));
    // An unprocessed key says nothing about its item: it is asked for again, never taken as absent.
    pending = UnprocessedKeys?.[name]?.Keys ?? [];
    if (pending.length === 0) return items;
    if (tries === OWN_ATTEMPTS) throw unavailable(new Error('BatchGetItem left keys unprocessed'));
    await backOff(tries);
  }
}

/** Reads the items of a partition from the sort key `from` on, in order. Each page is one read. */
export async function queryPartition(table: Table, id: string, from: string): Promise<Item[]> {
  const items: Item[] = [];
  let after: Record<string, unknown> | undefined;
  do {
    const page = await queryPage(table, id, from, { after });
    items.push(...page.items);
    after = page.last;
  } while (after);
  return items;
}

/**
 * Reads a page of such items: the first 1 MB, or the next.
 *
 * @param options `consistent`: false halves the cost, for what decides nothing; `after`: the last key
 *   of the page before
 * @returns the items and, unless the page is the last one, its last key
 */
export async function queryPage(
  { name, client }: Table,
  id: string,
  from: string,
  {
    consistent = true,
    after,
  }: { consistent?: boolean; after?: Record<string, unknown> | undefined } = {},
): Promise<{ items: Item[]; last: Record<string, unknown> | undefined }> {
  const command = new QueryCommand({
    TableName: name,
    ConsistentRead: consistent,
    KeyConditionExpression: '#id = :id AND #item >= :from',
    ExpressionAttributeNames: { '#id': 'id', '#item': 'item' },
    ExpressionAttributeValues: { ':id': id, ':from': from },
    ExclusiveStartKey: after,
  });
  const { Items, LastEvaluatedKey } = await attempt(() => client.send(command));
  return { items: (Items ?? []) as Item[], last: LastEvaluatedKey };
}

/**
 * The ids of the users that an index has for a value. An index only suggests: it lags behind the
 * table, so a user may be missing, or no longer have the value, or no longer exist. Confirm each by a
 * read.
 */
export async function queryIndex(
  { name, client }: Table,
  attribute: IndexedAttribute,
  value: string,
): Promise<string[]> {
  const command = new QueryCommand({
    TableName: name,
    IndexName: `${attribute}-index`,
    KeyConditionExpression: '#attribute = :value',
    ExpressionAttributeNames: { '#attribute': attribute },
    ExpressionAttributeValues: { ':value': value },
  });
  const { Items } = await attempt(() => client.send(command));
  return ((Items ?? []) as Key[]).map(({ id }) => id);
}

/** Writes the item, whether or not there is one with that key. */
export async function put({ name, client }: Table, item: Item): Promise<void> {
  const command = new PutCommand({ TableName: name, Item: item });
  await attempt(() => client.send(command));
}

/** Deletes the item, if there is one. */
export async function remove({ name, client }: Table, key: Key): Promise<void> {
  const command = new DeleteCommand({ TableName: name, Key: { ...key } });
  await attempt(() => client.send(command));
}

export async function update({ name, client }: Table, change: Update): Promise<Outcome> {
  const command = new UpdateCommand({
    TableName: name,
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    ...updateParameters(change),
  });
  try {
    await attempt(() => client.send(command));
    return { applied: true };
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) {
      return { applied: false, ...failure(error) };
    }
    throw error;
  }
}

/** Applies all of the writes or none. The names are for the caller: they tell which write failed. */
export async function transact<Name extends string>(
  { name, client }: Table,
  writes: Readonly<Partial<Record<Name, Write>>>,
): Promise<TransactionOutcome<Name>> {
  const common = { TableName: name, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } as const;
  const named = Object.entries(writes) as [Name, Write][];
  const command = new TransactWriteCommand({
    // One token for all attempts: a transaction that was applied is not applied again.
    ClientRequestToken: randomUUID(),
    TransactItems: named.map(([, write]) => {
      if ('update' in write) return { Update: { ...common, ...updateParameters(write.update) } };
      const condition = conditionParameters(write.condition);
      return 'delete' in write
        ? { Delete: { ...common, ...condition, Key: { ...write.delete } } }
        : { Put: { ...common, ...condition, Item: write.put } };
    }),
  });
  try {
    await attempt(() => client.send(command));
    return { applied: true };
  } catch (error) {
    if (!(error instanceof TransactionCanceledException && isConditionFailed(error))) throw error;
    const failures: Partial<Record<Name, Failure>> = {};
    for (const [index, reason] of (error.CancellationReasons ?? []).entries()) {
      const failed = named[index];
      if (failed && reason.Code === 'ConditionalCheckFailed') failures[failed[0]] = failure(reason);
    }
    return { applied: false, failures };
  }
}

/** Whether a call failed as other writes of the same items kept meeting it, and not by an outage. */
export function isContention(error: unknown): boolean {
  return error instanceof AuthError && isConflict(error.cause);
}

/** Makes a call, and repeats it where the SDK does not. */
async function attempt<T>(call: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await call();
    } catch (error) {
      const conflict = isConflict(error);
      if (conflict && tries < OWN_ATTEMPTS) await backOff(tries);
      else if (conflict || isOutage(error)) throw unavailable(error);
      else throw error;
    }
  }
}

// The document client converts items in answers, but not in errors.
function failure({ Item }: { Item?: Parameters<typeof unmarshall>[0] | undefined }): Failure {
  return { found: Item && (unmarshall(Item) as Item) };
}

function isConditionFailed(error: TransactionCanceledException): boolean {
  return error.CancellationReasons?.some(({ Code }) => Code === 'ConditionalCheckFailed') ?? false;
}

/** Two writes met: neither is wrong, and one of them was not applied. */
function isConflict(error: unknown): boolean {
  if (error instanceof TransactionConflictException) return true;
  if (!(error instanceof TransactionCanceledException) || isConditionFailed(error)) return false;
  const passing = [
    'None',
    'TransactionConflict',
    'ThrottlingError',
    'ProvisionedThroughputExceeded',
  ];
  return error.CancellationReasons?.every(({ Code }) => passing.includes(Code ?? 'None')) ?? false;
}

/** Exponential, with full jitter. */
async function backOff(tries: number): Promise<void> {
  await sleep(Math.random() * OWN_RETRY_BASE_MS * 2 ** tries);
}
