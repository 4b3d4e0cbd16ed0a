/** The library on the test file's own table, with a clock that the test sets. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { randomUUID } from 'node:crypto';
import { inject } from 'vitest';
import { AccountDB } from '../../lib/account-db.ts';
import { Accounts } from '../../lib/accounts.ts';
import { Auth, type AuthSettings } from '../../lib/auth.ts';
import type { DBSettings } from '../../lib/db.ts';
import {
  EmailVerificationDB,
  type EmailVerificationSettings,
} from '../../lib/email-verification-db.ts';
import { EmailVerification } from '../../lib/email-verification.ts';
import { OperatorDB } from '../../lib/operator-db.ts';
import { Operators } from '../../lib/operators.ts';
import type { PasswordRule } from '../../lib/password-policy.ts';

export const tableName = String(process.env['TABLE_NAME']);

/** Speaks to the table past the library, and past whatever stands between that and DynamoDB. */
export const documents = DynamoDBDocumentClient.from(
  new DynamoDBClient({ endpoint: inject('dynamodb') }),
);

export class Clock {
  /** Epoch seconds; later than any real one, as DynamoDB Local deletes what expired by its own clock. */
  now = Date.UTC(2100, 0, 1) / 1000;

  advance(seconds: number): void {
    this.now += seconds;
  }
}

export function createLibrary(
  settings: Partial<EmailVerificationSettings> & AuthSettings = {},
  passwordRules: PasswordRule[] = [],
) {
  const clock = new Clock();
  const db = new AccountDB({ tableName, now: () => clock.now, ...settings });
  const auth = new Auth(db, { bcryptCost: 4, ...settings }, passwordRules);
  const accounts = new Accounts(db, { bcryptCost: 4, ...settings }, passwordRules);
  const emailDb = new EmailVerificationDB({ tableName, now: () => clock.now, ...settings });
  const emails = new EmailVerification(emailDb);
  return { accounts, auth, clock, db, emailDb, emails };
}

/** What operators do, as one of the name `ann`; `db` is what it is made of. */
export function createOperators(settings: Partial<DBSettings> = {}) {
  const db = new OperatorDB({ tableName, ...settings });
  return { db, operators: new Operators(db, { actor: 'ann', reason: 'asked for' }) };
}

/** What is on record of operators' acts, of a user who is there or not, the oldest first. */
export async function auditOf(id: string): Promise<Record<string, unknown>[]> {
  const items = await scanTable();
  return items.filter((item) => item['id'] === id && String(item['item']).startsWith('audit#'));
}

/** Every item of the table, in a fixed order. */
export async function scanTable(
  client: DynamoDBDocumentClient = documents,
): Promise<Record<string, unknown>[]> {
  const items: Record<string, unknown>[] = [];
  let ExclusiveStartKey: Record<string, unknown> | undefined;
  do {
    const page = await client.send(
      new ScanCommand({ TableName: tableName, ConsistentRead: true, ExclusiveStartKey }),
    );
    items.push(...(page.Items ?? []));
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey);
  const key = ({ id, item }: Record<string, unknown>): string => `${String(id)} ${String(item)}`;
  return items.sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

/** An address that nobody else uses. */
export function newEmail(): string {
  return `user-${randomUUID()}@example.com`;
}
