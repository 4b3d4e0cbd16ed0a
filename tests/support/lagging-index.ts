/**
 * Simulates indexes that lag behind their table, which DynamoDB Local never does. A proxy between the SDK
 * and DynamoDB Local answers index queries from a record of what the table held a while ago.
 *
 * All writes must pass through the proxy, as it records them. All indexes lag by the same time.
 */
import { DynamoDBClient, GetItemCommand, type AttributeValue } from '@aws-sdk/client-dynamodb';
import { reply, startProxy, type Call, type Input } from './proxy.ts';

interface Key {
  id: AttributeValue;
  item: AttributeValue;
}

interface Entry {
  at: number;
  table: string;
  key: Key;
  /** Absent when the item was deleted. */
  item: Record<string, AttributeValue> | undefined;
}

export interface LaggingIndex {
  url: string;
  /** Freezes the indexes: they stay as the table is now. */
  freeze: () => void;
  /** Makes the indexes lag by that time from now on. */
  trailBy: (ms: number) => void;
  stop: () => Promise<void>;
}

/**
 * Starts the proxy.
 *
 * @param target the URL of DynamoDB Local
 * @param lag in milliseconds; with `empty`, the indexes stay as they were before the first write
 */
export async function startLaggingIndex(
  target: string,
  lag: number | 'empty',
): Promise<LaggingIndex> {
  const client = new DynamoDBClient({
    endpoint: target,
    region: 'local',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  const history: Entry[] = [];
  let trailsBy = lag === 'empty' ? 0 : lag;
  // Tests change the date, but not this clock.
  let frozenAt = lag === 'empty' ? performance.now() : undefined;

  async function learn({ operation, input }: Call): Promise<void> {
    for (const { table, key } of writtenKeys(operation, input)) {
      const { Item } = await client.send(
        new GetItemCommand({ TableName: table, Key: { ...key }, ConsistentRead: true }),
      );
      history.push({ at: performance.now(), table, key, item: Item });
    }
  }

  function query({ TableName, IndexName, ExpressionAttributeValues }: Input): object {
    const asOf = frozenAt ?? performance.now() - trailsBy;
    const attribute = String(IndexName).replace(/-index$/, '');
    const [wanted] = Object.values(ExpressionAttributeValues ?? {});
    const entries = new Map<string, Entry>();
    for (const entry of history) {
      if (entry.at > asOf || entry.table !== TableName) continue;
      entries.set(`${String(entry.key.id.S)} ${String(entry.key.item.S)}`, entry);
    }
    const Items = [...entries.values()]
      .filter(({ item }) => item?.[attribute]?.S === wanted?.S)
      .map(({ key, item }) => ({ ...key, [attribute]: item?.[attribute] }));
    return { Items, Count: Items.length, ScannedCount: Items.length };
  }

  const proxy = await startProxy(target, async (call, forward) => {
    if (call.input.IndexName !== undefined) return reply(200, query(call.input));
    const answer = await forward();
    // Recorded before the writer gets its answer: whatever it reads afterwards is in the record.
    if (answer.status === 200) await learn(call);
    return answer;
  });
  return {
    url: proxy.url,
    freeze: () => {
      frozenAt = performance.now();
    },
    trailBy: (ms) => {
      trailsBy = ms;
      frozenAt = undefined;
    },
    stop: async () => {
      await proxy.stop();
      client.destroy();
    },
  };
}

function writtenKeys(operation: string, input: Input): Pick<Entry, 'table' | 'key'>[] {
  if (operation === 'TransactWriteItems') {
    return (input.TransactItems ?? [])
      .flatMap((write) => Object.entries(write))
      .flatMap(([verb, each]) => writtenKeys(`${verb}Item`, each));
  }
  const { TableName: table = '' } = input;
  const { id, item } = (operation === 'PutItem' ? input.Item : input.Key) ?? {};
  const writes = ['PutItem', 'UpdateItem', 'DeleteItem'].includes(operation);
  return writes && id && item ? [{ table, key: { id, item } }] : [];
}
