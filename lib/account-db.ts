import { DB, type Account } from './db.ts';
import {
  changePasswordWrites,
  deleteUserWrites,
  endOthersWrites,
  nextEpoch,
} from './db/changes.ts';
import { findSession, toSessions } from './db/items.ts';
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

  /** The sessions of the account that are alive, the newest first, in one round trip. */
  async findSessions(account: Account): Promise<Session[]> {
    return toSessions(account, await this.table.queryPartition(account.user.id), this.now());
  }

  /**
   * Ends the session of that id (see Session) if it is one of the account's that are alive.
   *
   * @returns whether it was
   */
  async deleteSessionById(account: Account, id: string): Promise<boolean> {
    const items = await this.table.queryPartition(account.user.id);
    const item = findSession(account, items, id, this.now());
    if (item) await this.table.delete({ id: item.id, item: item.item });
    return item !== undefined;
  }

  /**
   * Ends every session of the user but that by which the account was looked up.
   *
   * @returns false when that has ended meanwhile, or all have moved on: nothing was done
   */
  async deleteOtherSessions(account: Account): Promise<boolean> {
    return (await this.table.transact(endOthersWrites(account, this.now()))).applied;
  }

  /** Ends every session that the user had when the account was looked up. */
  async deleteAllSessions({ user, session_epoch }: Account): Promise<void> {
    // A condition that fails has found a larger epoch, or no user: they have ended.
    await this.table.update(nextEpoch(user.id, session_epoch, this.now()));
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
    const writes = changePasswordWrites(account, hashed_password, session, this.now());
    return (await this.table.transact(writes)).applied;
  }

  /**
   * Removes a user, whose sessions end and whose email is free again, while the account is as it was
   * read: its password and its email.
   *
   * @returns whether it was
   */
  async deleteUser(account: Account): Promise<boolean> {
    return (await this.table.transact(deleteUserWrites(account))).applied;
  }
}
