/** Writes users, each together with the marker that makes their email unique. */
import { randomUUID } from 'node:crypto';
import { AuthError } from '../core/errors.ts';
import type { App } from '../db/context.ts';
import type { Condition } from '../db/expression.ts';
import { markerKey, newMarker, userKey, type UserItem } from '../db/items.ts';
import { transact, update, type Write } from '../db/table.ts';
import { normalizeEmail } from './address.ts';
import { GIVES_WAY, type User } from './user.ts';

/** What a new user may have beside an email and a hash. Times are epoch seconds. */
export type OptionalAttributes = Partial<
  Pick<
    UserItem,
    'id' | 'language' | 'disabled_at' | 'email_verified_at' | 'imported_at' | 'imported_hash'
  >
>;

/**
 * Creates a user. Of any number of calls with one email, one succeeds.
 *
 * @param email in any spelling
 * @param more what else is known of the user. An id must be a UUID in lower case.
 * @throws AuthError `email_taken`; `invalid_email`
 * @throws Error if another user has the id
 */
export async function addUser(
  app: App,
  email: string,
  hashed_password: string,
  { id, ...more }: OptionalAttributes = {},
): Promise<User> {
  const address = normalizeEmail(email);
  const user: User = { id: id ?? randomUUID(), email: address, hashed_password };
  const now = app.now();
  // Sessions and tokens of a deleted user with the same id may still be there. Their epochs are lower.
  const session_epoch = id === undefined ? 0 : now;
  const item = { ...user, ...more, session_epoch, created_at: now, updated_at: now };
  const outcome = await transact(app.table, {
    user: { put: { ...item, ...userKey(user.id) }, condition: { absent: true } },
    marker: { put: newMarker(address, user.id), condition: { absent: true } },
  });
  if (!outcome.applied) {
    const { marker } = outcome.failures;
    if (!marker) throw new Error(`Another user has the id ${user.id}`);
    // A marker with the id just made is this call's own: the answer to its write was lost.
    if (marker.found?.['user_id'] !== user.id) throw emailTaken(email);
  }
  return user;
}

/** @param email as the caller gave it */
export function emailTaken(email: string): AuthError {
  return new AuthError('email_taken', `User ${email} already exists`);
}

/**
 * Replaces the hash of a password by another hash of the same password, if it still is the user's.
 * The sessions stay.
 */
export async function replaceHash(
  { table, now }: App,
  { id, hashed_password }: UserItem,
  replacement: string,
): Promise<void> {
  await update(table, {
    key: userKey(id),
    set: { hashed_password: replacement, updated_at: now() },
    condition: { equal: { hashed_password } },
  });
}

/**
 * Writes for a transaction that removes a user. TTL sweeps what remains under the id.
 *
 * @param condition what must hold of the user, beside the email
 */
export function removeUserWrites(
  { id, email }: Pick<User, 'id' | 'email'>,
  { equal, ...others }: Condition = {},
) {
  return {
    user: { delete: userKey(id), condition: { equal: { ...equal, email }, ...others } },
    marker: { delete: markerKey(email), condition: { equal: { user_id: id } } },
  };
}

/**
 * Writes for a transaction that moves the marker of a user's email to another address.
 *
 * @param user whose email the same transaction changes, on condition that it still is this one
 * @param other who has that address, gives way, and is deleted; undefined: nobody has it
 */
export function moveMarkerWrites(
  { id, email }: UserItem,
  address: string,
  other?: Pick<UserItem, 'id'>,
): Record<'newMarker' | 'oldMarker', Write> & Partial<Record<'other', Write>> {
  return {
    newMarker: {
      put: newMarker(address, id),
      condition: other ? { equal: { user_id: other.id } } : { absent: true },
    },
    // The user still has the old address, so its marker is the user's.
    oldMarker: { delete: markerKey(email) },
    ...(other && {
      other: {
        delete: userKey(other.id),
        condition: { equal: { email: address }, ...GIVES_WAY },
      },
    }),
  };
}
