import type { Account } from './db.ts';
import type { EmailChange } from './email-change.ts';
import type { EmailVerificationDB } from './email-verification-db.ts';
import { normalizeEmail } from './email.ts';
import { AuthError } from './errors.ts';
import { logEvent } from './log.ts';
import { generateToken } from './token.ts';

/** What is mailed about the verification of an email. */
export interface VerificationMail {
  /** Of the user. */
  email: string;
  /** Absent where the email is verified. */
  token?: string;
}

/**
 * How users show that an email is theirs, the one that they have or one to change to: by a token
 * that was sent there. Whoever holds it can redeem it: deliver it to that address alone. Every
 * method throws AuthError `unavailable` when DynamoDB is out of reach.
 */
export class EmailVerification {
  readonly #db: EmailVerificationDB;

  constructor(db: EmailVerificationDB) {
    this.#db = db;
  }

  /**
   * Makes a token that verifies the email. Those that were made before stay good.
   *
   * @throws AuthError `user_not_found` for an unknown email; `invalid_field`
   */
  async getToken(email: string): Promise<string> {
    const account = await this.#find(email);
    if (!account) throw new AuthError('user_not_found', 'There is no user with that email');
    const token = generateToken(account.user.id);
    await this.#db.addVerificationToken(account, token);
    logEvent('authn_token_created', { user_id: account.user.id, reason: 'Email verification' });
    return token;
  }

  /**
   * Like getToken, for a mail to the user's address, of which there is one in 5 minutes; without a
   * token, where the email is verified already.
   *
   * @param invocation of the function that sends the mail: asked again by the same one, which did
   *   not succeed in sending it, another token is made
   * @returns absent when there is nothing to send, for an unknown email too
   * @throws AuthError `invalid_field`
   */
  async getMail(email: string, invocation: string): Promise<VerificationMail | undefined> {
    const account = await this.#find(email);
    if (!account || account.disabled_at !== undefined) {
      const reason = 'A verification was asked for an email that is not known, or disabled';
      logEvent('authz_fail', { ...(account && { user_id: account.user.id }), reason });
      return undefined;
    }
    const { user, email_verified_at } = account;
    const token = email_verified_at === undefined ? generateToken(user.id) : undefined;
    if (!(await this.#db.takeVerificationTurn(account, token, invocation))) {
      const reason = 'A verification was asked for again within 5 minutes';
      logEvent('authz_fail', { user_id: user.id, reason });
      return undefined;
    }
    if (token === undefined) return { email: user.email };
    logEvent('authn_token_created', { user_id: user.id, reason: 'Email verification' });
    return { email: user.email, token };
  }

  /**
   * Makes a token that changes the email.
   *
   * @throws AuthError `email_taken`; it may be so later, too, when the token is redeemed
   */
  async getChangeToken(change: EmailChange): Promise<string> {
    if (await this.#db.isEmailTaken(change.new_email)) {
      throw new AuthError('email_taken', `User ${change.new_email} already exists`);
    }
    const token = generateToken(change.user_id);
    await this.#db.addChangeToken(change, token);
    logEvent('authn_token_created', { user_id: change.user_id, reason: 'Change of email' });
    return token;
  }

  /**
   * Spends a token. The email to which it was sent is the user's, and verified. Where it is another
   * one than before, every session has ended, and a reset token is good no longer. Of any number
   * of calls with one token one succeeds, and one of two users who race for an address has it.
   *
   * @returns that email, normalised
   * @throws AuthError `bad_email_token`; `email_taken`, which does not spend the token
   */
  async redeem(token: string): Promise<string> {
    const found = await this.#db.findEmailToken(token);
    const email = found && (await this.#db.redeemEmailToken(found));
    if (!found || email === undefined) {
      logEvent('authz_fail', { ...(found && { user_id: found.user.id }), reason: 'Email token' });
      throw new AuthError('bad_email_token', 'The token is not valid, or no longer');
    }
    const reason = email === found.user.email ? 'Email verified' : 'Email changed';
    logEvent('user_updated', { user_id: found.user.id, reason });
    return email;
  }

  async #find(email: string): Promise<Account | undefined> {
    return this.#db.findAccountBy({ email: normalizeEmail(email) });
  }
}
