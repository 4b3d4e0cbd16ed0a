import { AuthError, isRefusal } from '../core/errors.ts';
import { logEvent } from '../core/log.ts';
import type { App } from '../db/context.ts';
import type { UserItem } from '../db/items.ts';
import { countAttempt } from '../limits/attempts.ts';
import { verifyPassword } from './hash.ts';

/**
 * Verifies the password of a user who is logged in, before a change that asks for it. Counts as an
 * attempt to log in.
 *
 * @param source the client's IP address
 * @throws AuthError `wrong_password`; `too_many_attempts`, without looking at the password
 */
export async function confirmPassword(
  app: App,
  user: UserItem,
  password: string,
  source?: string,
): Promise<void> {
  try {
    await countAttempt(app, user.email, source);
  } catch (error) {
    if (isRefusal(error, 'too_many_attempts')) {
      logEvent('authn_login_fail_max', { user_id: user.id });
    }
    throw error;
  }
  await expectPassword(app, user, password);
}

/**
 * Verifies the password without counting an attempt: for one that was confirmed just now.
 *
 * @throws AuthError `wrong_password`
 */
export async function expectPassword(
  { settings }: App,
  { id, hashed_password }: UserItem,
  password: string,
): Promise<void> {
  if (await verifyPassword(password, hashed_password, settings.bcryptCost)) return;
  logEvent('authn_login_fail', { user_id: id, reason: 'Asked for the password again' });
  throw new AuthError('wrong_password', 'The password is wrong');
}
