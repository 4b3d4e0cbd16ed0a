import { compare } from 'bcryptjs';
import { describe, expect, it, vi } from 'vitest';
import { deleteUser } from '../../../lib/accounts/delete.ts';
import type { App } from '../../../lib/db/context.ts';
import { changePassword } from '../../../lib/passwords/change.ts';
import { endOtherSessions } from '../../../lib/sessions/manage.ts';
import { createLibrary, interceptedClient, newEmail } from '../../support/library.ts';

// Counts the calls, and lets the real functions run.
vi.mock('bcryptjs', { spy: true });

const { app, auth, db, logIn, newcomer } = createLibrary();

const isLive = async (session_id: string): Promise<boolean> =>
  (await auth.getUserFromSessionId(session_id)) !== null;

const refused = (code: string) => expect.objectContaining({ name: 'AuthError', code });

describe('changePassword', () => {
  it('sets the new password, and returns the id, the email and a valid session', async () => {
    const { id, email, session_id } = await newcomer();
    const user = await changePassword(app, session_id, 'pwd', 'new');
    expect(user).toEqual({ id, email, session_id: expect.any(String) });
    expect(await db.findUserBy(user)).toMatchObject(user);
    expect(await auth.validLogin(email, 'new')).toBe(true);
    expect(await isLive(session_id)).toBe(false);
  });

  it('counts no attempt for a new password that the rules refuse', async () => {
    const strict = createLibrary({ refuseCommonPasswords: true }).app;
    const { email, session_id } = await newcomer();
    for (let i = 0; i < 6; i++) {
      await expect(changePassword(strict, session_id, 'pwd', 'password1')).rejects.toThrow(
        'new_password is one of the most common passwords',
      );
    }
    await logIn(email);
  });

  it('hashes at the configured cost', async () => {
    const dearer = createLibrary({ bcryptCost: 5 }).app;
    const { id, session_id } = await newcomer();
    await changePassword(dearer, session_id, 'pwd', 'new');
    const { hashed_password } = await db.findUserBy({ id });
    expect(hashed_password).toMatch(/^\$2b\$05\$/);
  });
});

describe("a change of one's own account while other requests keep changing it", () => {
  it.each<[string, (own: App, session_id: string) => Promise<unknown>]>([
    ['changePassword', (own, id) => changePassword(own, id, 'pwd', 'new')],
    ['deleteUser', (own, id) => deleteUser(own, id, 'pwd')],
  ])('is refused as a conflict, and verifies the password once: %s', async (_, act) => {
    const { id, session_id } = await newcomer();
    const client = interceptedClient(async (command) => {
      if (command !== 'TransactWriteItemsCommand') return;
      await endOtherSessions(app, session_id);
      await db.updateUser(id, { email: newEmail() });
    });
    const met = createLibrary({ client }).app;
    vi.mocked(compare).mockClear();
    await expect(act(met, session_id)).rejects.toThrow(refused('conflict'));
    expect(vi.mocked(compare)).toHaveBeenCalledTimes(1);
    expect(await isLive(session_id)).toBe(true);
  });
});

describe('the password that a session has to confirm', () => {
  it('is refused as too long if bcrypt would cut it short', async () => {
    const { session_id } = await newcomer();
    const long = 'x'.repeat(73);
    await expect(deleteUser(app, session_id, long)).rejects.toThrow(refused('password_too_long'));
    await expect(changePassword(app, session_id, long, 'new')).rejects.toThrow(/^password /);
  });
});
