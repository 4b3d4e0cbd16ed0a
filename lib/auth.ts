/**
 * Auth: the library's face of the rules, with the curriculum's method names. No Lambda function has
 * it: handlers call the functions behind it.
 */
import { registerUser } from './accounts/register.ts';
import { isRefusal } from './core/errors.ts';
import { logEvent } from './core/log.ts';
import type { Settings } from './core/settings.ts';
import type { DB } from './db.ts';
import type { App } from './db/context.ts';
import { loginOf } from './limits/attempts.ts';
import { finishLogin } from './login/finish.ts';
import { logIn } from './login/password.ts';
import { checkGivenPassword } from './passwords/hash.ts';
import { getResetToken, resetPassword } from './passwords/reset.ts';
import { isPasswordOf } from './passwords/verify.ts';
import { logOut } from './sessions/manage.ts';
import type { Client } from './sessions/session.ts';
import { useSession, type SessionId } from './sessions/use.ts';
import { emailToFind } from './users/address.ts';
import { findByEmail } from './users/find.ts';
import { isDisabled, toUser, type User } from './users/user.ts';

/** Each method throws AuthError `unavailable` if DynamoDB is out of reach: nobody is let in, or out. */
export class Auth {
  readonly #db: DB;
  /** What the functions of this library take as their first argument. */
  readonly app: App;

  /** @param settings that differ from those of the DB */
  constructor(db: DB, settings: Partial<Settings> = {}) {
    this.#db = db;
    this.app = { ...db.app, settings: { ...db.app.settings, ...settings } };
  }

  /**
   * @returns the User, with the email normalised
   * @throws AuthError `email_taken` (`User <email> already exists`); any of FIELD_CODES
   */
  registerUser(email: string, password: string): Promise<User> {
    return registerUser(this.app, email, password);
  }

  /**
   * Whether this is the password of the user with that email, who is not disabled; false in every
   * other case. To log someone in, use logIn: validLogin does not count attempts, and the password may
   * change between validLogin and createSession.
   */
  async validLogin(email: string, password: string): Promise<boolean> {
    try {
      checkGivenPassword(password);
    } catch {
      return false;
    }
    const user = await findByEmail(this.app, emailToFind(email));
    const isVerified = await isPasswordOf(this.app, user, password);
    return isVerified && user !== undefined && !isDisabled(user);
  }

  /** See logIn in lib/login/password.ts. */
  logIn(email: string, password: string, client?: Client): Promise<string | null> {
    return logIn(this.app, email, password, client);
  }

  /**
   * Starts a session for a user whom the caller has authenticated. After validLogin, the session is
   * valid even if the password was changed in between: see logIn.
   *
   * @returns the session id to give to the client; null for an unknown email and a disabled user
   * @throws AuthError `email_not_verified`, where verification is required
   */
  async createSession(email: string): Promise<string | null> {
    const user = await findByEmail(this.app, emailToFind(email));
    if (!user) return null;
    try {
      const attempt = { subject: loginOf(user.email) };
      return await finishLogin(this.app, user, { methods: [], client: {}, attempt });
    } catch (error) {
      if (isRefusal(error, 'account_disabled')) return null;
      throw error;
    }
  }

  /**
   * Finds the user of a session, in one round trip. Counts as a use of the session, which puts off its
   * idle limit.
   *
   * @param session_id null and undefined stand for a client that sent none
   * @returns null for a session that is unknown, ended or expired
   */
  async getUserFromSessionId(session_id: SessionId): Promise<User | null> {
    const found = await useSession(this.app, session_id);
    return found ? { ...toUser(found.user), session_id: found.session_id } : null;
  }

  /**
   * Ends one session, and no other.
   *
   * @returns whether there was a live session to end
   */
  async logOut(session_id: SessionId): Promise<boolean> {
    try {
      await logOut(this.app, session_id);
      return true;
    } catch (error) {
      if (isRefusal(error, 'no_session')) return false;
      throw error;
    }
  }

  /** Ends all sessions of the user, at once. Does nothing for an unknown user. */
  async destroySession(user_id: string): Promise<void> {
    try {
      await this.#db.updateUser(user_id, { session_id: null });
      logEvent('authn_token_revoked', { user_id, reason: 'Every session ended' });
    } catch (error) {
      if (!isRefusal(error, 'user_not_found')) throw error;
    }
  }

  /**
   * Makes a reset token in place of any earlier one; the sessions stay. Whoever holds the token can set
   * the password: deliver it to the owner of the address alone.
   *
   * @throws AuthError `user_not_found` for an unknown email
   */
  getResetPasswordToken(email: string): Promise<string> {
    return getResetToken(this.app, email);
  }

  /**
   * Sets a new password. The same write spends the token and ends all sessions of the user. Of any
   * number of calls with one token, one succeeds.
   *
   * @param email the token must be this user's; undefined: any user's
   * @throws AuthError `bad_reset_token`; any of FIELD_CODES for the password, which spends nothing
   */
  async updatePassword(reset_token: string, password: string, email?: string): Promise<void> {
    await resetPassword(this.app, reset_token, password, email);
  }
}
