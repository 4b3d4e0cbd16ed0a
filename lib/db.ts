/**
 * DB: the library's face of the table, with the curriculum's method names. No Lambda function has it:
 * handlers call the functions behind it.
 */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { systemClock, type Clock } from './core/clock.ts';
import { AuthError, invalidField } from './core/errors.ts';
import { DEFAULTS, type Settings } from './core/settings.ts';
import { isText, isUuid, tokenOwner } from './core/token.ts';
import type { App } from './db/context.ts';
import { userKey, type UserItem } from './db/items.ts';
import { openTable, transact, type Write } from './db/table.ts';
import { newSession } from './sessions/session.ts';
import { findSession } from './sessions/use.ts';
import {
  findByResetToken,
  RESET_TOKEN_ATTRIBUTES,
  resetTokenAttributes,
} from './tokens/reset-token.ts';
import { normalizeEmail, parseEmail } from './users/address.ts';
import { findByEmail, findById } from './users/find.ts';
import { addUser, emailTaken, moveMarkerWrites } from './users/store.ts';
import { toUser, USER_ATTRIBUTES, type User } from './users/user.ts';

/** Reads and writes of updateUser if others keep writing the same user. */
const UPDATE_ATTEMPTS = 10;

export interface DBSettings extends Partial<Settings> {
  tableName: string;
  /** Default: a client with time limits that takes the rest from the environment. */
  client?: DynamoDBClient;
  /** Default: the system's clock. */
  now?: Clock;
}

/**
 * What updateUser sets. An attribute that is not given stays as it is. So a reset token outlives a new
 * email, though the old address may have got it by mail: give `reset_token: null` as well to void it.
 * Confirmed changes of email (lib/emails) do.
 */
export interface UserChanges {
  email?: string;
  hashed_password?: string;
  /** Adds a session under that id; null ends all sessions. */
  session_id?: string | null;
  /** null removes it. */
  reset_token?: string | null;
}

/**
 * Maps the User model onto the table. Indexes only suggest keys: each user returned was read
 * consistently.
 *
 * Session ids and reset tokens are taken as the client holds them, and stored as digests. Each method
 * throws AuthError `unavailable` if DynamoDB is out of reach.
 */
export class DB {
  /** What the functions of this library take as their first argument. */
  readonly app: App;

  constructor({ tableName, client, now = systemClock, ...settings }: DBSettings) {
    this.app = { settings: { ...DEFAULTS, ...settings }, table: openTable(tableName, client), now };
  }

  /**
   * Creates a user. Of any number of calls with one email, in whatever spelling, one succeeds.
   *
   * @throws AuthError `email_taken`; `invalid_email`
   */
  async addUser(email: string, hashed_password: string): Promise<User> {
    requireText('hashed_password', hashed_password);
    return addUser(this.app, email, hashed_password);
  }

  /**
   * Finds the user who has all the given attributes. A lookup by `id`, by `email`, or by a session id
   * or reset token that names its user is strongly consistent. Other session ids and reset tokens are
   * found by an index, which may miss them for a moment after they were stored.
   *
   * @throws AuthError `user_not_found`, also for a value that no user can have (null, '');
   *   `invalid_field` for an attribute that User does not have, and if none of the attributes can be
   *   looked up (the table is never scanned)
   */
  async findUserBy(attributes: Partial<User>): Promise<User> {
    const names = Object.keys(attributes);
    for (const name of names) requireUserAttribute(name);
    if (names.every((name) => name === 'hashed_password')) {
      throw new AuthError(
        'invalid_field',
        'A user is looked up by id, email, session_id or reset_token',
      );
    }
    const user = Object.values(attributes).every(isText) ? await this.#find(attributes) : undefined;
    if (!user) throw new AuthError('user_not_found', 'No user matches');
    const { session_id, reset_token } = attributes;
    return {
      ...toUser(user),
      ...(session_id !== undefined && { session_id }),
      ...(reset_token !== undefined && { reset_token }),
    };
  }

  async #find({
    id,
    email,
    hashed_password,
    session_id,
    reset_token,
  }: Partial<User>): Promise<UserItem | undefined> {
    const address = email === undefined ? undefined : parseEmail(email);
    if ((email !== undefined && address === undefined) || (id !== undefined && !isUuid(id))) {
      return undefined;
    }
    const found: (UserItem | undefined)[] = [];
    if (session_id !== undefined) found.push((await findSession(this.app, session_id))?.user);
    if (reset_token !== undefined) found.push(await findByResetToken(this.app, reset_token));
    if (found.length === 0) {
      found.push(
        id === undefined
          ? await findByEmail(this.app, address ?? '')
          : await findById(this.app, id),
      );
    }
    const [user] = found;
    const isSame = found.every((each) => each?.id === user?.id);
    const matches =
      user &&
      isSame &&
      (id === undefined || id === user.id) &&
      (address === undefined || address === user.email) &&
      (hashed_password === undefined || hashed_password === user.hashed_password);
    return matches ? user : undefined;
  }

  /**
   * Changes all the given attributes of a user or, if it throws, none. A new `hashed_password` also
   * ends all sessions, except one that the same call adds.
   *
   * @throws AuthError `user_not_found` for an unknown id (nothing is created); `email_taken`;
   *   `invalid_field` for an attribute that User does not have, for the `id`, for null where an
   *   attribute cannot be removed, and for a session id or reset token that names another user;
   *   `invalid_email`
   */
  async updateUser(id: string, changes: UserChanges): Promise<void> {
    const wanted = checkChanges(id, changes);
    for (let tries = 1; tries <= UPDATE_ATTEMPTS; tries++) {
      const user = isUuid(id) ? await findById(this.app, id) : undefined;
      if (!user) throw new AuthError('user_not_found', `No user has the id ${id}`);
      const writes = updateWrites(this.app, user, wanted);
      if (Object.keys(writes).length === 0) return;
      const outcome = await transact(this.app.table, writes);
      if (outcome.applied) return;
      // Only another user's marker means that the email is taken. Otherwise someone else wrote, or
      // this call did and the answer was lost: read again.
      const owner = outcome.failures.newMarker?.found?.['user_id'];
      if (owner !== undefined && owner !== id) throw emailTaken(String(changes.email));
    }
    throw new AuthError('unavailable', 'The user is being changed by others, please try again');
  }
}

/** @returns no writes if the user has these attributes already */
function updateWrites(
  app: App,
  user: UserItem,
  { email, hashed_password, session_id, reset_token }: UserChanges,
): { user?: Write; newMarker?: Write; oldMarker?: Write; session?: Write } {
  const { id } = user;
  const movesEmail = email !== undefined && email !== user.email;
  const movesEpoch = hashed_password !== undefined || session_id === null;
  const epoch = user.session_epoch + (movesEpoch ? 1 : 0);
  const changesUser = movesEmail || movesEpoch || reset_token !== undefined;
  return {
    ...(changesUser && {
      user: {
        update: {
          key: userKey(id),
          set: {
            ...(movesEmail && { email }),
            ...(movesEpoch && { session_epoch: epoch }),
            ...(hashed_password !== undefined && { hashed_password }),
            ...(reset_token && resetTokenAttributes(app, reset_token)),
            updated_at: app.now(),
          },
          remove: [
            ...(reset_token === null ? RESET_TOKEN_ATTRIBUTES : []),
            // It was the old address that was verified.
            ...(movesEmail ? ['email_verified_at', 'email_verified_by'] : []),
          ],
          condition: {
            equal: {
              ...(movesEmail && { email: user.email }),
              ...(movesEpoch && { session_epoch: user.session_epoch }),
            },
          },
        },
      },
    }),
    ...(movesEmail && moveMarkerWrites(user, email)),
    ...(session_id && {
      session: { put: newSession(app, id, session_id, { epoch, methods: [] }) },
    }),
  };
}

/**
 * @returns the changes, with the email normalised
 * @throws AuthError `invalid_field`, see DB.updateUser
 */
function checkChanges(id: string, changes: UserChanges): UserChanges {
  for (const [name, value] of Object.entries(changes) as [string, unknown][]) {
    requireUserAttribute(name);
    if (name === 'id') throw invalidField(name, 'cannot be changed');
    const isToken = name === 'session_id' || name === 'reset_token';
    if (isToken && value === null) continue;
    requireText(name, value);
    // It would be looked up at that user, and never found.
    if (isToken && (tokenOwner(value) ?? id) !== id) {
      throw invalidField(name, 'names another user');
    }
  }
  return { ...changes, ...(changes.email && { email: normalizeEmail(changes.email) }) };
}

/** @throws AuthError `invalid_field` unless the value is a non-empty string of well-formed Unicode */
function requireText(name: string, value: unknown): asserts value is string {
  if (!isText(value)) throw invalidField(name, 'must be a string that is not empty');
}

function requireUserAttribute(name: string): void {
  if (!(USER_ATTRIBUTES as readonly string[]).includes(name)) {
    throw invalidField(name, 'is not an attribute of User');
  }
}
