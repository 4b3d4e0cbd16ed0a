import type { Account, DB } from './db.ts';
import { normalizeEmail } from './email.ts';
import { AuthError } from './errors.ts';
import { logEvent, logWarning } from './log.ts';
import { checkPassword } from './password.ts';
import type { PasswordRule } from './password-policy.ts';
import { Passwords, type PasswordSettings } from './passwords.ts';
import type { Client } from './session.ts';
import { Sessions } from './sessions.ts';
import { generateToken } from './token.ts';
import type { User } from './user.ts';

export interface AuthSettings extends PasswordSettings {
  /** Whether logIn waits for the verification of the email; absent: it does not. */
  requireVerifiedEmail?: boolean;
}

/**
 * The rules. Every method throws AuthError `unavailable` when DynamoDB is out of reach: nobody is
 * let in, or out, on a guess.
 */
export class Auth extends Sessions {
  readonly #db: DB;
  readonly #passwords: Passwords;
  readonly #requireVerifiedEmail: boolean;

  /** @param passwordRules what is asked of a new password beside its length, in this order */
  constructor(db: DB, settings: AuthSettings = {}, passwordRules: readonly PasswordRule[] = []) {
    super(db);
    this.#db = db;
    this.#passwords = new Passwords(settings, passwordRules);
    this.#requireVerifiedEmail = settings.requireVerifiedEmail ?? false;
  }

  /**
   * @returns the User, the email normalised
   * @throws AuthError `email_taken` (`User <email> already exists`); `invalid_field`
   */
  async registerUser(email: string, password: string): Promise<User> {
    const address = await this.#checkNew(email, password);
    // Only spares a hash: it is addUser that decides.
    if (await this.#db.isEmailTaken(address)) {
      throw new AuthError('email_taken', `User ${email} already exists`);
    }
    return this.#addUser(address, password);
  }

  /**
   * Like registerUser, for whoever is not to learn which emails are taken: such a one is left alone
   * in silence, and takes the same time and work.
   *
   * @returns the email, normalised
   * @throws AuthError `invalid_field`
   */
  async registerUserSilently(email: string, password: string): Promise<string> {
    const address = await this.#checkNew(email, password);
    try {
      await this.#addUser(address, password);
    } catch (error) {
      if (!(error instanceof AuthError && error.code === 'email_taken')) throw error;
      logEvent('input_validation_fail', { reason: 'email already registered' });
    }
    return address;
  }

  /**
   * Whether this is the password of the user with that email, who is not disabled; false in every
   * other case. To log someone in, use logIn: this does not count attempts, and between this and
   * createSession the password may have changed.
   */
  async validLogin(email: string, password: string): Promise<boolean> {
    try {
      const address = normalizeEmail(email);
      checkPassword(password);
      const account = await this.#db.findAccountBy({ email: address });
      return (await this.#verify(account, password)) && account?.disabled_at === undefined;
    } catch (error) {
      if (error instanceof AuthError && error.code === 'invalid_field') return false;
      throw error;
    }
  }

  /**
   * Verifies the password and creates a session that is valid only if the password verified still
   * is the user's: a login that a new password or a sign-out overtakes is dead on arrival. Takes
   * the same time and work for an unknown email as for a wrong password.
   *
   * Every attempt is counted before the password is looked at. Of an email, 5 may fail; then each
   * doubles the wait before the next, from 1 second to 15 minutes. A login that succeeds starts the
   * count anew, and so does a new password by reset.
   *
   * @param client for the limit on one source, and for the user to know the session by
   * @returns the session id to give to the client; null for an unknown email or a wrong password
   * @throws AuthError `too_many_attempts`, known email or not; `account_disabled` and, where
   *   verification is asked, `email_not_verified`, for the right password alone; `invalid_field`
   */
  async logIn(email: string, password: string, client: Client = {}): Promise<string | null> {
    const address = normalizeEmail(email);
    checkPassword(password);
    const account = await this.#findAccountToLogIn(address, client.ip);
    const verified = await this.#verify(account, password);
    if (!account || !verified) {
      logEvent('authn_login_fail', account && { user_id: account.user.id });
      return null;
    }
    const refusal = this.#whyNot(account);
    if (refusal) {
      // It was no guess.
      await this.#db.clearAttempts(address, client.ip);
      logEvent('authn_login_fail', { user_id: account.user.id, reason: refusal.message });
      throw refusal;
    }
    const upgraded = await this.#passwords.upgrade(password, account.user.hashed_password);
    const [session_id] = await Promise.all([
      this.#addSession(account, client),
      this.#db.clearAttempts(address, client.ip),
      upgraded !== undefined && this.#upgradeHash(account, upgraded),
    ]);
    logEvent('authn_login_success', { user_id: account.user.id });
    return session_id;
  }

  /**
   * Creates a session without asking for a password. After validLogin, it is valid even if the
   * password was changed in between: see logIn.
   *
   * @returns the session id to give to the client; null for an unknown email, and for a user who is
   *   disabled
   */
  async createSession(email: string): Promise<string | null> {
    const account = await this.#db.findAccountBy({ email });
    if (!account || account.disabled_at !== undefined) return null;
    const session_id = await this.#addSession(account);
    logEvent('authn_token_created', { user_id: account.user.id, reason: 'Session' });
    return session_id;
  }

  /** Ends every session of the user, at once; nothing for an unknown user. */
  async destroySession(user_id: string): Promise<void> {
    try {
      await this.#db.updateUser(user_id, { session_id: null });
      logEvent('authn_token_revoked', { user_id, reason: 'Every session ended' });
    } catch (error) {
      if (error instanceof AuthError && error.code === 'user_not_found') return;
      throw error;
    }
  }

  /**
   * Makes a reset token, in place of any earlier one; the sessions stay. Whoever holds it can set
   * the password: deliver it to the owner of the address alone. That of a user who is disabled is not
   * good, and never will be.
   *
   * @throws AuthError `user_not_found` for an unknown email; `invalid_field`
   */
  async getResetPasswordToken(email: string): Promise<string> {
    const account = await this.#db.findAccountBy({ email: normalizeEmail(email) });
    if (account) {
      const reset_token = generateToken(account.user.id);
      if (await this.#db.setResetToken(account, reset_token)) {
        logEvent('authn_token_created', { user_id: account.user.id, reason: 'Password reset' });
        return reset_token;
      }
    }
    throw new AuthError('user_not_found', 'There is no user with that email');
  }

  /**
   * Like getResetPasswordToken, for a mail to the user's address, of which there is one in 5
   * minutes: asked sooner, or by several at once, no other is made, and the one in the mail stays
   * good.
   *
   * @param invocation of the function that sends the mail: asked again by the same one, which did
   *   not succeed in sending it, another is made
   * @returns the User with the token; absent when there is nothing to send, for an unknown email and
   *   a user who is disabled too
   * @throws AuthError `invalid_field`
   */
  async getResetTokenToMail(
    email: string,
    invocation: string,
  ): Promise<(User & { reset_token: string }) | undefined> {
    const account = await this.#db.findAccountBy({ email: normalizeEmail(email) });
    if (!account) {
      logEvent('authn_password_change_fail', { reason: 'A reset was asked for an unknown email' });
      return undefined;
    }
    const { user, disabled_at } = account;
    if (disabled_at !== undefined) {
      const reason = 'A reset was asked for a user who is disabled';
      logEvent('authn_password_change_fail', { user_id: user.id, reason });
      return undefined;
    }
    const reset_token = generateToken(user.id);
    if (await this.#db.setMailedResetToken(account, reset_token, invocation)) {
      return { ...user, reset_token };
    }
    const reason = 'A reset was asked for again within 5 minutes';
    logEvent('authn_password_change_fail', { user_id: user.id, reason });
    return undefined;
  }

  /**
   * Sets a new password. The token is spent and every session of the user has ended, in the same
   * write; of any number of calls with one token, one succeeds.
   *
   * @param email the token has to be this user's; when absent, that is not asked
   * @throws AuthError `bad_reset_token`; `invalid_field`, which spends nothing
   */
  async updatePassword(reset_token: string, password: string, email?: string): Promise<void> {
    const address = email === undefined ? undefined : normalizeEmail(email);
    this.#passwords.check(password, 'new_password');
    // The read spares a hash for a bad token: it is redeemResetToken that decides.
    const account = await this.#db.findAccountBy({
      reset_token,
      ...(address !== undefined && { email: address }),
    });
    // Only now, as they may ask others, and so for those who hold a token; nothing is spent yet.
    if (account) {
      await this.#passwords.applyRules(password, 'new_password', account.user.email);
    }
    if (!account || !(await this.#redeem(account, password, address))) {
      logEvent('authn_password_change_fail', account && { user_id: account.user.id });
      throw new AuthError('bad_reset_token', 'The reset token is not valid, or no longer');
    }
    logEvent('authn_password_change', { user_id: account.user.id, reason: 'Password reset' });
  }

  /** @returns the email, normalised */
  async #checkNew(email: string, password: string): Promise<string> {
    const address = normalizeEmail(email);
    this.#passwords.check(password, 'password');
    await this.#passwords.applyRules(password, 'password', address);
    return address;
  }

  async #addUser(address: string, password: string): Promise<User> {
    const user = await this.#db.addUser(address, await this.#passwords.hash(password));
    logEvent('user_created', { user_id: user.id });
    return user;
  }

  /** Why the right password does not log in; absent where it does. */
  #whyNot({ disabled_at, email_verified_at }: Account): AuthError | undefined {
    if (disabled_at !== undefined) {
      return new AuthError('account_disabled', 'This account is disabled');
    }
    return this.#requireVerifiedEmail && email_verified_at === undefined
      ? new AuthError('email_not_verified', 'Please verify your email address first')
      : undefined;
  }

  async #redeem(account: Account, password: string, address?: string): Promise<boolean> {
    const hashed = await this.#passwords.hash(password);
    const [redeemed] = await Promise.all([
      this.#db.redeemResetToken(account, hashed, address),
      this.#db.clearAttempts(account.user.email),
    ]);
    return redeemed;
  }

  async #findAccountToLogIn(address: string, source?: string): Promise<Account | undefined> {
    try {
      return await this.#db.findAccountToLogIn(address, source);
    } catch (error) {
      if (error instanceof AuthError && error.code === 'too_many_attempts') {
        logEvent('authn_login_fail_max');
      }
      throw error;
    }
  }

  async #verify(account: Account | undefined, password: string): Promise<boolean> {
    return this.#passwords.verify(password, account?.user.hashed_password);
  }

  /** Brings the hash of another system, or of a lower cost, to the present one (ASVS 11.4.2). */
  async #upgradeHash(account: Account, upgraded: string): Promise<void> {
    try {
      await this.#db.replaceHash(account, upgraded);
    } catch (error) {
      // The login is good all the same; the next one tries again.
      logWarning('A hash was not upgraded', error);
    }
  }

  async #addSession(account: Account, client?: Client): Promise<string> {
    const session_id = generateToken(account.user.id);
    await this.#db.addSession(account, session_id, client);
    return session_id;
  }
}
