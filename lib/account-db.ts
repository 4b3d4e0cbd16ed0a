import { DB, type Account } from './db.ts';
import { changePasswordWrites, deleteUserWrites, endSessionsWrites } from './db/changes.ts';
import { handleOf, liveSessions, SESSIONS, toSession } from './db/items.ts';
import type { Write } from './db/table.ts';
import type { Client, Session } from './session.ts';

/**
 * What DB does for users who manage their own account: apart from it, so that the bundles of those
 * functions alone have it.
 */
export class AccountDB extends DB {
  /**
   * Counts an attempt to give the password of a user who is logged in.
   *
   * @param email normalised
   * @param source as for findAccountToLogIn
   * @throws AuthError `too_many_attempts`
   */
  async countAttempt(email: string, source?: string): Promise<void> {
    await this.attempts.count(email, source);
  }

  /**
   * Counts an asking for another email, like an attempt to log in.
   *
   * @throws AuthError `too_many_attempts`
   */
  async countEmailChange(user_id: string): Promise<void> {
    await this.attempts.count(user_id);
  }

  /** The sessions of the account that are alive, the newest first, in one round trip. */
  async findSessions({ user, session }: Account): Promise<Session[]> {
    const items = await this.table.queryPartition(user.id, SESSIONS);
    return liveSessions(items, this.now()).map((each) => toSession(each, session));
  }

  /**
   * Ends the session of that id (see Session) if it is one of the account's that are alive.
   *
   * @returns whether it was
   */
  async deleteSessionById({ user }: Account, id: string): Promise<boolean> {
    const items = await this.table.queryPartition(user.id, SESSIONS);
    const session = liveSessions(items, this.now()).find((each) => handleOf(each) === id);
    if (session) await this.table.delete({ id: user.id, item: session.item });
    return session !== undefined;
  }

  /**
   * Ends every session of the user but that by which the account was looked up, while there has been
   * no sign-out since.
   *
   * @returns whether there was none
   */
  async deleteOtherSessions(account: Account): Promise<boolean> {
    return this.#apply(endSessionsWrites(account, this.now(), account.session));
  }

  /** Like deleteOtherSessions, and that one as well. */
  async deleteAllSessions(account: Account): Promise<boolean> {
    return this.#apply(endSessionsWrites(account, this.now()));
  }

  /**
   * Sets a new password, ends every session and adds a new one, while the account is as it was read:
   * its password, and no sign-out since.
   *
   * @returns whether it was
   */
  async changePassword(
    account: Account,
    hashed_password: string,
    session_id: string,
    client?: Client,
  ): Promise<boolean> {
    const session = this.newSession(account, session_id, account.session_epoch + 1, client);
    return this.#apply(changePasswordWrites(account, hashed_password, session, this.now()));
  }

  /**
   * Removes a user, whose sessions end and whose email is free again, while the account is as it was
   * read: its password and its email, and not disabled.
   *
   * @returns whether it was
   */
  async deleteUser({ user }: Account): Promise<boolean> {
    const { hashed_password } = user;
    const condition = { equal: { hashed_password }, missing: ['disabled_at'] };
    return this.#apply(deleteUserWrites(user, condition));
  }

  /** @returns whether the conditions held; DynamoDB knows a write again whose answer was lost */
  async #apply(writes: Write[]): Promise<boolean> {
    return (await this.table.transact(writes)).applied;
  }
}
