import { v7 } from 'uuid';
import type { AuditRecord } from './audit.ts';
import { DB } from './db.ts';
import { emailKey, toCount } from './db/attempts.ts';
import { deleteUserWrites } from './db/changes.ts';
import {
  AUDIT,
  handleOf,
  isRecord,
  isSession,
  isUser,
  liveSessions,
  SESSIONS,
  toSession,
  userKey,
  type AttemptsItem,
  type AuditItem,
  type SessionItem,
  type UserItem,
} from './db/items.ts';
import type { Item, Update, Write } from './db/table.ts';
import { AuthError } from './errors.ts';
import type { Session } from './session.ts';
import type { User } from './user.ts';

/** An act before it is on record. */
export type Act = Omit<AuditRecord, 'at'>;

/** What operators see of a user. Times are epoch seconds. */
export interface UserDetails {
  email: string;
  created_at: number;
  updated_at: number;
  /** null: not disabled. */
  disabled_at: number | null;
  /** null: no token is pending that would be good. */
  reset_token_expires_at: number | null;
  /** Attempts of the email that count, and how long the next one has to wait. */
  attempts: { count: number; wait_seconds: number };
}

export interface Overview {
  /** null for one who was deleted, of whom records are left. */
  user: UserDetails | null;
  /** Those that are alive, the newest first. */
  sessions: Session[];
  /** The oldest first. */
  audit: AuditRecord[];
}

export interface FoundSession {
  /** null for one who was deleted. */
  user: UserDetails | null;
  /** It is in the table for as long as it might have lived. */
  session: Session & { live: boolean };
}

const NO_RESET_TOKEN = ['reset_token', 'reset_token_expires_at'];

/**
 * What DB does for operators: apart from it, as no function has it. What changes a user and the
 * record of it are one transaction: what was done is on record, and what is on record was done.
 */
export class OperatorDB extends DB {
  /**
   * Keeps a user out: every session ends, a login that is under way is dead on arrival, and a reset
   * token that is pending is gone, in one write.
   *
   * @returns false when the user was disabled already: nothing was done
   * @throws AuthError `user_not_found`
   */
  async disableUser(id: string, act: Act): Promise<boolean> {
    const now = this.now();
    return this.#change(act, {
      key: userKey(id),
      set: { disabled_at: now, updated_at: now },
      add: { session_epoch: 1 },
      remove: NO_RESET_TOKEN,
      condition: { missing: ['disabled_at'] },
    });
  }

  /**
   * Lets a user in again, who has to log in: no session and no reset token that was made meanwhile
   * is good.
   *
   * @returns false when the user was not disabled: nothing was done
   * @throws AuthError `user_not_found`
   */
  async enableUser(id: string, act: Act): Promise<boolean> {
    return this.#change(act, {
      key: userKey(id),
      set: { updated_at: this.now() },
      add: { session_epoch: 1 },
      remove: ['disabled_at', ...NO_RESET_TOKEN],
      condition: { greater: { disabled_at: 0 } },
    });
  }

  /**
   * Ends every session of a user.
   *
   * @throws AuthError `user_not_found`
   */
  async signOutUser(id: string, act: Act): Promise<void> {
    await this.#change(act, {
      key: userKey(id),
      set: { updated_at: this.now() },
      add: { session_epoch: 1 },
    });
  }

  /**
   * Removes a user, disabled or not, whose sessions end and whose email is free again. The records
   * stay.
   *
   * @returns false when there is no such user any more, or not with that email
   */
  async deleteUser(user: User, act: Act): Promise<boolean> {
    return (await this.#perform(user.id, act, deleteUserWrites(user))).done;
  }

  /**
   * What there is to see of a user, which is on record before it is seen.
   *
   * @returns absent when there is no such user, and no record of one
   */
  async look(id: string, act: Act): Promise<Overview | undefined> {
    const items = await this.table.queryPartition(id, AUDIT);
    const user = await this.#findDetails(items);
    const audit = (items.filter(isRecord) as AuditItem[]).map(toRecord);
    if (!user && audit.length === 0) return undefined;
    await this.table.put(this.#newRecord(id, act));
    const sessions = liveSessions(items, this.now()).map((each) => toSession(each));
    return { user, sessions, audit };
  }

  /**
   * Like look, for one session, alive or not.
   *
   * @param session_id its id (see Session)
   */
  async lookForSession(
    id: string,
    session_id: string,
    act: Act,
  ): Promise<FoundSession | undefined> {
    const items = await this.table.queryPartition(id, SESSIONS);
    const session = (items.filter(isSession) as SessionItem[]).find(
      (each) => handleOf(each) === session_id,
    );
    if (!session) return undefined;
    const user = await this.#findDetails(items);
    await this.table.put(this.#newRecord(id, act));
    const live = liveSessions(items, this.now()).includes(session);
    return { user, session: { ...toSession(session), live } };
  }

  /** @param items of the user, if there is one */
  async #findDetails(items: readonly Item[]): Promise<UserDetails | null> {
    const user = items.find(isUser) as UserItem | undefined;
    if (!user) return null;
    const now = this.now();
    const { email, created_at, updated_at, disabled_at = null } = user;
    const { reset_token_expires_at: expires_at = 0 } = user;
    const attempts = (await this.table.get(emailKey(email))) as AttemptsItem | undefined;
    return {
      ...{ email, created_at, updated_at, disabled_at },
      reset_token_expires_at: disabled_at === null && expires_at > now ? expires_at : null,
      attempts: toCount(attempts, now),
    };
  }

  /** @returns false when the user is not as the update asks for */
  async #change(act: Act, update: Update): Promise<boolean> {
    const { id } = update.key;
    const { done, found } = await this.#perform(id, act, [{ update }]);
    if (!done && !found) throw new AuthError('user_not_found', `No user has the id ${id}`);
    return done;
  }

  /** @returns found: where it was not done, what stood in the way of the first of the writes */
  async #perform(id: string, act: Act, writes: readonly Write[]) {
    const record = this.#newRecord(id, act);
    const outcome = await this.table.transact([
      ...writes,
      { put: record, condition: { absent: true } },
    ]);
    // A record with the key just made is this call's own: the answer to its write was lost.
    if (outcome.applied || outcome.failures.at(-1)) return { done: true };
    return { done: false, found: outcome.failures[0]?.found };
  }

  #newRecord(id: string, act: Act): AuditItem {
    // A UUID of version 7, so that the records lie in the order of time.
    return { id, item: `${AUDIT}${v7()}`, ...act, at: this.now() };
  }
}

function toRecord({ act, actor, reason, at }: AuditItem): AuditRecord {
  return { at, act, actor, ...(reason !== undefined && { reason }) };
}
