/** Values that only an index finds, and may miss while it trails: see index-lag.test.ts. */
import { describe, expect, it } from 'vitest';
import { logIn } from '../../lib/login/password.ts';
import { createLibrary, newEmail } from '../support/library.ts';

const { app, auth, db } = createLibrary();

const addUser = () => db.addUser(newEmail(), '$2b$hash');

describe('DB.findUserBy', () => {
  it('finds the user of a session id or a reset token that does not name its owner', async () => {
    const user = await addUser();
    await db.updateUser(user.id, { session_id: 'my-session', reset_token: 'my-token' });
    expect(await db.findUserBy({ session_id: 'my-session' })).toMatchObject({ id: user.id });
    expect(await db.findUserBy({ reset_token: 'my-token' })).toMatchObject({ id: user.id });
    // Once another user has the values, only that user is found, whatever the index still has.
    const other = await addUser();
    await db.updateUser(user.id, { reset_token: null, session_id: null });
    await db.updateUser(other.id, { session_id: 'my-session', reset_token: 'my-token' });
    expect(await db.findUserBy({ session_id: 'my-session' })).toMatchObject({ id: other.id });
    expect(await db.findUserBy({ reset_token: 'my-token' })).toMatchObject({ id: other.id });
  });
});

describe('a login', () => {
  it('ends a session that the client sends and that does not name its owner', async () => {
    const { id, email } = await auth.registerUser(newEmail(), 'pwd');
    const presented = newEmail();
    await db.updateUser(id, { session_id: presented });
    expect(await auth.getUserFromSessionId(presented)).toMatchObject({ id });
    await logIn(app, email, 'pwd', {}, { presented });
    expect(await auth.getUserFromSessionId(presented)).toBeNull();
  });
});
