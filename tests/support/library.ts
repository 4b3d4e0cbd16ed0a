/** The library on the test file's own table, with a clock that the test sets. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { Auth, type AuthSettings } from '../../lib/auth.ts';
import { DB, type DBSettings } from '../../lib/db.ts';

export const tableName = String(process.env['TABLE_NAME']);

/** Speaks to the table past the library. */
export const documents = DynamoDBDocumentClient.from(new DynamoDBClient({}));

export class Clock {
  /** Epoch seconds. */
  now = 1_795_428_000;

  advance(seconds: number): void {
    this.now += seconds;
  }
}

export function createLibrary(settings: Partial<DBSettings> & AuthSettings = {}) {
  const clock = new Clock();
  const db = new DB({ tableName, now: () => clock.now, ...settings });
  const auth = new Auth(db, { bcryptCost: 4, ...settings });
  return { auth, clock, db };
}

/** Every item of the table, in a fixed order. */
export async function scanTable(): Promise<Record<string, unknown>[]> {
  const items: Record<string, unknown>[] = [];
  let ExclusiveStartKey: Record<string, unknown> | undefined;
  do {
    const page = await documents.send(
      new ScanCommand({ TableName: tableName, ConsistentRead: true, ExclusiveStartKey }),
    );
    items.push(...(page.Items ?? []));
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey);
  const key = ({ id, item }: Record<string, unknown>): string => `${String(id)} ${String(item)}`;
  return items.sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

let emails = 0;

/** An address that no other test of the file uses. */
export function newEmail(): string {
  return `user${String(++emails)}@example.com`;
}
