import type { User } from '../user.ts';
import type { UserChanges } from './arguments.ts';
import {
  markerKey,
  newMarker,
  userKey,
  type Account,
  type SessionItem,
  type UserItem,
} from './items.ts';
import type { Lifetimes } from './lifetimes.ts';
import type { Condition, Write } from './table.ts';

interface Circumstances {
  lifetimes: Lifetimes;
  now: number;
}

/** What is to be written for these changes, for a user as just read; nothing where it is so already. */
export function changeWrites(
  user: UserItem,
  changes: UserChanges,
  { lifetimes, now }: Circumstances,
): Write[] {
  const { id } = user;
  const { email, hashed_password, session_id, reset_token } = changes;

  const movesEmail = email !== undefined && email !== user.email;
  const movesEpoch = hashed_password !== undefined || session_id === null;
  const epoch = user.session_epoch + (movesEpoch ? 1 : 0);

  const writes: Write[] = [];
  if (movesEmail || movesEpoch || reset_token !== undefined) {
    writes.push({
      update: {
        key: userKey(id),
        set: {
          ...(movesEmail && { email }),
          ...(movesEpoch && { session_epoch: epoch }),
          ...(hashed_password !== undefined && { hashed_password }),
          ...(reset_token && lifetimes.resetToken(reset_token, now)),
          updated_at: now,
        },
        remove: [
          ...(reset_token === null ? ['reset_token', 'reset_token_expires_at'] : []),
          // Of the address that it was.
          ...(movesEmail ? ['email_verified_at'] : []),
        ],
        condition: {
          equal: {
            ...(movesEmail && { email: user.email }),
            ...(movesEpoch && { session_epoch: user.session_epoch }),
          },
        },
      },
    });
  }
  if (movesEmail) {
    writes.push(
      { put: newMarker(email, id), condition: { absent: true } },
      // The user has that address still, so the marker is the user's.
      { delete: markerKey(user.email) },
    );
  }
  if (session_id) writes.push({ put: lifetimes.newSession(id, session_id, { epoch, now }) });
  return writes;
}

/**
 * Moves the epoch from the one that was read, and so ends every session at once. No list of them is
 * walked.
 *
 * @param kept but that one; absent: none is kept
 */
export function endSessionsWrites(
  { user, session_epoch }: Account,
  now: number,
  kept?: SessionItem,
): Write[] {
  const epoch = session_epoch + 1;
  const keep = kept && { kept_session: kept.session_id, kept_epoch: epoch };
  return [
    {
      update: {
        key: userKey(user.id),
        set: { session_epoch: epoch, ...keep, updated_at: now },
        condition: { equal: { session_epoch } },
      },
    },
  ];
}

/** Sets a new password while the verified one is the user's, and ends every session but a new one. */
export function changePasswordWrites(
  { user, session_epoch }: Account,
  hashed_password: string,
  session: SessionItem,
  now: number,
): Write[] {
  return [
    {
      update: {
        key: userKey(user.id),
        set: { hashed_password, session_epoch: session.epoch, updated_at: now },
        // Whoever asked for a token did so for the password that was.
        remove: ['reset_token', 'reset_token_expires_at'],
        condition: { equal: { session_epoch, hashed_password: user.hashed_password } },
      },
    },
    { put: session },
  ];
}

/**
 * Removes a user, who still has that email. What is left under the id is swept by TTL.
 *
 * @param condition what else must hold of the user
 */
export function deleteUserWrites(
  { id, email }: User,
  { equal, ...others }: Condition = {},
): Write[] {
  return [
    { delete: userKey(id), condition: { equal: { ...equal, email }, ...others } },
    { delete: markerKey(email), condition: { equal: { user_id: id } } },
  ];
}
