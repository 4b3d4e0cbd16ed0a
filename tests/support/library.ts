/** Provides the library on the test file's own table, with a clock that the test sets. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  DynamoDBDocumentClient,
  PutCommand,
  ScanCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { randomUUID } from 'node:crypto';
import { expect, inject } from 'vitest';
import { Auth } from '../../lib/auth.ts';
import type { App } from '../../lib/db/context.ts';
import { DB, type DBSettings } from '../../lib/db.ts';
import { subjectKey, type Subject } from '../../lib/limits/attempts.ts';
import {
  cancelEmailChange,
  deleteSubject,
  disableUser,
  enableUser,
  findSessionOf,
  findSubject,
  idOf,
  showUser,
  signOutUser,
  unlockUser,
  unmarkUser,
} from '../../lib/operators/operators.ts';
import type { User } from '../../lib/users/user.ts';

export const tableName = String(process.env['TABLE_NAME']);

/** Accesses the table directly, without the library and without any proxy in front of DynamoDB. */
export const documents = DynamoDBDocumentClient.from(
  new DynamoDBClient({ endpoint: inject('dynamodb') }),
);

export class Clock {
  /** Epoch seconds, later than any real time: DynamoDB Local deletes expired items by its own clock. */
  now = Date.UTC(2100, 0, 1) / 1000;

  advance(seconds: number): void {
    this.now += seconds;
  }
}

/** Creates the library with the lowest cost of bcrypt. `app` is the context of its functions. */
export function createLibrary(settings: Partial<DBSettings> = {}) {
  const clock = new Clock();
  const db = new DB({ tableName, now: () => clock.now, bcryptCost: 4, ...settings });
  const auth = new Auth(db);

  async function logIn(email: string, password = 'pwd'): Promise<string> {
    return (await auth.logIn(email, password)) ?? expect.fail('refused');
  }

  /** Registers a user and logs in. */
  async function newcomer(email = newEmail()) {
    const { id } = await auth.registerUser(email, 'pwd');
    return { id, email, session_id: await logIn(email) };
  }

  return { app: db.app, auth, clock, db, logIn, newcomer };
}

export type Operators = ReturnType<typeof operatorsOf>;

/** Provides what operators can do, in the name of `ann`. */
export function operatorsOf(app: App) {
  const by = { actor: 'ann', reason: 'asked for' };
  return {
    idOf: (subject: string) => idOf(app, subject),
    findUser: (subject: string) => findSubject(app, subject),
    show: (id: string) => showUser(app, id, by),
    disable: (id: string) => disableUser(app, id, by),
    enable: (id: string) => enableUser(app, id, by),
    signOut: (id: string) => signOutUser(app, id, by),
    cancelEmailChange: (id: string) => cancelEmailChange(app, id, by),
    unmark: (id: string) => unmarkUser(app, id, by),
    unlock: (id: string) => unlockUser(app, id, by),
    deleteUser: (user: User) => deleteSubject(app, user, by),
    findSession: (handle: string) => findSessionOf(app, handle, by),
  };
}

/** Provides the same on the system's clock. */
export function createOperators(settings: Partial<DBSettings> = {}) {
  return { operators: operatorsOf(new DB({ tableName, ...settings }).app) };
}

/**
 * Creates a client that runs `before` ahead of each command, such as `UpdateItemCommand`. It may fail the
 * call, or make something else happen first.
 */
export function interceptedClient(before: (command: string) => Promise<void>): DynamoDBClient {
  const client = new DynamoDBClient({ endpoint: String(process.env['AWS_ENDPOINT_URL_DYNAMODB']) });
  client.middlewareStack.add(
    (next, context) => async (args) => {
      await before(String(context.commandName));
      return next(args);
    },
    { step: 'initialize', name: 'before' },
  );
  return client;
}

/** Makes the next failure the hundredth in a row, by the clock of the system. */
export async function almostLock(subject: Subject): Promise<void> {
  const now = Math.floor(Date.now() / 1000);
  const Item = {
    ...subjectKey(subject),
    ...{ count: 1, failures: 99, last_at: now - 100_000, expires_at: now + 100_000 },
  };
  await documents.send(new PutCommand({ TableName: tableName, Item }));
}

/** Returns the audit records about a user, who may be deleted, the oldest first. */
export async function auditOf(id: string): Promise<Record<string, unknown>[]> {
  const items = await scanTable();
  return items.filter((item) => item['id'] === id && String(item['item']).startsWith('audit#'));
}

/** Returns every item of the table, in a fixed order. */
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

/**
 * Makes the email of a user verified, as a token does that was sent there.
 *
 * @returns the user's id
 */
export async function markVerified(email: string): Promise<string> {
  const { id } = await createLibrary().db.findUserBy({ email });
  await documents.send(
    new UpdateCommand({
      TableName: tableName,
      Key: { id, item: 'user' },
      UpdateExpression: 'SET email_verified_at = :now',
      ExpressionAttributeValues: { ':now': 1 },
    }),
  );
  return id;
}

/** Returns an address that nobody else uses. */
export function newEmail(): string {
  return `user-${randomUUID()}@example.com`;
}
