/** What a session is, how long it lives, and what its user sees of it. */
import { digest } from '../core/token.ts';
import type { App } from '../db/context.ts';
import {
  findSessions,
  findUser,
  sessionKey,
  type Method,
  type SessionItem,
  type UserItem,
} from '../db/items.ts';
import type { Item } from '../db/table.ts';
import { isDisabled } from '../users/user.ts';

/** A session as its user sees it. Times are epoch seconds. */
export interface Session {
  /** Names the session, to end it. It is no cookie. */
  id: string;
  created_at: number;
  /** Written once an hour at most, and more often if the idle limit is under 12 hours. */
  last_seen_at: number;
  expires_at: number;
  /** What the client that logged in sent; null if unknown. */
  user_agent: string | null;
  ip: string | null;
  /** Whether this session made the request. */
  current: boolean;
}

/** The client that logs in, as far as it is known. */
export interface Client {
  /** As the gateway saw it. */
  ip?: string;
  /** As the client sent it. */
  user_agent?: string;
}

/** A session that is about to be written. */
export interface NewSession {
  /** The user's `session_epoch`, as read with the proof that authenticated the user. */
  epoch: number;
  methods: Method[];
  client?: Client;
}

export function newSession(
  { settings, now }: App,
  userId: string,
  session_id: string,
  { epoch, methods, client }: NewSession,
): SessionItem {
  const time = now();
  const sessionDigest = digest(session_id);
  return {
    ...sessionKey(userId, sessionDigest),
    session_id: sessionDigest,
    epoch,
    methods,
    authenticated_at: time,
    created_at: time,
    last_seen: time,
    expires_at: expiryOf(settings, time, time),
    ...client,
  };
}

/** The earlier of the idle and the absolute limit. */
export function expiryOf(
  { sessionAbsoluteSeconds, sessionIdleSeconds }: App['settings'],
  createdAt: number,
  lastSeen: number,
): number {
  return Math.min(createdAt + sessionAbsoluteSeconds, lastSeen + sessionIdleSeconds);
}

export function isLive(session: SessionItem, user: UserItem, now: number): boolean {
  if (isDisabled(user)) return false;
  const isKept = session.session_id === user.kept_session && user.kept_epoch === user.session_epoch;
  return (session.epoch === user.session_epoch || isKept) && now < session.expires_at;
}

/**
 * The live sessions among items of a user, the newest first.
 *
 * @param read the user as read before, for a page of items without the user
 */
export function liveSessions(items: readonly Item[], now: number, read?: UserItem): SessionItem[] {
  const user = findUser(items) ?? read;
  return user
    ? findSessions(items)
        .filter((each) => isLive(each, user, now))
        .sort((a, b) => b.created_at - a.created_at)
    : [];
}

/** @param current the session that made the request; undefined if an operator looks at the user */
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
 * The name of a session in public, which names its user too: half a digest of the stored digest, so
 * that it does not lead back to the session id.
 */
export function handleOf({ id, session_id }: SessionItem): string {
  return `${id}.${digest(session_id).slice(0, 22)}`;
}
