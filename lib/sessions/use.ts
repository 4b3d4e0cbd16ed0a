/** Finds the session of a request, and makes changes on behalf of its user. */
import { AuthError } from '../core/errors.ts';
import { logWarning } from '../core/log.ts';
import { together } from '../core/together.ts';
import { digest, isText, tokenOwner } from '../core/token.ts';
import type { App } from '../db/context.ts';
import type { Key } from '../db/expression.ts';
import {
  findSessions,
  findUser,
  sessionKey,
  userKey,
  type SessionItem,
  type UserItem,
} from '../db/items.ts';
import { batchGet, isContention, queryIndex, remove, update } from '../db/table.ts';
import { expiryOf, isLive } from './session.ts';

/**
 * As a client sends it. A list stands for a client that sent several cookies; null and undefined stand
 * for one that sent none.
 */
export type SessionId = string | readonly string[] | null | undefined;

/** A live session and its user, read at one moment. */
export interface Authenticated {
  user: UserItem;
  session: SessionItem;
  /** As the client holds it. */
  session_id: string;
  /** Further live sessions of the user that the client sent. */
  also: SessionItem[];
}

/** A browser that sends more session cookies than this was given them by somebody else. */
const MAX_SESSION_IDS = 4;

/**
 * The last use of a session is written if the stored one is older than this, or than this part of the
 * idle limit: a session in use loses at most a twelfth of a short limit.
 */
const LAST_SEEN_SECONDS = 60 * 60;
const LAST_SEEN_PART = 1 / 12;
/** Tries of a change, if others change the user meanwhile and the session stays live. */
const CHANGE_ATTEMPTS = 5;

/**
 * Finds a session, in one round trip. Of several session ids it takes the one that is good, as any
 * host of the domain can set a cookie for all of them. The ids of two users are refused: the client
 * must not act for a user whom somebody else chose.
 *
 * @returns undefined if the session is unknown, ended or expired, or its user is disabled
 */
export async function findSession(
  app: App,
  session_id: SessionId,
): Promise<Authenticated | undefined> {
  const ids = distinct(session_id);
  if (ids.length > MAX_SESSION_IDS) return undefined;
  const located = await locate(app, ids);
  if (located.length === 0) return undefined;
  const users = new Set(located.map(({ key }) => key.id));
  const keys = [...[...users].map(userKey), ...located.map(({ key }) => key)];
  const items = await batchGet(app.table, keys);
  const live = located.flatMap(({ key, ...sent }) => {
    const own = items.filter(({ id }) => id === key.id);
    const user = findUser(own);
    const session = findSessions(own).find(({ item }) => item === key.item);
    return user && session && isLive(session, user, app.now()) ? [{ ...sent, user, session }] : [];
  });
  const [found, ...more] = live;
  if (!found || more.some(({ user }) => user.id !== found.user.id)) return undefined;
  return { ...found, also: more.map(({ session }) => session) };
}

/**
 * Ends the sessions that a client sends along when it authenticates anew, whoever's they are (OWASP
 * ASVS 5.0, 7.2.4). Reads none of them: whoever has a session id may end its session.
 *
 * @returns their keys
 */
export async function endPresented(app: App, session_id: SessionId): Promise<Key[]> {
  const located = await locate(app, distinct(session_id).slice(0, MAX_SESSION_IDS));
  const keys = located.map(({ key }) => key);
  await together(keys.map((key) => remove(app.table, key)));
  return keys;
}

function distinct(session_id: SessionId): string[] {
  return [...new Set([session_id ?? []].flat())].filter(isText);
}

/** The keys of sessions, which the session ids name. Makes no call, unless an id names no user. */
async function locate(
  { table }: App,
  ids: readonly string[],
): Promise<{ session_id: string; key: Key }[]> {
  const located = ids.map(async (session_id) => {
    const sessionDigest = digest(session_id);
    const owner = tokenOwner(session_id);
    // A session id of another form was added by a caller of the library. Only its index knows it.
    const owners =
      owner === undefined ? await queryIndex(table, 'session_id', sessionDigest) : [owner];
    return owners.map((id) => ({ session_id, key: sessionKey(id, sessionDigest) }));
  });
  return (await Promise.all(located)).flat();
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
 * @param verify checks the password again; only for a user whose hash has changed meanwhile
 * @returns the user and session on which the write was made
 * @throws AuthError `no_session`; `conflict` if others keep changing the user
 */
export async function changeAs(
  app: App,
  read: Authenticated,
  write: (current: Authenticated) => Promise<boolean>,
  verify?: (user: UserItem) => Promise<void>,
): Promise<Authenticated> {
  let current = read;
  for (let tries = 1; tries <= CHANGE_ATTEMPTS; tries++) {
    if (await write(current).catch(refuseContention)) return current;
    const { hashed_password } = current.user;
    current = requireSession(await findSession(app, read.session_id));
    if (current.user.hashed_password !== hashed_password) await verify?.(current.user);
  }
  throw contended();
}

/** Contention is nobody's outage: it answers 409, and rings no alarm. */
function refuseContention(error: unknown): never {
  throw isContention(error) ? contended(error) : error;
}

function contended(cause?: unknown): AuthError {
  const message = 'Another request is changing the account, please try again';
  return new AuthError('conflict', message, { cause, retryAfterSeconds: 1 });
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
