import { describe, expect, it } from 'vitest';
import { deleteUser } from '../../../lib/accounts/delete.ts';
import { isEmailTaken } from '../../../lib/users/find.ts';
import { reauthenticationOf, subjectKey } from '../../../lib/limits/attempts.ts';
import { hashPassword } from '../../../lib/passwords/hash.ts';
import { createLibrary, interceptedClient, newEmail, scanTable } from '../../support/library.ts';

const { app, auth, db, newcomer } = createLibrary();

const refused = (code: string) => expect.objectContaining({ name: 'AuthError', code });

describe('deleteUser', () => {
  it('returns the deleted user, and leaves only sessions, which expire', async () => {
    const { id, email, session_id } = await newcomer();
    expect(await deleteUser(app, session_id, 'pwd')).toMatchObject({ id, email });
    await expect(db.findUserBy({ id })).rejects.toThrow(refused('user_not_found'));
    const left = (await scanTable()).filter(
      (item) => item['id'] === id || item['user_id'] === id || item['email'] === email,
    );
    expect(left).toEqual([
      expect.objectContaining({
        item: expect.stringMatching(/^session#/),
        expires_at: expect.any(Number),
      }),
    ]);
  });

  it('clears the failed attempts to confirm the password', async () => {
    const { id: user_id, session_id } = await newcomer();
    await expect(deleteUser(app, session_id, 'no')).rejects.toThrow(refused('wrong_password'));
    const attempts = async () =>
      (await scanTable()).filter(({ id }) => id === subjectKey(reauthenticationOf(user_id)).id);
    expect(await attempts()).toHaveLength(1);
    await deleteUser(app, session_id, 'pwd');
    expect(await attempts()).toEqual([]);
  });

  it('refuses a password that is replaced during the deletion while the session stays live', async () => {
    const { id, session_id } = await newcomer();
    const hashed_password = await hashPassword('other', 4);
    let isReplaced = false;
    const client = interceptedClient(async (command) => {
      if (isReplaced || command !== 'TransactWriteItemsCommand') return;
      isReplaced = true;
      await db.updateUser(id, { hashed_password, session_id });
    });
    const overtaken = createLibrary({ client, now: app.now }).app;
    await expect(deleteUser(overtaken, session_id, 'pwd')).rejects.toThrow(
      refused('wrong_password'),
    );
    await deleteUser(app, session_id, 'other');
  });

  it('frees the current address of the user and no other address', async () => {
    const { id, email, session_id } = await newcomer();
    const [moved, neighbour] = [newEmail(), newEmail()];
    await db.updateUser(id, { email: moved });
    const { id: other } = await auth.registerUser(email, 'pwd');
    await auth.registerUser(neighbour, 'pwd');
    await deleteUser(app, session_id, 'pwd');
    expect(await isEmailTaken(app, moved)).toBe(false);
    expect(await db.findUserBy({ email })).toMatchObject({ id: other });
    expect(await isEmailTaken(app, neighbour)).toBe(true);
  });
});
