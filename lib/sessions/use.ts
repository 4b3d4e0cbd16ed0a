/** Finds the session of a request, and makes changes on behalf of its user. */
import { AuthError } from '../core/errors.ts';
import { logWarning } from '../core/log.ts';
import { digest, isText, tokenOwner } from '../core/token.ts';
import type { App } from '../db/context.ts';
import {
  findSessions,
  findUser,
  sessionKey,
  userKey,
  type SessionItem,
  type UserItem,
} from '../db/items.ts';
import { batchGet, queryIndex, update } from '../db/table.ts';
import { expiryOf, isLive } from './session.ts';

/** As a client sends it; null and undefined stand for a client that sent none. */
export type SessionId = string | null | undefined;

/** A live session and its user, read at one moment. */
export interface Authenticated {
  user: UserItem;
  session: SessionItem;
  /** As the client holds it. */
  session_id: string;
}

/**
 * The last use of a session is written if the stored one is older than this, or than this part of the
 * idle limit: a session in use loses at most a twelfth of a short limit.
 */
const LAST_SEEN_SECONDS = 60 * 60;
const LAST_SEEN_PART = 1 / 12;
/** Tries of a change, if others change the user meanwhile and the session stays live. */
const CHANGE_ATTEMPTS = 5;

/**
 * Finds a session, in one round trip.
 *
 * @returns undefined if the session is unknown, ended or expired, or its user is disabled
 */
export async function findSession(
  { table, now }: App,
  session_id: SessionId,
): Promise<Authenticated | undefined> {
  if (!isText(session_id)) return undefined;
  const sessionDigest = digest(session_id);
  const owner = tokenOwner(session_id);
  // A session id of another form was added by a caller of the library. Only its index knows it.
  const ids = owner === undefined ? await queryIndex(table, 'session_id', sessionDigest) : [owner];
  for (const id of ids) {
    const items = await batchGet(table, [userKey(id), sessionKey(id, sessionDigest)]);
    const user = findUser(items);
    const [session] = findSessions(items);
    if (user && session && isLive(session, user, now())) return { user, session, session_id };
  }
  return undefined;
}

/**
 * Like findSession, and counts as a use of the session: it puts off the idle limit. The use is
 * written once an hour or twelfth of the idle limit, not at each request.
 */
export async function useSession(
  app: App,
  session_id: SessionId,
): Promise<Authenticated | undefined> {
  const found = await findSession(app, session_id);
  if (!found) return undefined;
  try {
    await touch(app, found.session);
  } catch (error) {
    // The session is valid all the same; its next use is written.
    logWarning('The last use of a session was not written', error);
  }
  return found;
}

/** @throws AuthError `no_session` if there was none */
export function requireSession(found: Authenticated | undefined): Authenticated {
  if (found) return found;
  throw new AuthError('no_session', 'You are not logged in');
}

/**
 * Makes a write that is conditional on the user as read. If the user has changed meanwhile (the hash
 * was upgraded, other sessions were ended) and the session is still live, reads and tries again.
 *
 * @param write returns whether its conditions held
 * @param expect checks what else must hold of a user that was read again
 * @returns the user and session on which the write was made
 * @throws AuthError `no_session`; `unavailable` if others keep changing the user
 */
export async function changeAs(
  app: App,
  read: Authenticated,
  write: (current: Authenticated) => Promise<boolean>,
  expect?: (user: UserItem) => Promise<void>,
): Promise<Authenticated> {
  let current = read;
  for (let tries = 1; tries <= CHANGE_ATTEMPTS; tries++) {
    if (await write(current)) return current;
    current = requireSession(await findSession(app, read.session_id));
    await expect?.(current.user);
  }
  throw new AuthError('unavailable', 'The account is being changed by others, please try again', {
    retryAfterSeconds: 1,
  });
}

async function touch({ table, settings, now }: App, session: SessionItem): Promise<void> {
  const time = now();
  const precision = Math.min(LAST_SEEN_SECONDS, settings.sessionIdleSeconds * LAST_SEEN_PART);
  if (time - session.last_seen <= precision) return;
  await update(table, {
    key: { id: session.id, item: session.item },
    set: { last_seen: time, expires_at: expiryOf(settings, session.created_at, time) },
  });
}
