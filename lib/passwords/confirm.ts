import { AuthError, isRefusal } from '../core/errors.ts';
import { logEvent } from '../core/log.ts';
import type { App } from '../db/context.ts';
import type { UserItem } from '../db/items.ts';
import {
  countAttempt,
  reauthenticationOf,
  redemptionOf,
  type Attempt,
} from '../limits/attempts.ts';
import type { Client } from '../sessions/session.ts';
import { checkPassword } from './hash.ts';
import { isPasswordOf } from './verify.ts';

/** Called with the user's id when the hundredth attempt in a row has failed. */
export type OnLock = (user_id: string) => Promise<void>;

interface ConfirmationOptions {
  /** The client, if it has an email token of the user instead of a session. */
  holder?: Client;
  onLock?: OnLock | undefined;
}

/**
 * Verifies the password of a user, before a change that asks for it. The attempts count apart from
 * those to log in, which anyone can make: strangers keep no user from a new password. Attempts with an
 * email token have their own count, as the token may be in a stranger's mailbox.
 *
 * @param options.holder whose attempts count for their source as well. With a session, failures of
 *   others at the same address do not count: they would keep the user from a new password
 * @returns the attempt, to be cleared together with the change (see clearAttempts)
 * @throws AuthError `wrong_password`; `password_too_long` for a wrong one over 72 bytes;
 *   `too_many_attempts`, without looking at the password
 */
export async function confirmPassword(
  app: App,
  user: UserItem,
  password: string,
  { holder, onLock }: ConfirmationOptions = {},
): Promise<Attempt> {
  const attempt = await countConfirmation(app, user, holder);
  try {
    await expectPassword(app, user, password);
    return attempt;
  } catch (error) {
    if (attempt.isLast) {
      logEvent('authn_login_lock', { user_id: user.id });
      await onLock?.(user.id);
    }
    throw error;
  }
}

async function countConfirmation(app: App, user: UserItem, holder?: Client): Promise<Attempt> {
  const subject = holder ? redemptionOf(user) : reauthenticationOf(user.id);
  try {
    return await countAttempt(app, subject, holder?.ip);
  } catch (error) {
    if (isRefusal(error, 'too_many_attempts')) {
      logEvent('authn_login_fail_max', { user_id: user.id });
    }
    throw error;
  }
}

/**
 * Verifies the password without counting an attempt: for one that was confirmed just now.
 *
 * @throws AuthError `wrong_password`; `password_too_long` for a wrong one over 72 bytes
 */
export async function expectPassword(app: App, user: UserItem, password: string): Promise<void> {
  if (await isPasswordOf(app, user, password)) return;
  logEvent('authn_login_fail', { user_id: user.id, reason: 'Asked for the password again' });
  checkPassword(password);
  throw new AuthError('wrong_password', 'The password is wrong');
}
