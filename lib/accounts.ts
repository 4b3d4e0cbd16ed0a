import type { AccountDB } from './account-db.ts';
import { AccountSessions, type SessionId } from './account-sessions.ts';
import type { Account } from './db.ts';
import type { EmailChange } from './email-change.ts';
import { normalizeEmail } from './email.ts';
import { AuthError } from './errors.ts';
import { logEvent } from './log.ts';
import { checkPassword } from './password.ts';
import type { PasswordRule } from './password-policy.ts';
import { Passwords, type PasswordSettings } from './passwords.ts';
import type { Client } from './session.ts';
import { generateToken } from './token.ts';
import type { User } from './user.ts';

/**
 * What users do with their own account once they are logged in. Every method throws AuthError
 * `no_session` without a session that is good, and `unavailable` when DynamoDB is out of reach.
 */
export class Accounts extends AccountSessions {
  readonly #db: AccountDB;
  readonly #passwords: Passwords;

  /** @param passwordRules what is asked of a new password beside its length, in this order */
  constructor(
    db: AccountDB,
    settings: PasswordSettings = {},
    passwordRules: readonly PasswordRule[] = [],
  ) {
    super(db);
    this.#db = db;
    this.#passwords = new Passwords(settings, passwordRules);
  }

  /**
   * Sets a new password in place of the one that is given, which counts as an attempt to log in.
   * Every session ends, and whoever asks gets a new one, in the same write; a reset token that is
   * under way is good no longer.
   *
   * @returns the User, with the new session id
   * @throws AuthError `wrong_password`; `too_many_attempts`; `invalid_field`
   */
  async changePassword(
    session_id: SessionId,
    password: string,
    new_password: string,
    client: Client = {},
  ): Promise<User & { session_id: string }> {
    checkPassword(password);
    this.#passwords.check(new_password, 'new_password');
    const found = await this.find(session_id);
    // Before the attempt is counted: the new password is to blame, not the one that is given.
    await this.#passwords.applyRules(new_password, 'new_password', found.user.email);
    await this.#verify(found, password, client);
    const hashed_password = await this.#passwords.hash(new_password);
    const fresh = generateToken(found.user.id);
    const user = await this.#changeVerified(found, password, client, (account) =>
      this.#db.changePassword(account, hashed_password, fresh, client),
    );
    logEvent('authn_password_change', { user_id: user.id, reason: 'Password given' });
    return { ...user, hashed_password, session_id: fresh };
  }

  /**
   * Deletes the account, at once: its sessions have ended, and its email is free again. The password
   * counts as an attempt to log in.
   *
   * @returns the User that was
   * @throws AuthError `wrong_password`; `too_many_attempts`; `invalid_field`
   */
  async deleteUser(session_id: SessionId, password: string, client: Client = {}): Promise<User> {
    checkPassword(password);
    const found = await this.find(session_id);
    await this.#verify(found, password, client);
    const user = await this.#changeVerified(found, password, client, (account) =>
      this.#db.deleteUser(account),
    );
    logEvent('user_deleted', { user_id: user.id });
    return user;
  }

  /**
   * Verifies the password for a change of email, which is made once the new address has confirmed
   * it: see EmailVerification. The password counts as an attempt to log in, and so does the asking,
   * on a count of its own, as it has a mail sent to any address.
   *
   * @throws AuthError `wrong_password`; `too_many_attempts`; `invalid_field`
   */
  async askForEmailChange(
    session_id: SessionId,
    password: string,
    email: string,
    client: Client = {},
  ): Promise<EmailChange> {
    const new_email = normalizeEmail(email);
    checkPassword(password);
    const found = await this.find(session_id);
    const { user, session_epoch } = found;
    await this.#verify(found, password, client);
    if (new_email === user.email) {
      throw new AuthError('invalid_field', 'email is the one that you have');
    }
    await Promise.all([
      this.#db.countEmailChange(user.id),
      this.#db.clearAttempts(user.email, client.ip),
    ]);
    return { user_id: user.id, old_email: user.email, new_email, session_epoch };
  }

  /** @throws AuthError `wrong_password`; `too_many_attempts`, without looking at it */
  async #verify(account: Account, password: string, { ip }: Client): Promise<void> {
    const { user } = account;
    try {
      await this.#db.countAttempt(user.email, ip);
    } catch (error) {
      if (error instanceof AuthError && error.code === 'too_many_attempts') {
        logEvent('authn_login_fail_max', { user_id: user.id });
      }
      throw error;
    }
    await this.#expectPassword(account, password);
  }

  async #expectPassword({ user }: Account, password: string): Promise<void> {
    if (await this.#passwords.verify(password, user.hashed_password)) return;
    logEvent('authn_login_fail', { user_id: user.id, reason: 'Asked for the password again' });
    throw new AuthError('wrong_password', 'The password is wrong');
  }

  /** Makes a change by the password that was verified, and clears the attempts beside it. */
  async #changeVerified(
    verified: Account,
    password: string,
    client: Client,
    write: (account: Account) => Promise<boolean>,
  ): Promise<User> {
    const [{ user }] = await Promise.all([
      this.change(verified, write, (account) => this.#expectPassword(account, password)),
      this.#db.clearAttempts(verified.user.email, client.ip),
    ]);
    return user;
  }
}
