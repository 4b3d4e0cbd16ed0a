import { invalidField } from '../core/errors.ts';
import { logEvent } from '../core/log.ts';
import type { App } from '../db/context.ts';
import { clearAttempts, countAttempt } from '../limits/attempts.ts';
import { confirmPassword } from '../passwords/confirm.ts';
import { checkPassword } from '../passwords/hash.ts';
import type { Client } from '../sessions/session.ts';
import { findSession, requireSession, type SessionId } from '../sessions/use.ts';
import { issueEmailToken } from '../tokens/email-token.ts';
import { normalizeEmail } from '../users/address.ts';
import { isEmailTaken } from '../users/find.ts';
import { emailTaken } from '../users/store.ts';

/** A change of email whose password was confirmed, and which the new address has to confirm. */
export interface EmailChange {
  user_id: string;
  /** The user's email at the time of the request. */
  old_email: string;
  /** Normalised. It may be taken. */
  new_email: string;
  /** The user's at the time of the request. The change is void once the epoch has moved. */
  session_epoch: number;
}

/**
 * Confirms the password for a change of email, which takes effect once the new address has confirmed
 * it (see redeemEmailToken). Counts as a request that mails any address, apart from the passwords that
 * are tried.
 *
 * @throws AuthError `no_session`; `wrong_password`; `too_many_attempts`; `invalid_field`
 */
export async function requestEmailChange(
  app: App,
  session_id: SessionId,
  password: string,
  email: string,
  client: Client = {},
): Promise<EmailChange> {
  const new_email = normalizeEmail(email);
  checkPassword(password);
  const { user } = requireSession(await findSession(app, session_id));
  const attempt = await confirmPassword(app, user, password, client.ip);
  if (new_email === user.email) throw invalidField('email', 'is the one that you have');
  await Promise.all([countAttempt(app, user.id), clearAttempts(app, attempt)]);
  const { id: user_id, email: old_email, session_epoch } = user;
  return { user_id, old_email, new_email, session_epoch };
}

/**
 * Makes the token that changes the email.
 *
 * @throws AuthError `email_taken`, which redeeming the token may throw as well
 */
export async function getChangeToken(app: App, change: EmailChange): Promise<string> {
  const { user_id, old_email, new_email, session_epoch } = change;
  if (await isEmailTaken(app, new_email)) throw emailTaken(new_email);
  const holder = { id: user_id, email: old_email, session_epoch };
  const token = await issueEmailToken(app, holder, new_email);
  logEvent('authn_token_created', { user_id, reason: 'Change of email' });
  return token;
}
