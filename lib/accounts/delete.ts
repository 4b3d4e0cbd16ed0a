import { logEvent } from '../core/log.ts';
import { together } from '../core/together.ts';
import type { App } from '../db/context.ts';
import type { UserItem } from '../db/items.ts';
import { transact } from '../db/table.ts';
import { clearAttempts } from '../limits/attempts.ts';
import { confirmPassword, expectPassword } from '../passwords/confirm.ts';
import { checkPassword } from '../passwords/hash.ts';
import type { Client } from '../sessions/session.ts';
import { changeAs, findSession, requireSession, type SessionId } from '../sessions/use.ts';
import { removeUserWrites } from '../users/store.ts';
import { NOT_DISABLED, toUser, type User } from '../users/user.ts';

/**
 * Deletes the account of the user who is logged in and gives the password. All sessions end at once,
 * and the email is free again.
 *
 * @returns the User that was deleted
 * @throws AuthError `no_session`; `wrong_password`; `too_many_attempts`; `invalid_field`
 */
export async function deleteUser(
  app: App,
  session_id: SessionId,
  password: string,
  client: Client = {},
): Promise<User> {
  checkPassword(password);
  const found = requireSession(await findSession(app, session_id));
  const attempt = await confirmPassword(app, found.user, password, client.ip);
  const [{ user }] = await together([
    changeAs(
      app,
      found,
      (current) => removeUser(app, current.user),
      (changed) => expectPassword(app, changed, password),
    ),
    clearAttempts(app, attempt),
  ]);
  logEvent('user_deleted', { user_id: user.id });
  return toUser(user);
}

/** @returns whether the user was as read: the same password and email, and not disabled */
async function removeUser({ table }: App, user: UserItem): Promise<boolean> {
  const { hashed_password } = user;
  const condition = { equal: { hashed_password }, ...NOT_DISABLED };
  return (await transact(table, removeUserWrites(user, condition))).applied;
}
