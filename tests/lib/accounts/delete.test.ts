import { describe, expect, it } from 'vitest';
import { deleteUser } from '../../../lib/accounts/delete.ts';
import { isEmailTaken } from '../../../lib/users/find.ts';
import { createLibrary, newEmail, scanTable } from '../../support/library.ts';

const { app, auth, db } = createLibrary();

async function logIn(email: string, password = 'pwd'): Promise<string> {
  return (await auth.logIn(email, password)) ?? expect.fail('refused');
}

/** Somebody who has just registered and logged in. */
async function newcomer(email = newEmail()) {
  const { id } = await auth.registerUser(email, 'pwd');
  return { id, email, session_id: await logIn(email) };
}

const refused = (code: string) => expect.objectContaining({ name: 'AuthError', code });

describe('deleteUser', () => {
  it('gives the User that was, and leaves no item but sessions that expire', async () => {
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

  it('frees the address that the user has by then, and no other', async () => {
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
