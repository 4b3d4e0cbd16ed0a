/**
 * The items of the table, and which of them make up the User that is looked for.
 *
 * | Item         | `id`                | `item`                 |
 * |--------------|---------------------|------------------------|
 * | user         | the user's UUID     | `user`                 |
 * | session      | the user's UUID     | `session#<digest>`     |
 * | email token  | the user's UUID     | `email_token#<digest>` |
 * | email marker | `email#<address>`   | `marker`               |
 * | attempts     | `attempts#<digest>` | `attempts`             |
 * | audit record | the user's UUID     | `audit#<UUID>`         |
 *
 * All times are epoch seconds. `expires_at` is the table's TTL attribute, which DynamoDB acts on
 * up to two days late: every read checks it. No user, no marker and no audit record ever carries it.
 */
import type { AuditRecord } from '../audit.ts';
import { digest, sameDigest } from '../token.ts';
import type { Session } from '../session.ts';
import type { User } from '../user.ts';
import type { Secret, Wanted } from './arguments.ts';
import type { Item, Key } from './table.ts';

export interface UserItem extends Item {
  item: 'user';
  email: string;
  hashed_password: string;
  /** Its digest; absent, like the expiry, when there is none. */
  reset_token?: string;
  reset_token_expires_at?: number;
  /** When a reset token was last made to be mailed, and by which invocation; absent when never. */
  reset_mailed_at?: number;
  reset_mailed_by?: string;
  /** The same of a mail about the verification of the email. */
  verification_mailed_at?: number;
  verification_mailed_by?: string;
  /** When a token showed that the email is the user's; absent when none has. */
  email_verified_at?: number;
  /** A session is valid only while its epoch is this one: moving it ends all of them at once ... */
  session_epoch: number;
  /**
   * ... but the one with this digest, while the epoch is `kept_epoch`. It is kept here and not moved
   * along, as a read of both items may see half of a transaction. Absent when none was ever kept.
   */
  kept_session?: string;
  kept_epoch?: number;
  /** Since when an operator keeps the user out; absent when none does. */
  disabled_at?: number;
  created_at: number;
  updated_at: number;
}

export interface SessionItem extends Item {
  /** Its digest. */
  session_id: string;
  /** The user's `session_epoch` when the password was verified. */
  epoch: number;
  created_at: number;
  last_seen: number;
  /** The earlier of the idle and the absolute limit. */
  expires_at: number;
  /** Of the client that logged in; absent where it is not known. */
  user_agent?: string;
  ip?: string;
}

/**
 * Shows that an address is the user's: the one that the user has, or one to change to. Good while
 * the user's email and epoch are those under which it was made.
 */
export interface EmailTokenItem extends Item {
  purpose: 'verify' | 'change';
  /** Not `email`, which is the name of an index. */
  address: string;
  /** Of a change only. */
  new_address?: string;
  epoch: number;
  expires_at: number;
}

/** Makes an email unique, and finds its user by a consistent read. */
export interface MarkerItem extends Item {
  item: 'marker';
  user_id: string;
}

/** Logins that were tried with one email, known or not, or from one source. See attempts.ts. */
export interface AttemptsItem extends Item {
  item: 'attempts';
  count: number;
  /** Of an email only. */
  last_at: number;
  expires_at: number;
}

/** What an operator did to a user, or looked at; it stays when the user is deleted. */
export type AuditItem = Item & AuditRecord;

export const userKey = (id: string): Key => ({ id, item: 'user' });

export const sessionKey = (userId: string, sessionDigest: string): Key => ({
  id: userId,
  item: `session#${sessionDigest}`,
});

export const emailTokenKey = (userId: string, tokenDigest: string): Key => ({
  id: userId,
  item: `email_token#${tokenDigest}`,
});

export const markerKey = (address: string): Key => ({ id: `email#${address}`, item: 'marker' });

export const attemptsKey = (subjectDigest: string): Key => ({
  id: `attempts#${subjectDigest}`,
  item: 'attempts',
});

export function newMarker(address: string, userId: string): MarkerItem {
  return { ...markerKey(address), item: 'marker', user_id: userId };
}

/** From which item on a partition has the sessions and then the user: records come before them. */
export const SESSIONS = 'session#';
/** From which it has the records as well. */
export const AUDIT = 'audit#';

export const isUser = ({ item }: Item): boolean => item === 'user';
export const isRecord = ({ item }: Item): boolean => item.startsWith(AUDIT);
export const isSession = ({ item }: Item): boolean => item.startsWith(SESSIONS);

/** The sessions among all items of a user that are alive, the newest first. */
export function liveSessions(items: readonly Item[], now: number): SessionItem[] {
  const user = items.find(isUser) as UserItem | undefined;
  const sessions = items.filter(isSession) as SessionItem[];
  return user
    ? sessions.filter((each) => isLive(each, user, now)).sort((a, b) => b.created_at - a.created_at)
    : [];
}

/** @param current the one by which its user asks; absent where it is not the user who does */
export function toSession(session: SessionItem, current?: SessionItem): Session {
  return {
    id: handleOf(session),
    created_at: session.created_at,
    last_seen_at: session.last_seen,
    expires_at: session.expires_at,
    user_agent: session.user_agent ?? null,
    ip: session.ip ?? null,
    current: session.item === current?.item,
  };
}

/**
 * What names a session, and whose it is, in public: half a digest of its digest, and so no way back
 * to its id.
 */
export function handleOf({ id, session_id }: SessionItem): string {
  return `${id}.${digest(session_id).slice(0, 22)}`;
}

/** A user as read, with what the rules need to know beside the model. */
export interface Account {
  user: User;
  session_epoch: number;
  /** Present when the user is disabled: epoch seconds. */
  disabled_at?: number;
  /** Absent while the email is not verified. */
  email_verified_at?: number;
  /** Present when the user was looked up by a session id. */
  session?: SessionItem;
}

/**
 * The account in these items, read consistently, if all that is wanted holds of it at that time. A
 * session that has ended or expired and a reset token that has expired match nobody, and neither does
 * any of a user who is disabled.
 */
export function toAccount(
  items: readonly Item[],
  wanted: Wanted,
  now: number,
): Account | undefined {
  const user = items.find(isUser) as UserItem | undefined;
  // Its key holds the digest of the session id that it was read for.
  const session = items.find(isSession) as SessionItem | undefined;
  if (
    !user ||
    (wanted.id !== undefined && wanted.id !== user.id) ||
    (wanted.email !== undefined && wanted.email !== user.email) ||
    (wanted.hashed_password !== undefined && wanted.hashed_password !== user.hashed_password) ||
    (wanted.session_id && !(session && isLive(session, user, now))) ||
    (wanted.reset_token && !isPending(wanted.reset_token, user, now))
  ) {
    return undefined;
  }
  return {
    user: {
      id: user.id,
      email: user.email,
      hashed_password: user.hashed_password,
      ...(wanted.session_id && { session_id: wanted.session_id.value }),
      ...(wanted.reset_token && { reset_token: wanted.reset_token.value }),
    },
    session_epoch: user.session_epoch,
    ...(user.disabled_at !== undefined && { disabled_at: user.disabled_at }),
    ...(user.email_verified_at !== undefined && { email_verified_at: user.email_verified_at }),
    ...(session && { session }),
  };
}

function isLive(session: SessionItem, user: UserItem, now: number): boolean {
  if (user.disabled_at !== undefined) return false;
  const isKept = session.session_id === user.kept_session && user.kept_epoch === user.session_epoch;
  return (session.epoch === user.session_epoch || isKept) && now < session.expires_at;
}

function isPending(wanted: Secret, user: UserItem, now: number): boolean {
  return (
    user.disabled_at === undefined &&
    user.reset_token !== undefined &&
    sameDigest(user.reset_token, wanted.digest) &&
    now < (user.reset_token_expires_at ?? 0)
  );
}
