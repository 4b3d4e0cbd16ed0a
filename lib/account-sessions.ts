import type { AccountDB } from './account-db.ts';
import type { Account } from './db.ts';
import { AuthError } from './errors.ts';
import { logEvent } from './log.ts';
import type { Session } from './session.ts';
import { useSession } from './use-session.ts';

/** How often a change is tried again when the account changes meanwhile and the session lives on. */
const ATTEMPTS = 5;

/** As a client sends it; null and undefined stand for one that sent none. */
export type SessionId = string | null | undefined;

/**
 * What users do with the sessions of their own account: apart from Accounts, so that functions which
 * hash nothing have no bcrypt to load. Every method throws AuthError `no_session` without a session
 * that is good, and `unavailable` when DynamoDB is out of reach.
 */
export class AccountSessions {
  readonly #db: AccountDB;

  constructor(db: AccountDB) {
    this.#db = db;
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
    const { user } = await this.change(await this.#use(session_id), (account) =>
      this.#db.deleteOtherSessions(account),
    );
    logEvent('authn_token_revoked', { user_id: user.id, reason: 'Other sessions ended' });
  }

  /** Ends every session of the user, at once. */
  async endAllSessions(session_id: SessionId): Promise<void> {
    const { user } = await this.change(await this.find(session_id), (account) =>
      this.#db.deleteAllSessions(account),
    );
    logEvent('authn_token_revoked', { user_id: user.id, reason: 'Every session ended' });
  }

  protected async find(session_id: SessionId): Promise<Account> {
    const account = session_id ? await this.#db.findAccountBy({ session_id }) : undefined;
    return account ?? noSession();
  }

  async #use(session_id: SessionId): Promise<Account> {
    return (await useSession(this.#db, session_id)) ?? noSession();
  }

  /**
   * Makes a write that is conditional on the account as it was read. Where that has changed meanwhile
   * (its hash was upgraded, other sessions were ended) and the session lives on, it is read anew.
   *
   * @param write gives whether its conditions held
   * @param expect what else has to hold of the account when it was read anew
   * @returns the account on which it was made
   */
  protected async change(
    read: Account,
    write: (account: Account) => Promise<boolean>,
    expect?: (account: Account) => Promise<void>,
  ): Promise<Account> {
    let account = read;
    for (let tries = 1; tries <= ATTEMPTS; tries++) {
      if (await write(account)) return account;
      account = await this.find(account.user.session_id);
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
