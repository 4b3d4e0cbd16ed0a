import { CreateTableCommand, DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { afterAll, describe, expect, it } from 'vitest';
import { openDoor } from '../../../lib/emulator/door.mjs';
import { startDynamoDBLocal } from '../../../lib/emulator/dynamodb-local.mjs';

const database = await startDynamoDBLocal({ isShared: false });
const doors = await Promise.all(
  [1, 2].map(() => openDoor(database.endpoint, '0123456789abcdef0123456789abcdef')),
);
afterAll(() => database.stop());

const [door = ''] = doors;

const clientOf = (endpoint: string, accessKeyId: string, region: string) =>
  new DynamoDBClient({ endpoint, region, credentials: { accessKeyId, secretAccessKey: 'x' } });

async function tablesOf(client: DynamoDBClient): Promise<string[] | undefined> {
  return (await client.send(new ListTablesCommand({}))).TableNames;
}

describe('the way to DynamoDB Local', () => {
  it('is one for all access keys and regions, and on the loopback interface', async () => {
    await clientOf(door, 'local', 'us-east-1').send(
      new CreateTableCommand({
        TableName: 'users',
        AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
        BillingMode: 'PAY_PER_REQUEST',
      }),
    );
    for (const each of doors) {
      expect(new URL(each).hostname).toBe('127.0.0.1');
      expect(await tablesOf(clientOf(each, 'AKIAEXAMPLE', 'eu-west-1'))).toEqual(['users']);
    }
  });

  it('is the only one to the data: DynamoDB Local, which other machines reach, shows none', async () => {
    expect(await tablesOf(clientOf(database.endpoint, 'local', 'us-east-1'))).toEqual([]);
  });

  it.each(['//127.0.0.1:1/page.html', '//', '/shell', 'http://127.0.0.1:1/'])(
    'passes nothing on but requests for DynamoDB itself: %s',
    async (path) => {
      const { hostname, port } = new URL(door);
      const sent = request({ hostname, port, path }).end();
      const [answer] = (await once(sent, 'response')) as [IncomingMessage];
      answer.resume();
      expect(answer.statusCode).toBe(404);
      expect(await tablesOf(clientOf(door, 'local', 'us-east-1'))).toEqual(['users']);
    },
  );

  it('finds a free port if another emulator has its port', () => {
    expect(new Set(doors).size).toBe(2);
  });
});
