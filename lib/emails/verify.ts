/**
 * How users prove that an email is theirs, the current one or one to change to: by a token that was
 * sent there, and by their session or password. The token alone is not enough: somebody else may have
 * set the password of the account.
 */
import { AuthError, invalidField } from '../core/errors.ts';
import { logEvent } from '../core/log.ts';
import { together } from '../core/together.ts';
import { digest, generateToken } from '../core/token.ts';
import type { App } from '../db/context.ts';
import type { UserItem } from '../db/items.ts';
import { clearAttempts, loginOf } from '../limits/attempts.ts';
import { findRecipientAndUser, takeMailTurn } from '../limits/mail-turns.ts';
import { confirmPassword, type OnLock } from '../passwords/confirm.ts';
import { checkGivenPassword } from '../passwords/hash.ts';
import type { Client } from '../sessions/session.ts';
import { endPresented, findSession, type SessionId } from '../sessions/use.ts';
import {
  addressToTell,
  findEmailToken,
  issueEmailToken,
  isValidVerification,
  newEmailToken,
  spendEmailToken,
  type EmailToken,
} from '../tokens/email-token.ts';
import { resetTurn, setResetToken } from '../tokens/reset-token.ts';
import { emailToFind } from '../users/address.ts';
import { findByEmail, findGivingWay } from '../users/find.ts';
import { emailTaken } from '../users/store.ts';
import { isDisabled } from '../users/user.ts';

/** What to mail about the verification of an email. */
export interface VerificationMail {
  user_id: string;
  email: string;
  /** The user's. */
  language: string | undefined;
  /** Undefined if the email is verified already. */
  token?: string;
  /** A token to set a new password, for who may not have chosen the one of the account. */
  reset_token?: string;
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
 * Like getVerificationToken, for a mail to the user's address, which waits for its turn (see
 * takeMailTurn). The mail has no token if the email is verified already.
 *
 * @param invocation of the function that sends the mail; its retries make another token, as the mail
 *   may never have left
 * @param registered the id that a registration gave to its new user; undefined: this is no
 *   registration. If another user has the email, the owner of the mailbox may not know that user's
 *   password: the mail has a reset token as well
 * @returns undefined if there is nothing to send: also for an unknown email and a disabled user
 */
export async function getVerificationMail(
  app: App,
  email: string,
  invocation: string,
  registered?: string,
): Promise<VerificationMail | undefined> {
  const address = emailToFind(email);
  return takeMailTurn<VerificationMail>(app, invocation, async () => {
    const { user, recipient } = await findRecipientAndUser(app, address);
    if (!user || isDisabled(user)) {
      const reason = 'A verification was asked for an email that is not known, or disabled';
      logEvent('authz_fail', { ...(user && { user_id: user.id }), reason });
      return undefined;
    }
    const { id: user_id, language } = user;
    const asked = { user_id, recipient };
    const known = { user_id, email: address, language };
    const isValid = (token: string) => isValidVerification(app, user, token);
    if (user.email_verified_at !== undefined) {
      const turn = { kind: 'exists', isValid } as const;
      return { ...asked, turns: [turn], writes: {}, mail: known };
    }
    const token = generateToken(user_id);
    const turn = { token: digest(token), isValid };
    const writes = { token: { put: newEmailToken(app, user, token) } };
    const mail = { ...known, token };
    if (registered === undefined || registered === user_id) {
      return { ...asked, turns: [{ kind: 'verification', ...turn }], writes, mail };
    }
    const reset_token = generateToken(user_id);
    const setsToken = { update: setResetToken(app, user, reset_token, true) };
    return {
      ...asked,
      // The reset token would void the one of a mail that is on its way.
      turns: [{ kind: 'registration', ...turn }, resetTurn(app, user, reset_token)],
      writes: { ...writes, user: setsToken },
      mail: { ...mail, reset_token },
    };
  });
}

export interface Redeemed {
  user_id: string;
  email: string;
  /** The address that this call took from the user, if a mail has to tell its owner. */
  former_email?: string;
}

/** What shows that the user asked for the token, and not somebody who used the user's address. */
export interface Proof {
  session_id?: SessionId;
  /** Looked at if the session is not one of the user. Undefined if the client sent none. */
  password?: string | undefined;
  client?: Client;
  onLock?: OnLock;
}

/**
 * Redeems a token: the address that it was sent to is the user's email, and verified. If that is a new
 * email, all sessions end and the reset token is removed. Repeating a call that succeeded does
 * nothing, and succeeds. Of two users who race for an address, one has it. A user who has the new
 * address and never verified it is deleted.
 *
 * @returns the user, and that email, normalised
 * @throws AuthError `bad_email_token`; `invalid_field` if there is neither a session nor a password.
 *   None of these spends the token: `wrong_password`; `too_many_attempts`; `email_taken`
 */
export async function redeemEmailToken(app: App, token: string, proof: Proof): Promise<Redeemed> {
  const { session_id, password, client = {}, onLock } = proof;
  if (password !== undefined) checkGivenPassword(password);
  const [found, authenticated] = await Promise.all([
    findEmailToken(app, token),
    findSession(app, session_id),
  ]);
  if (!found) throw badToken();
  const { user, email, token: unspent } = found;
  const repeated = { user_id: user.id, email };
  if (!unspent) return repeated;
  const isLoggedIn = authenticated?.user.id === user.id;
  if (!isLoggedIn && password === undefined) {
    // The session may have ended between the two reads, by another call with this token.
    if (await isRedeemed(app, token)) return repeated;
    throw invalidField('password', 'is missing');
  }
  const attempt =
    isLoggedIn || password === undefined
      ? undefined
      : await confirmPassword(app, user, password, { holder: client, onLock });
  const [isSpent] = await together([
    spend(app, { user, email, token: unspent }),
    attempt && clearAttempts(app, attempt),
    // Where login waits for the verification, the right password has failed until now.
    clearAttempts(app, { subject: loginOf(user.email) }),
    // A new email ends the sessions of the user: then no other user's stays in the browser, either.
    email !== user.email && !isLoggedIn && endPresented(app, session_id),
  ]);
  if (!isSpent) {
    if (await isRedeemed(app, token)) return repeated;
    throw badToken(user);
  }
  const hasChanged = email !== user.email;
  const reason = hasChanged ? 'Email changed' : 'Email verified';
  logEvent('user_updated', { user_id: user.id, reason });
  const former_email = addressToTell({ user, token: unspent });
  return { user_id: user.id, email, ...(former_email !== undefined && { former_email }) };
}

/** Whether a token has done already what it can do. */
async function isRedeemed(app: App, token: string): Promise<boolean> {
  const found = await findEmailToken(app, token);
  return found !== undefined && found.token === undefined;
}

function badToken(user?: UserItem): AuthError {
  logEvent('authz_fail', { ...(user && { user_id: user.id }), reason: 'Email token' });
  return new AuthError('bad_email_token', 'The token is not valid, or no longer');
}

/**
 * @returns false if the token is not valid any more
 * @throws AuthError `email_taken`
 */
async function spend(app: App, found: Required<EmailToken>): Promise<boolean> {
  const outcome = await spendEmailToken(app, found);
  if (outcome.applied) return true;
  if (outcome.failures.user ?? outcome.failures.token) return false;
  if (await replace(app, found)) return true;
  throw emailTaken(found.email);
}

/**
 * Spends a token for an address that another user has. Who proved to have the mailbox gets the address
 * if that user never did. That user is deleted, as the account could have been made for nothing else.
 *
 * @returns false if the other user keeps the address, or the token is not valid any more
 */
async function replace(app: App, found: Required<EmailToken>): Promise<boolean> {
  // A token in an answer proves nothing.
  if (!('mailed' in found.token)) return false;
  const other = await findGivingWay(app, found.email);
  if (!other) return false;
  const { applied } = await spendEmailToken(app, found, other);
  if (applied) {
    const reason = 'Another user proved that the email is theirs';
    logEvent('user_deleted', { user_id: other.id, reason });
  }
  return applied;
}
