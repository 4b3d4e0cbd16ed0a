import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { Attempts } from './db/attempts.ts';
import { requireText, toChanges, toWanted, type UserChanges, type Wanted } from './db/arguments.ts';
import { changeWrites } from './db/changes.ts';
import {
  markerKey,
  sessionKey,
  toAccount,
  userKey,
  type Account,
  newMarker,
  type MarkerItem,
  type SessionItem,
  type UserItem,
} from './db/items.ts';
import { Lifetimes, type LifetimeSettings } from './db/lifetimes.ts';
import { mailTurn } from './db/mail-turns.ts';
import { createClient, Table, type Key } from './db/table.ts';
import { normalizeEmail } from './email.ts';
import { AuthError } from './errors.ts';
import type { Client } from './session.ts';
import { digest, generateUuid, isUuid } from './token.ts';
import type { User } from './user.ts';

export { createClient } from './db/table.ts';
export type { UserChanges } from './db/arguments.ts';
export { handleOf, type Account } from './db/items.ts';

/** A session's last use is written when the one on record is older than this. */
const LAST_SEEN_SECONDS = 60 * 60;
/** How often updateUser reads and writes again when others write the same user meanwhile. */
const UPDATE_ATTEMPTS = 10;

export interface DBSettings extends LifetimeSettings {
  tableName: string;
  /** Absent: one with time limits, which takes the rest from the environment. */
  client?: DynamoDBClient;
  /** Logins that may fail from one source in 10 minutes; any number when absent or 0. */
  failedLoginsPerSource?: number;
  /** Epoch seconds; the system's clock when absent. */
  now?: () => number;
}

/**
 * Maps the User model onto the table. An index finds, the table decides: whatever is returned was
 * read consistently, and held of the table at one moment during the call.
 *
 * Session ids and reset tokens are taken as the client holds them and stored as digests. Every
 * method throws AuthError `unavailable` when DynamoDB is out of reach.
 */
export class DB {
  protected readonly table: Table;
  protected readonly lifetimes: Lifetimes;
  protected readonly now: () => number;
  protected readonly attempts: Attempts;

  constructor(settings: DBSettings) {
    this.table = new Table(settings.tableName, settings.client ?? createClient());
    this.lifetimes = new Lifetimes(settings);
    this.now = settings.now ?? (() => Math.floor(Date.now() / 1000));
    this.attempts = new Attempts(this.table, this.now, settings.failedLoginsPerSource ?? 0);
  }

  /**
   * Creates a user. Of any number of calls with one email, in whatever spelling, one succeeds.
   *
   * @param more disabled_at: since when the user is disabled; email_verified_at: when the email was
   *   verified; in epoch seconds; absent: it is not so
   * @throws AuthError `email_taken`; `invalid_field`
   */
  async addUser(
    email: string,
    hashed_password: string,
    more: { disabled_at?: number; email_verified_at?: number } = {},
  ): Promise<User> {
    requireText('hashed_password', hashed_password);
    const user: User = { id: generateUuid(), email: normalizeEmail(email), hashed_password };
    const now = this.now();
    const outcome = await this.table.transact([
      {
        put: { ...user, ...more, item: 'user', session_epoch: 0, created_at: now, updated_at: now },
        condition: { absent: true },
      },
      { put: newMarker(user.email, user.id), condition: { absent: true } },
    ]);
    if (!outcome.applied) {
      const [, taken] = outcome.failures;
      if (!taken) throw new Error(`The id ${user.id} was given twice`);
      // A marker with the id just made is this call's own: the answer to its write was lost.
      if (taken.found?.['user_id'] !== user.id) throw emailTaken(email);
    }
    return user;
  }

  /**
   * The user of whom all the given attributes hold. Looked up by `id`, or by the owner that a
   * session id or reset token names: strongly consistent. Other session ids and reset tokens are
   * found by their index, which may miss them for a moment after they were stored. An email is
   * found by its index and, as that may trail, by its marker: strongly consistent.
   *
   * @throws AuthError `user_not_found`, also for a value that no user can have (null, '');
   *   `invalid_field` for an attribute that is none of User's, and when there is none to look it
   *   up by (never a table scan)
   */
  async findUserBy(attributes: Partial<User>): Promise<User> {
    const account = await this.findAccountBy(attributes);
    if (!account) throw new AuthError('user_not_found', 'No user matches');
    return account.user;
  }

  /** Like findUserBy, with the session and the epoch, and absent when no user matches. */
  async findAccountBy(attributes: Partial<User>): Promise<Account | undefined> {
    const wanted = toWanted(attributes);
    return wanted && this.#readFirst(await this.#candidates(wanted), wanted);
  }

  /**
   * Like findAccountBy, counted as an attempt to log in, of that email and from that source, before
   * anything is read of the user.
   *
   * @param email normalised
   * @param source the client's IP address; absent: only the email's attempts are counted
   * @throws AuthError `too_many_attempts`, the same for emails that no user has
   */
  async findAccountToLogIn(email: string, source?: string): Promise<Account | undefined> {
    const wanted = { email };
    const [candidates] = await Promise.all([
      this.#candidates(wanted),
      this.attempts.count(email, source),
    ]);
    return this.#readFirst(candidates, wanted);
  }

  /**
   * Forgets the attempts of an email, and takes that of the source back which was no failure.
   *
   * @param email normalised
   */
  async clearAttempts(email: string, source?: string): Promise<void> {
    await Promise.all([this.attempts.clear(email), this.attempts.forgive(source)]);
  }

  /** The first of those ids who is wanted; for an email that none of them has, its marker's. */
  async #readFirst(ids: readonly string[], wanted: Wanted): Promise<Account | undefined> {
    for (const id of ids) {
      const account = await this.#readAccount(id, wanted);
      if (account) return account;
    }
    const { id, email, session_id, reset_token } = wanted;
    if (email === undefined || id !== undefined || session_id || reset_token) return undefined;
    const owner = await this.#readMarker(email);
    return owner && this.#readAccount(owner.user_id, wanted);
  }

  /** Whether a user has that email, consistently read, in one round trip. */
  async isEmailTaken(email: string): Promise<boolean> {
    return (await this.#readMarker(normalizeEmail(email))) !== undefined;
  }

  /**
   * Changes all the given attributes of a user or, when it throws, none. A new `hashed_password`
   * also ends all sessions, except one that the same call adds.
   *
   * @throws AuthError `user_not_found` for an unknown id (nothing is created); `email_taken`;
   *   `invalid_field` for an attribute that is none of User's, for the `id`, for null where an
   *   attribute cannot be removed, and for a session id or reset token that names another user
   */
  async updateUser(id: string, changes: UserChanges): Promise<void> {
    const wanted = toChanges(id, changes);
    for (let tries = 1; tries <= UPDATE_ATTEMPTS; tries++) {
      const user = isUuid(id) ? await this.table.get(userKey(id)) : undefined;
      if (!user) throw new AuthError('user_not_found', `No user has the id ${id}`);
      const { lifetimes } = this;
      const writes = changeWrites(user as UserItem, wanted, { lifetimes, now: this.now() });
      if (writes.length === 0) return;
      const outcome = await this.table.transact(writes);
      if (outcome.applied) return;
      // Only another user's marker of the new address means taken. Else someone else wrote, or this
      // call did and the answer was lost: look again.
      for (const failure of outcome.failures) {
        const owner =
          failure?.found?.id === markerKey(wanted.email ?? '').id && failure.found['user_id'];
        if (owner && owner !== id) throw emailTaken(String(changes.email));
      }
    }
    throw new AuthError('unavailable', 'The user is being changed by others, please try again');
  }

  /**
   * Adds a session under the epoch that was read with the verified password, so that it is dead on
   * arrival when the password was changed, or everyone signed out, since.
   */
  async addSession(account: Account, session_id: string, client?: Client): Promise<void> {
    await this.table.put(this.newSession(account, session_id, account.session_epoch, client));
  }

  protected newSession(
    account: Account,
    session_id: string,
    epoch: number,
    client?: Client,
  ): SessionItem {
    const now = this.now();
    return this.lifetimes.newSession(account.user.id, session_id, {
      epoch,
      now,
      ...(client && { client }),
    });
  }

  /**
   * Records that a session was just used, when that is on record for over an hour ago only: a
   * write an hour, not one a request. Does nothing for an account without a session, or when the
   * session was deleted meanwhile.
   */
  async touchSession({ user, session }: Account): Promise<void> {
    const now = this.now();
    if (!session || now - session.last_seen <= LAST_SEEN_SECONDS) return;
    await this.table.update({
      key: { id: user.id, item: session.item },
      set: { last_seen: now, expires_at: this.lifetimes.sessionExpiry(session.created_at, now) },
    });
  }

  /** Ends the session by which the account was looked up; nothing when it has ended already. */
  async deleteSession({ user, session }: Account): Promise<void> {
    if (session) await this.table.delete({ id: user.id, item: session.item });
  }

  /**
   * Sets a reset token in place of any earlier one, if the user is still there with that email.
   *
   * @returns whether it was set
   */
  async setResetToken({ user }: Account, reset_token: string): Promise<boolean> {
    const now = this.now();
    const outcome = await this.table.update({
      key: userKey(user.id),
      set: { ...this.lifetimes.resetToken(reset_token, now), updated_at: now },
      condition: { equal: { email: user.email } },
    });
    return outcome.applied;
  }

  /**
   * Sets a reset token that is to be mailed, like setResetToken, unless one was less than 5 minutes
   * ago: then the earlier one stays. Of any number of calls at once, one sets it.
   *
   * @param invocation whose retries set another at any time: it has not sent the one before, or
   *   does not know
   * @returns whether it was set
   */
  async setMailedResetToken(
    { user }: Account,
    reset_token: string,
    invocation: string,
  ): Promise<boolean> {
    const now = this.now();
    const { set, anyOf } = mailTurn('reset', invocation, now);
    const outcome = await this.table.update({
      key: userKey(user.id),
      set: {
        ...this.lifetimes.resetToken(reset_token, now),
        ...set,
        updated_at: now,
      },
      condition: { equal: { email: user.email }, anyOf },
    });
    return outcome.applied;
  }

  /**
   * Spends the reset token by which the account was looked up: sets the password, removes the
   * token and ends all sessions in one write. Of any number of calls with one token, one succeeds,
   * if the token is still the user's and unexpired.
   *
   * @param hashed_password salted just now, so that no one else's can be the same
   * @param email normalised; it must still be the user's; when absent, that is not asked
   * @returns whether it was this call that spent the token
   */
  async redeemResetToken(
    { user }: Account,
    hashed_password: string,
    email?: string,
  ): Promise<boolean> {
    if (user.reset_token === undefined) return false;
    const now = this.now();
    const outcome = await this.table.update({
      key: userKey(user.id),
      set: { hashed_password, updated_at: now },
      // The token is spent in the same write, so that it cannot move the epoch twice.
      add: { session_epoch: 1 },
      remove: ['reset_token', 'reset_token_expires_at'],
      condition: {
        equal: {
          reset_token: digest(user.reset_token),
          ...(email !== undefined && { email }),
        },
        greater: { reset_token_expires_at: now },
      },
    });
    // One's own hash is one's own write, whose answer was lost.
    return outcome.applied || outcome.failures[0]?.found?.['hashed_password'] === hashed_password;
  }

  /**
   * Replaces the hash of a password by another of the same password, if it still is the user's. The
   * sessions stay.
   */
  async replaceHash({ user }: Account, hashed_password: string): Promise<void> {
    await this.table.update({
      key: userKey(user.id),
      set: { hashed_password, updated_at: this.now() },
      condition: { equal: { hashed_password: user.hashed_password } },
    });
  }

  /** The ids of those who may be wanted; for an email, as far as its index knows. */
  async #candidates({ id, email, session_id, reset_token }: Wanted): Promise<string[]> {
    const known = id ?? session_id?.owner ?? reset_token?.owner;
    if (known !== undefined) return [known];
    const ids = (keys: Key[]): string[] => keys.map((key) => key.id);
    if (session_id) return ids(await this.table.queryIndex('session_id', session_id.digest));
    if (reset_token) return ids(await this.table.queryIndex('reset_token', reset_token.digest));
    // At most one is right, and the marker knows better than a second one would.
    return ids(await this.table.queryIndex('email', email ?? '')).slice(0, 1);
  }

  async #readAccount(id: string, wanted: Wanted): Promise<Account | undefined> {
    const key = userKey(id);
    const items = wanted.session_id
      ? await this.table.batchGet([key, sessionKey(id, wanted.session_id.digest)])
      : [await this.table.get(key)].filter((item) => item !== undefined);
    return toAccount(items, wanted, this.now());
  }

  async #readMarker(address: string): Promise<MarkerItem | undefined> {
    return (await this.table.get(markerKey(address))) as MarkerItem | undefined;
  }
}

/** @param email as it was given */
export function emailTaken(email: string): AuthError {
  return new AuthError('email_taken', `User ${email} already exists`);
}
