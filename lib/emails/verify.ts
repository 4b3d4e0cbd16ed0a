/**
 * How users prove that an email is theirs, the current one or one to change to: by a token that was
 * sent there. Whoever holds the token can redeem it: deliver it to that address alone.
 */
import { AuthError } from '../core/errors.ts';
import { logEvent } from '../core/log.ts';
import type { App } from '../db/context.ts';
import {
  findEmailToken,
  issueEmailToken,
  spendEmailToken,
  takeVerificationTurn,
  type EmailToken,
} from '../tokens/email-token.ts';
import { emailToFind } from '../users/address.ts';
import { findByEmail } from '../users/find.ts';
import { emailTaken } from '../users/store.ts';
import { isDisabled } from '../users/user.ts';

/** What to mail about the verification of an email. */
export interface VerificationMail {
  /** The user's. */
  email: string;
  /** Undefined if the email is verified already. */
  token?: string;
}

/**
 * Makes a token that verifies the email. Earlier tokens stay valid.
 *
 * @throws AuthError `user_not_found` for an unknown email
 */
export async function getVerificationToken(app: App, email: string): Promise<string> {
  const user = await findByEmail(app, emailToFind(email));
  if (!user) throw new AuthError('user_not_found', 'There is no user with that email');
  const token = await issueEmailToken(app, user);
  logEvent('authn_token_created', { user_id: user.id, reason: 'Email verification' });
  return token;
}

/**
 * Like getVerificationToken, for a mail to the user's address. A user gets one such mail in 5 minutes;
 * it has no token if the email is verified already.
 *
 * @param invocation of the function that sends the mail; its retries make another token, as the mail
 *   may never have left
 * @returns undefined if there is nothing to send: also for an unknown email and a disabled user
 */
export async function getVerificationMail(
  app: App,
  email: string,
  invocation: string,
): Promise<VerificationMail | undefined> {
  const user = await findByEmail(app, emailToFind(email));
  if (!user || isDisabled(user)) {
    const reason = 'A verification was asked for an email that is not known, or disabled';
    logEvent('authz_fail', { ...(user && { user_id: user.id }), reason });
    return undefined;
  }
  const isOpen = user.email_verified_at === undefined;
  const turn = await takeVerificationTurn(app, user, isOpen, invocation);
  if (!turn) {
    const reason = 'A verification was asked for again within 5 minutes';
    logEvent('authz_fail', { user_id: user.id, reason });
    return undefined;
  }
  const { token } = turn;
  if (token === undefined) return { email: user.email };
  logEvent('authn_token_created', { user_id: user.id, reason: 'Email verification' });
  return { email: user.email, token };
}

/**
 * Redeems a token: the address that it was sent to is the user's email, and verified. If that is a new
 * email, all sessions end and the reset token is removed. Of any number of calls with one token one
 * succeeds; of two users who race for an address, one has it.
 *
 * @returns that email, normalised
 * @throws AuthError `bad_email_token`; `email_taken`, which does not spend the token
 */
export async function redeemEmailToken(app: App, token: string): Promise<string> {
  const found = await findEmailToken(app, token);
  if (!found || !(await spend(app, found))) {
    logEvent('authz_fail', { ...(found && { user_id: found.user.id }), reason: 'Email token' });
    throw new AuthError('bad_email_token', 'The token is not valid, or no longer');
  }
  const { email } = found;
  const reason = email === found.user.email ? 'Email verified' : 'Email changed';
  logEvent('user_updated', { user_id: found.user.id, reason });
  return email;
}

/**
 * @returns false if the token is not valid any more
 * @throws AuthError `email_taken`
 */
async function spend(app: App, found: EmailToken): Promise<boolean> {
  const outcome = await spendEmailToken(app, found);
  if (outcome.applied) return true;
  const { user, token } = outcome.failures;
  if (user ?? token) return false;
  throw emailTaken(found.email);
}
