/**
 * What users do with their own sessions. Each function throws AuthError `no_session` without a live
 * session.
 */
import { AuthError } from '../core/errors.ts';
import { logEvent } from '../core/log.ts';
import { together } from '../core/together.ts';
import type { App } from '../db/context.ts';
import { SESSION, userKey, type SessionItem, type UserItem } from '../db/items.ts';
import { queryPage, remove, transact } from '../db/table.ts';
import { countEnding } from './endings.ts';
import { handleOf, liveSessions, toSession, type Session } from './session.ts';
import { changeAs, findSession, requireSession, useSession, type SessionId } from './use.ts';

/** Ends the session that makes the request (each, if the client sends several), and no other. */
export async function logOut(app: App, session_id: SessionId): Promise<void> {
  const { user, session, also } = requireSession(await findSession(app, session_id));
  await together([session, ...also].map((each) => end(app, each)));
  logEvent('authn_token_revoked', { user_id: user.id, reason: 'Logged out' });
}

/** @returns the user's live sessions, the newest first */
export async function listSessions(app: App, session_id: SessionId): Promise<Session[]> {
  const { user, session } = requireSession(await useSession(app, session_id));
  return (await listLive(app, user)).map((each) => toSession(each, session));
}

/**
 * Ends one session of the user, which may be the one that makes the request.
 *
 * @param handle the id that listSessions gives
 * @throws AuthError `session_not_found` if the user has no such live session
 */
export async function endSession(app: App, session_id: SessionId, handle: string): Promise<void> {
  const { user } = requireSession(await useSession(app, session_id));
  const session = (await listLive(app, user)).find((each) => handleOf(each) === handle);
  if (!session) {
    logEvent('authz_fail', { user_id: user.id, reason: 'Not a session of the user' });
    throw new AuthError('session_not_found', 'You have no such session');
  }
  await end(app, session);
  logEvent('authn_token_revoked', { user_id: user.id, reason: 'One session ended' });
}

/**
 * Ends all sessions of the user except the one that makes the request, at once.
 *
 * @throws AuthError `too_many_attempts` after 5 times in an hour, endAllSessions included; `conflict`
 */
export async function endOtherSessions(app: App, session_id: SessionId): Promise<void> {
  const found = requireSession(await useSession(app, session_id));
  await changeAs(app, found, ({ user, session }) => moveEpoch(app, user, session));
  logEvent('authn_token_revoked', { user_id: found.user.id, reason: 'Other sessions ended' });
}

/** Ends all sessions of the user, at once. Throws as endOtherSessions does. */
export async function endAllSessions(app: App, session_id: SessionId): Promise<void> {
  const found = requireSession(await findSession(app, session_id));
  await changeAs(app, found, ({ user }) => moveEpoch(app, user));
  logEvent('authn_token_revoked', { user_id: found.user.id, reason: 'Every session ended' });
}

/** One page has them all: see MAX_SESSIONS in start.ts. */
async function listLive({ table, now }: App, user: UserItem): Promise<SessionItem[]> {
  const { items } = await queryPage(table, user.id, SESSION);
  return liveSessions(items, now(), user);
}

async function end({ table }: App, { id, item }: SessionItem): Promise<void> {
  await remove(table, { id, item });
}

/**
 * Moves the epoch from the one that was read, which ends all sessions at once. No list of sessions is
 * walked.
 *
 * @param kept a session that stays live
 * @returns false if the epoch has moved meanwhile
 */
async function moveEpoch(
  { table, now }: App,
  user: UserItem,
  kept?: SessionItem,
): Promise<boolean> {
  const { id, session_epoch } = user;
  const epoch = session_epoch + 1;
  const sessions_ended_at = countEnding(user, now());
  const keep = kept && { kept_session: kept.session_id, kept_epoch: epoch };
  // In a transaction, DynamoDB recognises a repeated write whose answer was lost.
  const { applied } = await transact(table, {
    user: {
      update: {
        key: userKey(id),
        set: { session_epoch: epoch, ...keep, sessions_ended_at, updated_at: now() },
        condition: { equal: { session_epoch } },
      },
    },
  });
  return applied;
}
