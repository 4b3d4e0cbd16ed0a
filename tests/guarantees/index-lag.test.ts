/**
 * Indexes that are frozen while the table changes. They hold entries that have since been changed,
 * deleted or registered again. The whole functional suite also runs with indexes that trail or are
 * empty: see vitest.config.ts.
 */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { startLaggingIndex, type LaggingIndex } from '../support/lagging-index.ts';
import { createLibrary, documents, newEmail, tableName } from '../support/library.ts';
import { clientWith } from '../support/settings.ts';

type Client = typeof import('../support/client.ts');

let index: LaggingIndex;
let client: Client;

beforeAll(async () => {
  index = await startLaggingIndex(inject('dynamodb'), 0);
  client = await clientWith({ AWS_ENDPOINT_URL_DYNAMODB: index.url });
});

afterAll(() => index.stop());

/** Creates a library whose reads and writes pass through the same indexes. */
function library() {
  return createLibrary({ client: new DynamoDBClient({ endpoint: index.url }) });
}

/** Deletes the user directly in the table. The frozen indexes keep the user. */
async function deleteUser(id: string, email: string): Promise<void> {
  const keys = [
    { id, item: 'user' },
    { id: `email#${email}`, item: 'marker' },
  ];
  await documents.send(
    new TransactWriteCommand({
      TransactItems: keys.map((Key) => ({ Delete: { TableName: tableName, Key } })),
    }),
  );
}

describe('with frozen indexes', () => {
  it('an address belongs only to its current user', async () => {
    index.trailBy(0);
    const { db } = library();
    const [ann, bob] = [
      await client.register({ password: 'anns' }),
      await client.register({ password: 'bobs' }),
    ];
    const [{ id: annId }, { id: bobId }] = [
      await db.findUserBy({ email: ann.email }),
      await db.findUserBy({ email: bob.email }),
    ];
    index.freeze();
    const annsNew = newEmail();
    await db.updateUser(annId, { email: annsNew });
    await db.updateUser(bobId, { email: ann.email });

    expect(await client.canLogIn({ email: ann.email, password: 'bobs' })).toBe(true);
    expect(await client.canLogIn({ email: ann.email, password: 'anns' })).toBe(false);
    expect(await client.canLogIn({ email: annsNew, password: 'anns' })).toBe(true);
    expect(await client.canLogIn({ email: bob.email, password: 'bobs' })).toBe(false);
    expect(await db.findUserBy({ email: ann.email })).toMatchObject({ id: bobId });
    await expect(db.findUserBy({ email: bob.email })).rejects.toMatchObject({
      code: 'user_not_found',
    });
    // A reset for the address sets the password of its current user.
    const reset_token = await client.askForToken({ email: ann.email });
    const form = { email: ann.email, reset_token, new_password: 'bobs new' };
    expect((await client.request('PUT /reset_password', { form })).status).toBe(200);
    expect(await client.canLogIn({ email: ann.email, password: 'bobs new' })).toBe(true);
    expect(await client.canLogIn({ email: annsNew, password: 'anns' })).toBe(true);
    // Bob's former address can be registered once.
    await client.register({ email: bob.email });
    expect((await client.request('POST /users', { form: { ...bob } })).status).toBe(400);
  });

  it('a deleted account stays deleted, and a new registration creates a new account', async () => {
    index.trailBy(0);
    const { db } = library();
    const old = await client.register({ password: 'old' });
    const session = await client.logIn(old);
    const token = await client.askForToken(old);
    const { id } = await db.findUserBy({ email: old.email });
    index.freeze();
    await deleteUser(id, old.email);

    expect(await client.canLogIn(old)).toBe(false);
    expect(await client.isLive(session)).toBe(false);
    expect(
      (await client.request('POST /reset_password', { form: { email: old.email } })).status,
    ).toBe(403);

    const fresh = await client.register({ email: old.email, password: 'new' });
    expect(await client.canLogIn(old)).toBe(false);
    expect(await client.isLive(session)).toBe(false);
    const form = { email: old.email, reset_token: token, new_password: 'taken over' };
    expect((await client.request('PUT /reset_password', { form })).status).toBe(403);
    expect(await client.isLive(await client.logIn(fresh))).toBe(true);
  });

  it('an ended session and a replaced token or password are invalid', async () => {
    index.trailBy(0);
    const user = await client.register({ password: 'old' });
    const [session, ended] = [await client.logIn(user), await client.logIn(user)];
    const older = await client.askForToken(user);
    index.freeze();

    expect((await client.withSession('DELETE /sessions', ended)).status).toBe(302);
    expect(await client.isLive(ended)).toBe(false);
    const newer = await client.askForToken(user);
    const reset = (reset_token: string, new_password: string) =>
      client.request('PUT /reset_password', {
        form: { email: user.email, reset_token, new_password },
      });
    expect((await reset(older, 'by the older')).status).toBe(403);
    expect((await reset(newer, 'new')).status).toBe(200);
    expect((await reset(newer, 'again')).status).toBe(403);
    expect(await client.isLive(session)).toBe(false);
    expect(await client.canLogIn(user)).toBe(false);
    expect(await client.canLogIn({ ...user, password: 'new' })).toBe(true);
  });

  it('a value that does not name its owner may be missed, but never finds the wrong user', async () => {
    index.trailBy(0);
    const { db } = library();
    const [ann, bob] = [
      await db.addUser(newEmail(), '$2b$a'),
      await db.addUser(newEmail(), '$2b$b'),
    ];
    const values = { session_id: 'my-session', reset_token: 'my-token' };
    await db.updateUser(ann.id, values);
    index.freeze();
    for (const attribute of ['session_id', 'reset_token'] as const) {
      const wanted = { [attribute]: values[attribute] };
      expect(await db.findUserBy(wanted)).toMatchObject({ id: ann.id });
    }
    await db.updateUser(ann.id, { session_id: null, reset_token: null });
    await db.updateUser(bob.id, values);
    for (const attribute of ['session_id', 'reset_token'] as const) {
      const wanted = { [attribute]: values[attribute] };
      await expect(db.findUserBy(wanted)).rejects.toMatchObject({ code: 'user_not_found' });
    }
    index.trailBy(0);
    expect(await db.findUserBy({ session_id: 'my-session' })).toMatchObject({ id: bob.id });
    expect(await db.findUserBy({ reset_token: 'my-token' })).toMatchObject({ id: bob.id });
  });
});
