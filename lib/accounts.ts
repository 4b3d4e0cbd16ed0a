import type { AccountDB } from './account-db.ts';
import type { Account } from './db.ts';
import type { EmailChange } from './email-change.ts';
import { normalizeEmail } from './email.ts';
import { AuthError } from './errors.ts';
import { logEvent } from './log.ts';
import { checkPassword } from './password.ts';
import type { PasswordRule } from './password-policy.ts';
import { Passwords, type PasswordSettings } from './passwords.ts';
import type { Client, Session } from './session.ts';
import { generateToken } from './token.ts';
import { useSession } from './use-session.ts';
import type { User } from './user.ts';

/** How often a change is tried again when the account changes meanwhile and the session lives on. */
const ATTEMPTS = 5;

/** As a client sends it; null and undefined stand for one that sent none. */
type SessionId = string | null | undefined;

/**
 * What users do with their own account once they are logged in. Every method throws AuthError
 * `no_session` without a session that is good, and `unavailable` when DynamoDB is out of reach.
 */
export class Accounts {
  readonly #db: AccountDB;
  readonly #passwords: Passwords;

  /** @param passwordRules what is asked of a new password beside its length, in this order */
  constructor(
    db: AccountDB,
    settings: PasswordSettings = {},
    passwordRules: readonly PasswordRule[] = [],
  ) {
    this.#db = db;
    this.#passwords = new Passwords(settings, passwordRules);
  }

  /** @returns the user's sessions that are alive, the newest first */
  async listSessions(session_id: SessionId): Promise<Session[]> {
    const account = await this.#use(session_id);
    return this.#db.findSessions(account);
  }

  /**
   * Ends one session of the user, that of whoever asks too.
   *
   * @param id as listSessions gives it
   * @throws AuthError `session_not_found` when it is none of the user's that is alive
   */
  async endSession(session_id: SessionId, id: string): Promise<void> {
    const account = await this.#use(session_id);
    if (!(await this.#db.deleteSessionById(account, id))) {
      throw new AuthError('session_not_found', 'You have no such session');
    }
    logEvent('authn_token_revoked', { user_id: account.user.id, reason: 'One session ended' });
  }

  /** Ends every session of the user but that of whoever asks, at once. */
  async endOtherSessions(session_id: SessionId): Promise<void> {
    const { user } = await this.#change(await this.#use(session_id), (account) =>
      this.#db.deleteOtherSessions(account),
    );
    logEvent('authn_token_revoked', { user_id: user.id, reason: 'Other sessions ended' });
  }

  /** Ends every session of the user, at once. */
  async endAllSessions(session_id: SessionId): Promise<void> {
    const { user } = await this.#change(await this.#find(session_id), (account) =>
      this.#db.deleteAllSessions(account),
    );
    logEvent('authn_token_revoked', { user_id: user.id, reason: 'Every session ended' });
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
    const found = await this.#find(session_id);
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
    const found = await this.#find(session_id);
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
    const found = await this.#find(session_id);
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

  async #find(session_id: SessionId): Promise<Account> {
    const account = session_id ? await this.#db.findAccountBy({ session_id }) : undefined;
    return account ?? noSession();
  }

  async #use(session_id: SessionId): Promise<Account> {
    return (await useSession(this.#db, session_id)) ?? noSession();
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
      this.#change(verified, write, (account) => this.#expectPassword(account, password)),
      this.#db.clearAttempts(verified.user.email, client.ip),
    ]);
    return user;
  }

  /**
   * Makes a write that is conditional on the account as it was read. Where that has changed meanwhile
   * (its hash was upgraded, other sessions were ended) and the session lives on, it is read anew.
   *
   * @param write gives whether its conditions held
   * @param expect what else has to hold of the account when it was read anew
   * @returns the account on which it was made
   */
  async #change(
    read: Account,
    write: (account: Account) => Promise<boolean>,
    expect?: (account: Account) => Promise<void>,
  ): Promise<Account> {
    let account = read;
    for (let tries = 1; tries <= ATTEMPTS; tries++) {
      if (await write(account)) return account;
      account = await this.#find(account.user.session_id);
      await expect?.(account);
    }
    throw new AuthError('unavailable', 'The account is being changed by others, please try again', {
      retryAfterSeconds: 1,
    });
  }
}

function noSession(): never {
  throw new AuthError('no_session', 'You are not logged in');
}
