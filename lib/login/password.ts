import { truncates } from 'bcryptjs';
import { isRefusal } from '../core/errors.ts';
import { logEvent, logWarning, type Details } from '../core/log.ts';
import { keyedDigest } from '../core/token.ts';
import type { App } from '../db/context.ts';
import type { UserItem } from '../db/items.ts';
import { countAttempt, loginOf, type Attempt } from '../limits/attempts.ts';
import { checkGivenPassword, hashPassword, needsRehash } from '../passwords/hash.ts';
import { isPasswordOf } from '../passwords/verify.ts';
import type { Client } from '../sessions/session.ts';
import type { SessionId } from '../sessions/use.ts';
import { emailToFind } from '../users/address.ts';
import { confirmOwner, suggestOwner } from '../users/find.ts';
import { replaceHash } from '../users/store.ts';
import { finishLogin } from './finish.ts';

interface LoginOptions {
  presented?: SessionId;
  onLock?: (email: string) => void;
}

/**
 * Logs in by email and password. Takes the same time and work for an unknown email as for a wrong
 * password. If a new password or a sign-out overtakes the login, its session is never valid.
 *
 * Each attempt is counted before the password is looked at. 5 attempts of an email may fail; each
 * further one doubles the wait before the next, from 1 second to 15 minutes. After 100 in a row, no
 * password logs in. A successful login and a reset of the password start the count anew.
 *
 * @param client for the limit on one source, and for the user to recognise the session
 * @param options.presented the session that the client had until now, which a successful login ends
 * @param options.onLock called with the normalised email, known or not, when the hundredth attempt in
 *   a row has failed
 * @returns the session id to give to the client; null for an unknown email or a wrong password
 * @throws AuthError `too_many_attempts`, known email or not; `invalid_field` or `password_too_long` for
 *   a password that nobody can have; for the right password only: `account_disabled` and, where
 *   verification is required, `email_not_verified`
 */
export async function logIn(
  app: App,
  email: string,
  password: string,
  client: Client = {},
  { presented, onLock }: LoginOptions = {},
): Promise<string | null> {
  const address = emailToFind(email);
  checkGivenPassword(password);
  const [suggested, attempt] = await Promise.all([
    suggestOwner(app, address),
    countLogin(app, address, client.ip),
  ]);
  const user = await confirmOwner(app, address, suggested);
  const isVerified = await isPasswordOf(app, user, password);
  if (!user || !isVerified) {
    const who = user ? { user_id: user.id } : emailDigest(app, address);
    logEvent('authn_login_fail', who);
    if (attempt.isLast) {
      logEvent('authn_login_lock', who);
      onLock?.(address);
    }
    return null;
  }
  // Brings the hash of another system, or of a lower cost, to the current one (ASVS 11.4.2).
  // An imported password over 72 bytes stays until the user sets another: no hash of ours can be of it.
  const { bcryptCost } = app.settings;
  const upgraded =
    needsRehash(user.hashed_password, bcryptCost) && !truncates(password)
      ? await hashPassword(password, bcryptCost)
      : undefined;
  return finishLogin(app, user, {
    methods: ['password'],
    client,
    attempt,
    presented,
    ...(upgraded !== undefined && { alongside: () => upgradeHash(app, user, upgraded) }),
  });
}

async function countLogin(app: App, address: string, source?: string): Promise<Attempt> {
  try {
    return await countAttempt(app, loginOf(address), source);
  } catch (error) {
    // Whether the email has a user is not known yet.
    if (isRefusal(error, 'too_many_attempts')) {
      logEvent('authn_login_fail_max', emailDigest(app, address));
    }
    throw error;
  }
}

async function upgradeHash(app: App, user: UserItem, upgraded: string): Promise<void> {
  try {
    await replaceHash(app, user, upgraded);
  } catch (error) {
    // The login is valid all the same; the next one tries again.
    logWarning('A hash was not upgraded', error);
  }
}

/** What the log has in place of an email. It tells a run of guesses. */
function emailDigest({ settings: { logKey } }: App, address: string): Details {
  return logKey === '' ? {} : { email_digest: keyedDigest(logKey, address) };
}
