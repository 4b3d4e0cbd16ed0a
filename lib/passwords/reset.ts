import { AuthError } from '../core/errors.ts';
import { logEvent } from '../core/log.ts';
import { together } from '../core/together.ts';
import { generateToken } from '../core/token.ts';
import type { App } from '../db/context.ts';
import type { UserItem } from '../db/items.ts';
import { update } from '../db/table.ts';
import { clearAttempts, loginOf, reauthenticationOf } from '../limits/attempts.ts';
import { findRecipientAndUser, takeMailTurn } from '../limits/mail-turns.ts';
import { endPresented, type SessionId } from '../sessions/use.ts';
import {
  findByResetToken,
  issueResetToken,
  resetTurn,
  setResetToken,
  spendResetToken,
} from '../tokens/reset-token.ts';
import { emailToFind } from '../users/address.ts';
import { findByEmail } from '../users/find.ts';
import { isDisabled } from '../users/user.ts';
import { applyPasswordRules, checkNewPassword, hashNewPassword } from './new-password.ts';

/**
 * Makes a reset token in place of any earlier one; the sessions stay. Whoever holds the token can set
 * the password: deliver it to the owner of the address alone. The token of a disabled user is never
 * valid.
 *
 * @throws AuthError `user_not_found` for an unknown email
 */
export async function getResetToken(app: App, email: string): Promise<string> {
  const user = await findByEmail(app, emailToFind(email));
  const reset_token = user && (await issueResetToken(app, user));
  if (!user || reset_token === undefined) {
    throw new AuthError('user_not_found', 'There is no user with that email');
  }
  logEvent('authn_token_created', { user_id: user.id, reason: 'Password reset' });
  return reset_token;
}

/** What to mail for a new password. */
export interface ResetMail {
  id: string;
  email: string;
  /** The user's. */
  language: string | undefined;
  reset_token: string;
}

/**
 * Like getResetToken, for a mail to the user's address, which waits for its turn (see takeMailTurn). A
 * request that comes too soon makes no token, and the token in the earlier mail stays valid.
 *
 * @param invocation of the function that sends the mail; its retries make another token, as the mail
 *   may never have left
 * @returns undefined if there is nothing to send: also for an unknown email and a disabled user
 */
export async function getResetTokenToMail(
  app: App,
  email: string,
  invocation: string,
): Promise<ResetMail | undefined> {
  const address = emailToFind(email);
  return takeMailTurn<ResetMail>(app, invocation, async () => {
    const { user, recipient } = await findRecipientAndUser(app, address);
    if (!user || isDisabled(user)) {
      const who = user ? 'a user who is disabled' : 'an unknown email';
      logFailure(user, `A reset was asked for ${who}`);
      return undefined;
    }
    const { id: user_id, language } = user;
    const reset_token = generateToken(user_id);
    return {
      ...{ user_id, recipient },
      turns: [resetTurn(app, user, reset_token)],
      writes: { user: { update: setResetToken(app, user, reset_token, true) } },
      mail: { id: user_id, email: address, language, reset_token },
    };
  });
}

/**
 * Sets a new password. The same write spends the token, ends all sessions of the user and, if the
 * token was mailed, verifies the email. Of any number of calls with one token, one succeeds.
 *
 * @param email the token must be this user's; undefined: any user's
 * @param presented the session that the client had until now: it ends, even if it is another user's
 * @returns the user's id
 * @throws AuthError `bad_reset_token`; any of FIELD_CODES for the password, which spends nothing
 */
export async function resetPassword(
  app: App,
  reset_token: string,
  new_password: string,
  email?: string,
  presented?: SessionId,
): Promise<string> {
  const address = email === undefined ? undefined : emailToFind(email);
  checkNewPassword(app, new_password, 'new_password');
  // This read only spares a hash for a bad token. The write in `redeem` decides.
  const found = await findByResetToken(app, reset_token);
  const user = address === undefined || found?.email === address ? found : undefined;
  // Only for those who hold a token, as the rules may ask another service. Nothing is spent yet.
  if (user) await applyPasswordRules(app, new_password, 'new_password', user.email);
  if (!user || !(await redeem(app, user, reset_token, new_password, address, presented))) {
    logFailure(user);
    throw new AuthError('bad_reset_token', 'The reset token is not valid, or no longer');
  }
  logEvent('authn_password_change', { user_id: user.id, reason: 'Password reset' });
  return user.id;
}

/** @returns whether this call spent the token */
async function redeem(
  app: App,
  user: UserItem,
  reset_token: string,
  new_password: string,
  address?: string,
  presented?: SessionId,
): Promise<boolean> {
  const hashed_password = await hashNewPassword(app, new_password);
  const now = app.now();
  const set = { hashed_password, password_changed_at: now };
  const spend = spendResetToken(user, reset_token, now, set, address);
  const [outcome] = await together([
    update(app.table, spend),
    clearAttempts(app, { subject: loginOf(user.email) }),
    clearAttempts(app, { subject: reauthenticationOf(user.id) }),
    endPresented(app, presented),
  ]);
  // The hash is salted: finding it means that this call wrote it and the answer was lost.
  return outcome.applied || outcome.found?.['hashed_password'] === hashed_password;
}

function logFailure(user: UserItem | undefined, reason?: string): void {
  logEvent('authn_password_change_fail', {
    ...(user && { user_id: user.id }),
    ...(reason !== undefined && { reason }),
  });
}
