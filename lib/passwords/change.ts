import { logEvent } from '../core/log.ts';
import { together } from '../core/together.ts';
import { generateToken } from '../core/token.ts';
import type { App } from '../db/context.ts';
import { userKey, type UserItem } from '../db/items.ts';
import { transact } from '../db/table.ts';
import { clearAttempts } from '../limits/attempts.ts';
import { newSession, type Client } from '../sessions/session.ts';
import { changeAs, findSession, requireSession, type SessionId } from '../sessions/use.ts';
import { RESET_TOKEN_ATTRIBUTES } from '../tokens/reset-token.ts';
import { confirmPassword, expectPassword, type OnLock } from './confirm.ts';
import { checkGivenPassword } from './hash.ts';
import { applyPasswordRules, checkNewPassword, hashNewPassword } from './new-password.ts';

/**
 * Sets a new password for the user who is logged in and gives the current one. The same write ends all
 * sessions, starts a new one for the client, and removes the reset token.
 *
 * @returns the user's id and email, and the new session id
 * @throws AuthError `no_session`; `wrong_password`; `too_many_attempts`; any of
 *   FIELD_CODES
 */
export async function changePassword(
  app: App,
  session_id: SessionId,
  password: string,
  new_password: string,
  client: Client = {},
  onLock?: OnLock,
): Promise<{ id: string; email: string; session_id: string }> {
  checkGivenPassword(password);
  checkNewPassword(app, new_password, 'new_password');
  const found = requireSession(await findSession(app, session_id));
  const { id, email } = found.user;
  // Before the attempt is counted: the new password is at fault, not the one that is given.
  await applyPasswordRules(app, new_password, 'new_password', email);
  const attempt = await confirmPassword(app, found.user, password, { onLock });
  const hashed_password = await hashNewPassword(app, new_password);
  const fresh = generateToken(id);
  await together([
    changeAs(
      app,
      found,
      ({ user }) => replacePassword(app, user, hashed_password, fresh, client),
      (user) => expectPassword(app, user, password),
    ),
    clearAttempts(app, attempt),
  ]);
  logEvent('authn_password_change', { user_id: id, reason: 'Password given' });
  return { id, email, session_id: fresh };
}

/** @returns whether the user was as read: the same password, and no sign-out since */
async function replacePassword(
  app: App,
  { id, session_epoch, hashed_password: verified }: UserItem,
  hashed_password: string,
  session_id: string,
  client: Client,
): Promise<boolean> {
  const epoch = session_epoch + 1;
  const now = app.now();
  const { applied } = await transact(app.table, {
    user: {
      update: {
        key: userKey(id),
        set: { hashed_password, password_changed_at: now, session_epoch: epoch, updated_at: now },
        // It was asked for to replace the old password.
        remove: RESET_TOKEN_ATTRIBUTES,
        condition: { equal: { session_epoch, hashed_password: verified } },
      },
    },
    session: { put: newSession(app, id, session_id, { epoch, methods: ['password'], client }) },
  });
  return applied;
}
