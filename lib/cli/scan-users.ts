import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, paginateScan } from '@aws-sdk/lib-dynamodb';
import type { UserItem } from '../db/items.ts';

/**
 * Reads these attributes of all users, page by page of a scan. It may miss users who register
 * meanwhile. The library has no scan, because none of its callers should wait for one.
 */
export async function* scanUsers(
  client: DynamoDBClient,
  TableName: string,
  names: readonly string[],
): AsyncGenerator<Partial<UserItem>[]> {
  const pages = paginateScan(
    { client: DynamoDBDocumentClient.from(client) },
    {
      TableName,
      ConsistentRead: true,
      FilterExpression: '#item = :user',
      ProjectionExpression: names.map((name) => `#${name}`).join(', '),
      ExpressionAttributeNames: Object.fromEntries(
        ['item', ...names].map((name) => [`#${name}`, name]),
      ),
      ExpressionAttributeValues: { ':user': 'user' },
    },
  );
  for await (const { Items = [] } of pages) yield Items as Partial<UserItem>[];
}
