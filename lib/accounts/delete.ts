import { logEvent } from '../core/log.ts';
import { together } from '../core/together.ts';
import { digest } from '../core/token.ts';
import type { App } from '../db/context.ts';
import { deletionKey, NOTICE_SECONDS, type DeletionItem, type UserItem } from '../db/items.ts';
import { get, transact } from '../db/table.ts';
import { clearAttempts } from '../limits/attempts.ts';
import { confirmPassword, expectPassword, type OnLock } from '../passwords/confirm.ts';
import { checkGivenPassword } from '../passwords/hash.ts';
import { changeAs, findSession, requireSession, type SessionId } from '../sessions/use.ts';
import { removeUserWrites } from '../users/store.ts';
import { NOT_DISABLED, toUser, type User } from '../users/user.ts';

/**
 * Deletes the account of the user who is logged in and gives the password. All sessions end at once,
 * and the email is free again.
 *
 * @param withNotice whether the owner of a verified email is told by mail: see findDeletion
 * @returns the User that was deleted, and whether there is something to tell the owner
 * @throws AuthError `no_session`; `wrong_password`; `too_many_attempts`; `invalid_field`
 */
export async function deleteUser(
  app: App,
  session_id: SessionId,
  password: string,
  withNotice = false,
  onLock?: OnLock,
): Promise<User & { isNoticeDue: boolean }> {
  checkGivenPassword(password);
  const found = requireSession(await findSession(app, session_id));
  const attempt = await confirmPassword(app, found.user, password, { onLock });
  const [{ user }] = await together([
    changeAs(
      app,
      found,
      (current) => removeUser(app, current.user, withNotice),
      (changed) => expectPassword(app, changed, password),
    ),
    clearAttempts(app, attempt),
  ]);
  logEvent('user_deleted', { user_id: user.id });
  return { ...toUser(user), isNoticeDue: isNoticeDue(user, withNotice) };
}

/**
 * Finds the record that a user with that email, which was verified, was deleted in the last 14 days. It
 * has only a digest of the email: the caller has to know the email itself.
 */
export async function findDeletion(
  { table, now }: App,
  user_id: string,
  email: string,
): Promise<DeletionItem | undefined> {
  const deletion = (await get(table, deletionKey(user_id))) as DeletionItem | undefined;
  const isTheirs = deletion?.address === digest(email) && now() < deletion.expires_at;
  return isTheirs ? deletion : undefined;
}

/** @returns whether the user was as read: the same password and email, and not disabled */
async function removeUser(app: App, user: UserItem, withNotice: boolean): Promise<boolean> {
  const { id, email, hashed_password, language } = user;
  const condition = { equal: { hashed_password }, ...NOT_DISABLED };
  const deletion: DeletionItem = {
    ...deletionKey(id),
    item: 'deletion',
    address: digest(email),
    ...(language !== undefined && { language }),
    expires_at: app.now() + NOTICE_SECONDS,
  };
  const outcome = await transact(app.table, {
    ...removeUserWrites(user, condition),
    ...(isNoticeDue(user, withNotice) && { deletion: { put: deletion } }),
  });
  return outcome.applied;
}

/** Somebody else may have registered an email that was never verified. */
function isNoticeDue({ email_verified_at }: UserItem, withNotice: boolean): boolean {
  return withNotice && email_verified_at !== undefined;
}
