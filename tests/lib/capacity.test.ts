/**
 * The capacity units that each operation uses, by DynamoDB's own count: what a request costs. Not the
 * units of transactions and of reads that miss, which DynamoDB Local counts otherwise than DynamoDB.
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

describe('the capacity units of', () => {
  it('a profile: two items read consistently', async () => {
    await auth.getUserFromSessionId(session_id);
    expect(units).toEqual({ read: 2, write: 0 });
  });

  it('a login: an index and the user read, the session indexed, attempts counted and cleared', async () => {
    await auth.logIn(email, 'pwd');
    expect(units).toEqual({ read: 1.5, write: 4 });
  });

  it('a login with a wrong password: an attempt counted', async () => {
    await auth.logIn(email, 'wrong');
    expect(units).toEqual({ read: 1.5, write: 1 });
  });

  it('a logout: the session deleted, from its index too', async () => {
    await auth.logOut(session_id);
    expect(units).toEqual({ read: 2, write: 2 });
  });

  it('a list of sessions: two items and then all of the user’s read, 4 kB a unit', async () => {
    await listSessions(app, session_id);
    expect(units).toEqual({ read: 3, write: 0 });
  });

  it('a list of sessions: nothing more for what operators did, however much it is', async () => {
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

  it('ending one of them: the session deleted besides, from its index too', async () => {
    const [session] = await listSessions(app, session_id);
    units = { read: 0, write: 0 };
    await endSession(app, session_id, String(session?.id));
    expect(units).toEqual({ read: 3, write: 2 });
  });

  it('a password that is asked for again, and wrong: an attempt counted', async () => {
    await expect(deleteUser(app, session_id, 'wrong')).rejects.toThrow();
    expect(units).toEqual({ read: 2, write: 1 });
  });

  it('asking for a reset token: the first is added to its index, the next replaces it', async () => {
    await auth.getResetPasswordToken(email);
    expect(units).toEqual({ read: 1.5, write: 2 });
    await auth.getResetPasswordToken(email);
    expect(units).toEqual({ read: 3, write: 5 });
  });

  it('redeeming it: the user read, written, and taken from the index, attempts cleared', async () => {
    const token = await uncounted.getResetPasswordToken(email);
    await auth.updatePassword(token, 'new', email);
    expect(units).toEqual({ read: 1, write: 3 });
  });

  it('asking for a verification: an index and the user read, the token written', async () => {
    await getVerificationToken(app, email);
    expect(units).toEqual({ read: 1.5, write: 1 });
  });

  it('asking for another email: attempts and askings counted, the token written', async () => {
    const change = await requestEmailChange(app, session_id, 'pwd', newEmail());
    expect(units).toEqual({ read: 2, write: 3 });
    await getChangeToken(app, change);
    // Beside the marker of the new email, of which there is none.
    expect(units.write).toBe(4);
  });
});
