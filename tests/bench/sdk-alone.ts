/** Makes one call through the SDK, without our code: what the SDK alone adds to a start. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { BatchGetCommand, DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

const client = DynamoDBDocumentClient.from(new DynamoDBClient({}));

export async function handler() {
  const Keys = [{ id: 'a', item: 'user' }];
  const RequestItems = { users: { Keys, ConsistentRead: true } };
  const { Responses } = await client.send(new BatchGetCommand({ RequestItems }));
  return { statusCode: 200, body: JSON.stringify(Responses) };
}
