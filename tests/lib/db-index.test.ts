/** What is found by an index alone, and so may be missed while it trails: see index-lag.test.ts. */
import { describe, expect, it } from 'vitest';
import { createLibrary, newEmail } from '../support/library.ts';

const { db } = createLibrary();

const addUser = () => db.addUser(newEmail(), '$2b$hash');

describe('DB.findUserBy, of a value that does not name its owner', () => {
  it('finds by a session id and a reset token of any other form, by their index', async () => {
    const user = await addUser();
    await db.updateUser(user.id, { session_id: 'my-session', reset_token: 'my-token' });
    expect(await db.findUserBy({ session_id: 'my-session' })).toMatchObject({ id: user.id });
    expect(await db.findUserBy({ reset_token: 'my-token' })).toMatchObject({ id: user.id });
    // One that is given to another user is the other's alone, whatever the index still has.
    const other = await addUser();
    await db.updateUser(user.id, { reset_token: null, session_id: null });
    await db.updateUser(other.id, { session_id: 'my-session', reset_token: 'my-token' });
    expect(await db.findUserBy({ session_id: 'my-session' })).toMatchObject({ id: other.id });
    expect(await db.findUserBy({ reset_token: 'my-token' })).toMatchObject({ id: other.id });
  });
});
