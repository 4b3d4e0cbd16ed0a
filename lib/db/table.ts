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
import { setTimeout as sleep } from 'node:timers/promises';
import { isOutage, TIME_LIMITS, unavailable } from '../aws.ts';
import { generateUuid } from '../token.ts';

/** Of what the SDK does not retry: conflicts of transactions, keys that a batch left unprocessed. */
const OWN_ATTEMPTS = 5;
const OWN_RETRY_BASE_MS = 25;

export interface Key {
  id: string;
  item: string;
}

export type Item = Key & Record<string, unknown>;

/** An attribute that has an index, named after it. */
export type IndexedAttribute = 'email' | 'session_id' | 'reset_token';

/** What must hold of the stored item for a write to be applied. */
export interface Condition {
  /** There is no item with that key. */
  absent?: true;
  equal?: Record<string, unknown>;
  greater?: Record<string, number>;
  atMost?: Record<string, number>;
  /** The item has none of these attributes. */
  missing?: readonly string[];
  /** One of these holds as well. */
  anyOf?: readonly Condition[];
}

export interface Update {
  key: Key;
  /**
   * Also where there is no item with that key, whatever the condition: it is made. Else an update
   * is applied only where there is one, and makes no ghosts.
   */
  orAbsent?: true;
  set?: Record<string, unknown>;
  add?: Record<string, number>;
  remove?: readonly string[];
  condition?: Omit<Condition, 'absent'>;
}

/** One write of a transaction. */
export type Write =
  | { put: Item; condition?: Condition }
  | { update: Update }
  | { delete: Key; condition?: Condition };

/**
 * Whether a conditional write was applied and, if not, what stood in its way: an item for each
 * write that failed its condition (absent where there was none), in the order of the writes.
 *
 * The SDK retries. A write whose answer was lost comes back as not applied, and what stands in its
 * way is what it wrote itself: the caller has to recognise it.
 */
export type Outcome = { applied: true } | { applied: false; failures: (Failure | undefined)[] };

export interface Failure {
  found: Item | undefined;
}

/**
 * All that speaks DynamoDB: a narrow face over one table, in which a failed condition is a value,
 * reads by key are strongly consistent, and DynamoDB out of reach, or throttling past the retries,
 * is an AuthError `unavailable`.
 */
export class Table {
  readonly #client: DynamoDBDocumentClient;
  readonly #name: string;

  constructor(name: string, client: DynamoDBClient) {
    this.#name = name;
    this.#client = DynamoDBDocumentClient.from(client);
  }

  async get(key: Key): Promise<Item | undefined> {
    const command = new GetCommand({ TableName: this.#name, Key: key, ConsistentRead: true });
    const { Item } = await attempt(() => this.#client.send(command));
    return Item as Item | undefined;
  }

  /** @returns the items there are, in no particular order */
  async batchGet(keys: readonly Key[]): Promise<Item[]> {
    const items: Item[] = [];
    let pending: Record<string, unknown>[] = keys.map((key) => ({ ...key }));
    for (let tries = 1; ; tries++) {
      const command = new BatchGetCommand({
        RequestItems: { [this.#name]: { Keys: pending, ConsistentRead: true } },
      });
      const { Responses, UnprocessedKeys } = await attempt(() => this.#client.send(command));
      items.push(...((Responses?.[this.#name] ?? []) as Item[]));
      // A key that was not processed says nothing about its item: asked again, never taken for absent.
      pending = UnprocessedKeys?.[this.#name]?.Keys ?? [];
      if (pending.length === 0) return items;
      if (tries === OWN_ATTEMPTS)
        throw unavailable(new Error('BatchGetItem left keys unprocessed'));
      await backOff(tries);
    }
  }

  /**
   * Every item of a partition whose `item` is that or comes after it, in their order, and in one
   * consistent look for as many as make a page of 1 MB.
   */
  async queryPartition(id: string, from: string): Promise<Item[]> {
    const items: Item[] = [];
    let ExclusiveStartKey: Record<string, unknown> | undefined;
    do {
      const command = new QueryCommand({
        TableName: this.#name,
        ConsistentRead: true,
        KeyConditionExpression: '#id = :id AND #item >= :from',
        ExpressionAttributeNames: { '#id': 'id', '#item': 'item' },
        ExpressionAttributeValues: { ':id': id, ':from': from },
        ExclusiveStartKey,
      });
      const page = await attempt(() => this.#client.send(command));
      items.push(...((page.Items ?? []) as Item[]));
      ExclusiveStartKey = page.LastEvaluatedKey;
    } while (ExclusiveStartKey);
    return items;
  }

  /**
   * The keys that an index has for a value. An index trails the table: a key may be missing, or be
   * that of an item that no longer has the value or no longer exists. Only a read of it can tell.
   */
  async queryIndex(attribute: IndexedAttribute, value: string): Promise<Key[]> {
    const command = new QueryCommand({
      TableName: this.#name,
      IndexName: `${attribute}-index`,
      KeyConditionExpression: '#attribute = :value',
      ExpressionAttributeNames: { '#attribute': attribute },
      ExpressionAttributeValues: { ':value': value },
    });
    const { Items } = await attempt(() => this.#client.send(command));
    return (Items ?? []) as Key[];
  }

  /** Writes whether or not there is an item with that key. */
  async put(item: Item): Promise<void> {
    const command = new PutCommand({ TableName: this.#name, Item: item });
    await attempt(() => this.#client.send(command));
  }

  /** Deletes whether or not there is an item with that key. */
  async delete(key: Key): Promise<void> {
    const command = new DeleteCommand({ TableName: this.#name, Key: { ...key } });
    await attempt(() => this.#client.send(command));
  }

  async update(update: Update): Promise<Outcome> {
    const command = new UpdateCommand({
      TableName: this.#name,
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      ...updateParameters(update),
    });
    return outcome(() => this.#client.send(command));
  }

  /** All of the writes or none. */
  async transact(writes: readonly Write[]): Promise<Outcome> {
    const common = {
      TableName: this.#name,
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    } as const;
    const command = new TransactWriteCommand({
      // One token for all attempts: a transaction that was applied is not applied again.
      ClientRequestToken: generateUuid(),
      TransactItems: writes.map((write) => {
        if ('update' in write) return { Update: { ...common, ...updateParameters(write.update) } };
        if ('delete' in write) {
          const condition = conditionParameters(write.condition);
          return { Delete: { ...common, ...condition, Key: { ...write.delete } } };
        }
        return { Put: { ...common, ...conditionParameters(write.condition), Item: write.put } };
      }),
    });
    return outcome(() => this.#client.send(command));
  }
}

/** A client with time limits; settings that are not given here are taken from the environment. */
export function createClient(): DynamoDBClient {
  return new DynamoDBClient(TIME_LIMITS);
}

/** Makes a call and, where the SDK does not, repeats it. */
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

/** Makes a conditional write; a failed condition is a value. */
async function outcome(call: () => Promise<unknown>): Promise<Outcome> {
  try {
    await attempt(call);
    return { applied: true };
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) {
      return { applied: false, failures: [failure(error)] };
    }
    if (error instanceof TransactionCanceledException && isConditionFailed(error)) {
      const reasons = error.CancellationReasons ?? [];
      return {
        applied: false,
        failures: reasons.map((reason) =>
          reason.Code === 'ConditionalCheckFailed' ? failure(reason) : undefined,
        ),
      };
    }
    throw error;
  }
}

// What the document client does for answers, it does not do for errors.
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

/** Names are aliased, as many are reserved words; values never become part of an expression. */
class Expression {
  readonly #names: Record<string, string> = {};
  readonly #values: Record<string, unknown> = {};

  name(attribute: string): string {
    this.#names[`#${attribute}`] = attribute;
    return `#${attribute}`;
  }

  value(value: unknown): string {
    const alias = `:v${String(Object.keys(this.#values).length)}`;
    this.#values[alias] = value;
    return alias;
  }

  condition({ absent, missing = [], anyOf, ...compared }: Condition): string[] {
    const { equal = {}, greater = {}, atMost = {} } = compared;
    return [
      ...(absent ? [`attribute_not_exists(${this.name('id')})`] : []),
      ...this.#each(equal, '='),
      ...this.#each(greater, '>'),
      ...this.#each(atMost, '<='),
      ...missing.map((key) => `attribute_not_exists(${this.name(key)})`),
      ...(anyOf
        ? [`(${anyOf.map((each) => this.condition(each).join(' AND ')).join(' OR ')})`]
        : []),
    ];
  }

  update({ set = {}, add = {}, remove = [] }: Update): string {
    const added = Object.entries(add).map(([key, by]) => `${this.name(key)} ${this.value(by)}`);
    const removed = remove.map((key) => this.name(key));
    return Object.entries({ SET: this.#each(set, '='), ADD: added, REMOVE: removed })
      .filter(([, actions]) => actions.length > 0)
      .map(([verb, actions]) => `${verb} ${actions.join(', ')}`)
      .join(' ');
  }

  exists(): string {
    return `attribute_exists(${this.name('id')})`;
  }

  attributes() {
    return {
      ExpressionAttributeNames: this.#names,
      // DynamoDB refuses an empty map here.
      ...(Object.keys(this.#values).length > 0 && { ExpressionAttributeValues: this.#values }),
    };
  }

  #each(operands: Record<string, unknown>, operator: string): string[] {
    return Object.entries(operands).map(
      ([key, operand]) => `${this.name(key)} ${operator} ${this.value(operand)}`,
    );
  }
}

function updateParameters(update: Update) {
  const expression = new Expression();
  const condition = [expression.exists(), ...expression.condition(update.condition ?? {})];
  return {
    Key: { ...update.key },
    UpdateExpression: expression.update(update),
    ConditionExpression:
      (update.orAbsent ? `NOT ${expression.exists()} OR ` : '') + condition.join(' AND '),
    ...expression.attributes(),
  };
}

function conditionParameters(condition: Condition | undefined) {
  if (!condition) return {};
  const expression = new Expression();
  return {
    ConditionExpression: expression.condition(condition).join(' AND '),
    ...expression.attributes(),
  };
}
