/**
 * What each operation costs, in the capacity units that DynamoDB counts. Transactions and reads
 * that find nothing are left out, as DynamoDB Local counts them differently than DynamoDB.
 */
import { DynamoDBClient, type ConsumedCapacity } from '@aws-sdk/client-dynamodb';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { beforeEach, describe, expect, it } from 'vitest';
import { createLibrary, documents, newEmail, tableName } from '../support/library.ts';
import { endSession, listSessions } from '../../lib/sessions/manage.ts';
import { deleteUser } from '../../lib/accounts/delete.ts';
import { getChangeToken, requestEmailChange } from '../../lib/emails/change.ts';
import { getVerificationToken } from '../../lib/emails/verify.ts';

const READS = ['GetItemCommand', 'BatchGetItemCommand', 'QueryCommand'];

let units = { read: 0, write: 0 };

const client = new DynamoDBClient({});
client.middlewareStack.add(
  (next, { commandName = '' }) =>
    async (args) => {
      Object.assign(args.input, { ReturnConsumedCapacity: 'INDEXES' });
      const result = await next(args);
      const { ConsumedCapacity } = result.output as {
        ConsumedCapacity?: ConsumedCapacity | ConsumedCapacity[];
      };
      for (const { CapacityUnits = 0 } of [ConsumedCapacity ?? []].flat()) {
        units[READS.includes(commandName) ? 'read' : 'write'] += CapacityUnits;
      }
      return result;
    },
  { step: 'initialize' },
);

const { app, auth } = createLibrary({ client });
const { auth: uncounted } = createLibrary();

let email: string;
let session_id: string;

beforeEach(async () => {
  email = newEmail();
  await uncounted.registerUser(email, 'pwd');
  session_id = (await uncounted.logIn(email, 'pwd')) ?? expect.fail('refused');
  units = { read: 0, write: 0 };
});

describe('the cost in capacity units', () => {
  it('of a profile is two consistent reads', async () => {
    await auth.getUserFromSessionId(session_id);
    expect(units).toEqual({ read: 2, write: 0 });
  });

  it('of a login is a read of an index, of the user and of the sessions, and writes of the session, its index and the attempts', async () => {
    await auth.logIn(email, 'pwd');
    expect(units).toEqual({ read: 2, write: 4 });
  });

  it('of a login with a hundred sessions is a read of all of them, and the deletion of the oldest', async () => {
    for (let i = 0; i < 100; i++) await uncounted.createSession(email);
    units = { read: 0, write: 0 };
    await auth.logIn(email, 'pwd');
    expect(units.write).toBe(6);
    // With the longest user agent a session has 700 bytes, and the read costs 9 units.
    expect(units.read).toBeGreaterThan(2);
    expect(units.read).toBeLessThan(10.5);
  });

  it('of a login with a wrong password is the reads of a login and one write, which counts the attempt', async () => {
    await auth.logIn(email, 'wrong');
    expect(units).toEqual({ read: 1.5, write: 1 });
  });

  it('of a logout is two reads and the deletion of the session from the table and from its index', async () => {
    await auth.logOut(session_id);
    expect(units).toEqual({ read: 2, write: 2 });
  });

  it('of a list of sessions is a read of two items and one of all items of the user, at 4 kB a unit', async () => {
    await listSessions(app, session_id);
    expect(units).toEqual({ read: 3, write: 0 });
  });

  it('of a list of sessions does not grow with the record of what operators did', async () => {
    const [id = ''] = session_id.split('.');
    const Item = {
      id,
      item: 'audit#x',
      act: 'show',
      actor: 'ann',
      at: 1,
      reason: 'x'.repeat(9000),
    };
    await documents.send(new PutCommand({ TableName: tableName, Item }));
    await listSessions(app, session_id);
    expect(units).toEqual({ read: 3, write: 0 });
  });

  it('of ending a listed session is that of the list and the deletion from the table and from its index', async () => {
    const [session] = await listSessions(app, session_id);
    units = { read: 0, write: 0 };
    await endSession(app, session_id, String(session?.id));
    expect(units).toEqual({ read: 3, write: 2 });
  });

  it('of a wrong password in a session is two reads and one write, which counts the attempt', async () => {
    await expect(deleteUser(app, session_id, 'wrong')).rejects.toThrow();
    expect(units).toEqual({ read: 2, write: 1 });
  });

  it('of a reset token is less for the first one than for one that replaces another in its index', async () => {
    await auth.getResetPasswordToken(email);
    expect(units).toEqual({ read: 1.5, write: 2 });
    await auth.getResetPasswordToken(email);
    expect(units).toEqual({ read: 3, write: 5 });
  });

  it('of a password reset is a read of the user, and writes of the user, the index and both counts of attempts', async () => {
    const token = await uncounted.getResetPasswordToken(email);
    await auth.updatePassword(token, 'new', email);
    expect(units).toEqual({ read: 1, write: 4 });
  });

  it('of a verification token is a read of an index and of the user, and a write of the token', async () => {
    await getVerificationToken(app, email);
    expect(units).toEqual({ read: 1.5, write: 1 });
  });

  it('of a change of email is two reads, and writes that count attempts and requests and store the change', async () => {
    const request = { session_id, password: 'pwd', email: newEmail() };
    await requestEmailChange(app, request);
    expect(units).toEqual({ read: 2, write: 4 });
    units = { read: 0, write: 0 };
    await getChangeToken(app, request);
    // DynamoDB Local counts the read of the new email's marker, which does not exist, otherwise.
    expect(units.write).toBe(4);
  });
});
