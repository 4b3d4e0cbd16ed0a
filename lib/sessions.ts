import { handleOf, type DB } from './db.ts';
import { logEvent } from './log.ts';
import { useSession } from './use-session.ts';
import type { User } from './user.ts';

/**
 * What is done with a session alone: apart from Auth, so that functions which hash nothing have no
 * bcrypt to load.
 */
export class Sessions {
  readonly #db: DB;

  constructor(db: DB) {
    this.#db = db;
  }

  /**
   * The user of a session, in one round trip; a use of the session, which puts off its idle limit.
   *
   * @param session_id null and undefined stand for a client that sent none
   * @returns null for a session that is unknown, has ended or has expired
   */
  async getUserFromSessionId(session_id: string | null | undefined): Promise<User | null> {
    return (await useSession(this.#db, session_id))?.user ?? null;
  }

  /**
   * Like getUserFromSessionId, with the session's handle: the id that Accounts.listSessions gives it,
   * for those who tell a user's sessions apart and may not hold one.
   */
  async getSession(
    session_id: string | null | undefined,
  ): Promise<{ user: User; handle: string } | null> {
    const account = await useSession(this.#db, session_id);
    return account?.session ? { user: account.user, handle: handleOf(account.session) } : null;
  }

  /**
   * Ends one session, and no other.
   *
   * @param session_id null and undefined stand for a client that sent none
   * @returns whether there was one to end
   */
  async logOut(session_id: string | null | undefined): Promise<boolean> {
    const account = session_id ? await this.#db.findAccountBy({ session_id }) : undefined;
    if (!account) return false;
    await this.#db.deleteSession(account);
    logEvent('authn_token_revoked', { user_id: account.user.id, reason: 'Logged out' });
    return true;
  }
}
