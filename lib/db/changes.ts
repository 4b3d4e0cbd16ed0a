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
import type { Update, Write } from './table.ts';

interface Circumstances {
  /** The user's epoch when the call that makes the changes first read it. */
  firstSeenEpoch: number;
  lifetimes: Lifetimes;
  now: number;
}

/** What is left to write for these changes, for a user as just read; nothing once it is done. */
export function changeWrites(
  user: UserItem,
  changes: UserChanges,
  { firstSeenEpoch, lifetimes, now }: Circumstances,
): Write[] {
  const { id } = user;
  const { email, hashed_password, session_id, reset_token } = changes;

  const movesEmail = email !== undefined && email !== user.email;
  // The epoch is set to the seen value + 1 while it still is the seen value, so that a write whose
  // answer was lost does not move it twice. Where it is larger than at first, and the hash is this
  // one if there is one, every session that was there has ended.
  const endsSessions = hashed_password !== undefined || session_id === null;
  const hasEnded =
    user.session_epoch > firstSeenEpoch &&
    (hashed_password === undefined || hashed_password === user.hashed_password);
  const movesEpoch = endsSessions && !hasEnded;
  const epoch = user.session_epoch + (movesEpoch ? 1 : 0);

  const writes: Write[] = [];
  if (movesEmail || movesEpoch || reset_token !== undefined) {
    writes.push({
      update: {
        key: userKey(id),
        set: {
          ...(movesEmail && { email }),
          ...(movesEpoch && { session_epoch: epoch }),
          ...(movesEpoch && hashed_password !== undefined && { hashed_password }),
          ...(reset_token && lifetimes.resetToken(reset_token, now)),
          updated_at: now,
        },
        remove: reset_token === null ? ['reset_token', 'reset_token_expires_at'] : [],
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
 * Ends every session of a user but the one by which the account was looked up, which moves along
 * with the epoch. No list of sessions is walked.
 */
export function endOthersWrites({ user, session, session_epoch }: Account, now: number): Write[] {
  return [
    { update: nextEpoch(user.id, session_epoch, now) },
    {
      update: {
        key: { id: user.id, item: session?.item ?? '' },
        set: { epoch: session_epoch + 1 },
        condition: { equal: { epoch: session_epoch } },
      },
    },
  ];
}

/** Moves the epoch from the one that was read, and so ends every session. */
export function nextEpoch(id: string, epoch: number, now: number): Update {
  return {
    key: userKey(id),
    set: { session_epoch: epoch + 1, updated_at: now },
    condition: { equal: { session_epoch: epoch } },
  };
}

/** Sets a new password while the verified one is the user's, and ends every session but a new one. */
export function changePasswordWrites(
  { user, session_epoch: epoch }: Account,
  hashed_password: string,
  session: SessionItem,
  now: number,
): Write[] {
  const { set, condition, key } = nextEpoch(user.id, epoch, now);
  return [
    {
      update: {
        key,
        set: { ...set, hashed_password },
        // Whoever asked for a token did so for the password that was.
        remove: ['reset_token', 'reset_token_expires_at'],
        condition: { equal: { ...condition?.equal, hashed_password: user.hashed_password } },
      },
    },
    { put: session },
  ];
}

/** Removes a user while the verified password is theirs. What is left under the id is swept by TTL. */
export function deleteUserWrites({ user: { id, email, hashed_password } }: Account): Write[] {
  return [
    { delete: userKey(id), condition: { equal: { hashed_password, email } } },
    { delete: markerKey(email), condition: { equal: { user_id: id } } },
  ];
}
