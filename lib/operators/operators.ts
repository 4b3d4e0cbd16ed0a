/**
 * What operators do with the accounts of others. Each act is on record in the table, beside the user:
 * an act that cannot be recorded is not done, and nothing is shown. No Lambda function has this.
 *
 * Each function throws AuthError `user_not_found` for an unknown user.
 */
import { AuthError } from '../core/errors.ts';
import { logEvent } from '../core/log.ts';
import { digest, isUuid } from '../core/token.ts';
import type { App } from '../db/context.ts';
import type { Update } from '../db/expression.ts';
import {
  AUDIT,
  findRecords,
  findSessions,
  findUser,
  markKey,
  SESSION,
  userKey,
  type AttemptsItem,
  type MarkReason,
  type UserItem,
} from '../db/items.ts';
import { get, put, queryPartition, remove, type Item, type Write } from '../db/table.ts';
import {
  loginOf,
  reauthenticationOf,
  redemptionOf,
  subjectKey,
  toCount,
} from '../limits/attempts.ts';
import { findMark } from '../mail/undeliverable.ts';
import { handleOf, liveSessions, toSession, type Session } from '../sessions/session.ts';
import { pendingChange } from '../tokens/email-token.ts';
import { RESET_TOKEN_ATTRIBUTES } from '../tokens/reset-token.ts';
import { parseEmail } from '../users/address.ts';
import { findByEmail, findById } from '../users/find.ts';
import { removeUserWrites } from '../users/store.ts';
import { GIVES_WAY, isDisabled, NOT_DISABLED, toUser, type User } from '../users/user.ts';
import {
  newRecord,
  perform,
  toRecord,
  type Actor,
  type AuditRecord,
  type OperatorAct,
} from './audit.ts';

/** What operators see of a user. Times are epoch seconds. */
export interface UserDetails {
  email: string;
  created_at: number;
  updated_at: number;
  /** Of mails to the user. null: that of the setting. */
  language: string | null;
  /** null: not disabled. */
  disabled_at: number | null;
  /** null: no valid token is pending. */
  reset_token_expires_at: number | null;
  /** The address that waits for its confirmation; null: none does. */
  pending_email: string | null;
  /** Why and since when no mail is sent to the email; null: mail is sent. */
  undeliverable: { reason: MarkReason; at: number } | null;
  /**
   * Failed logins with the email: those that count, those in a row, and how long the next attempt has
   * to wait. After 100 in a row, it waits for a reset of the password, or for unlockUser.
   */
  attempts: { count: number; failures: number; wait_seconds: number };
}

export interface Overview {
  /** null for a deleted user, of whom records are left. */
  user: UserDetails | null;
  /** The live ones, the newest first. */
  sessions: Session[];
  /** The oldest first. */
  audit: AuditRecord[];
}

/** What has to be known of a user to be purged. */
export type Unverified = Pick<UserItem, 'id' | 'email' | 'session_epoch' | 'updated_at'>;

export interface FoundSession {
  /** The user's id. */
  id: string;
  /** null for a deleted user. */
  user: UserDetails | null;
  /** Stays in the table for as long as it might have lived. */
  session: Session & { live: boolean };
}

/**
 * The id of the user who is meant.
 *
 * @param subject an email, a user's id, or the id of one of the user's sessions (see Session)
 * @throws AuthError `invalid_field` for anything else
 */
export async function idOf(app: App, subject: string): Promise<string> {
  const id = isUuid(subject) ? subject.toLowerCase() : sessionOwner(subject);
  if (id !== undefined) return id;
  if (!subject.includes('@')) {
    throw new AuthError(
      'invalid_field',
      'A user is named by an email, an id, or the id of a session',
    );
  }
  const address = parseEmail(subject);
  const user = address === undefined ? undefined : await findByEmail(app, address);
  return (user ?? notFound()).id;
}

/** @param subject as for idOf */
export async function findSubject(app: App, subject: string): Promise<User> {
  return toUser((await findById(app, await idOf(app, subject))) ?? notFound());
}

/** Shows a user; of a deleted one, by id, the records. */
export async function showUser(app: App, id: string, by: Actor): Promise<Overview> {
  const items = await queryPartition(app.table, id, AUDIT);
  const user = await detailsOf(app, items);
  const audit = findRecords(items).map(toRecord);
  if (!user && audit.length === 0) notFound();
  await put(app.table, newRecord(app, id, 'show', by));
  log('show', id, by);
  const sessions = liveSessions(items, app.now()).map((each) => toSession(each));
  return { user, sessions, audit };
}

/**
 * Disables a user at once: all sessions end, a login that is under way gives no valid session, the
 * reset token is removed, and no password logs in.
 *
 * @returns false if the user was disabled already
 */
export async function disableUser(app: App, id: string, by: Actor): Promise<boolean> {
  const now = app.now();
  return change(app, 'disable', by, {
    key: userKey(id),
    set: { disabled_at: now, updated_at: now },
    add: { session_epoch: 1 },
    remove: RESET_TOKEN_ATTRIBUTES,
    condition: NOT_DISABLED,
  });
}

/**
 * Lets a user log in again. What disabling ended stays ended, and no session or reset token that was
 * made meanwhile is valid.
 *
 * @returns false if the user was not disabled
 */
export async function enableUser(app: App, id: string, by: Actor): Promise<boolean> {
  return change(app, 'enable', by, {
    key: userKey(id),
    set: { updated_at: app.now() },
    add: { session_epoch: 1 },
    remove: ['disabled_at', ...RESET_TOKEN_ATTRIBUTES],
    condition: { present: ['disabled_at'] },
  });
}

/**
 * Lets a user try passwords again, after any number of failures: to log in, and to confirm the password
 * with a session or an email token.
 */
export async function unlockUser(app: App, id: string, by: Actor): Promise<void> {
  const user = (await findById(app, id)) ?? notFound();
  const touched = { key: userKey(id), set: { updated_at: app.now() } };
  await change(app, 'unlock', by, touched, {
    logins: { delete: subjectKey(loginOf(user.email)) },
    confirmations: { delete: subjectKey(reauthenticationOf(id)) },
    redemptions: { delete: subjectKey(redemptionOf(user)) },
  });
}

/**
 * Lets mail be sent again to a user's email, and to the one that waits for its confirmation, although
 * an earlier mail bounced or was reported as spam.
 */
export async function unmarkUser(app: App, id: string, by: Actor): Promise<void> {
  const user = (await findById(app, id)) ?? notFound();
  const pending = pendingChange(user, app.now())?.new_email;
  const touched = { key: userKey(id), set: { updated_at: app.now() } };
  await change(app, 'unmark', by, touched, {
    email: { delete: markKey(digest(user.email)) },
    ...(pending !== undefined &&
      pending !== user.email && { pending: { delete: markKey(digest(pending)) } }),
  });
}

/** Ends all sessions of a user, at once. */
export async function signOutUser(app: App, id: string, by: Actor): Promise<void> {
  await change(app, 'sign-out', by, {
    key: userKey(id),
    set: { updated_at: app.now() },
    add: { session_epoch: 1 },
  });
}

/**
 * Calls off the change of email that waits for the new address to confirm it.
 *
 * @returns false if there was none
 */
export async function cancelEmailChange(app: App, id: string, by: Actor): Promise<boolean> {
  return change(app, 'cancel-email-change', by, {
    key: userKey(id),
    set: { updated_at: app.now() },
    remove: ['email_change'],
    condition: { present: ['email_change'] },
  });
}

/**
 * Deletes a user, disabled or not, at once and for good: all sessions end, and the email is free
 * again. The records stay.
 *
 * @param user as found just now: a user whose email has changed since is not deleted
 */
export async function deleteSubject(app: App, user: User, by: Actor): Promise<void> {
  const { done } = await perform(app, user.id, 'delete', by, removeUserWrites(user));
  if (!done) notFound();
  log('delete', user.id, by);
}

/**
 * Deletes a user who never verified the email, with all sessions and tokens. The records stay.
 *
 * @param user as read: one who has verified the email, was disabled or changed otherwise since is not
 *   deleted
 * @returns whether the user was deleted
 */
export async function purgeUnverified(app: App, user: Unverified, by: Actor): Promise<boolean> {
  const { id, session_epoch, updated_at } = user;
  // A disabled user stays: otherwise the person could register again.
  const asRead = { equal: { session_epoch, updated_at }, ...GIVES_WAY };
  const writes = removeUserWrites(user, asRead);
  const { done } = await perform(app, id, 'purge-unverified', by, writes);
  if (!done) return false;
  log('purge-unverified', id, by);
  for (const { item } of await queryPartition(app.table, id, AUDIT)) {
    if (!item.startsWith(AUDIT)) await remove(app.table, { id, item });
  }
  return true;
}

/**
 * Finds a session and its user.
 *
 * @param handle the session's id (see Session)
 * @throws AuthError `session_not_found`, also for a session that ended by logout, or expired long ago;
 *   `invalid_field`
 */
export async function findSessionOf(app: App, handle: string, by: Actor): Promise<FoundSession> {
  const id = sessionOwner(handle);
  if (id === undefined) throw new AuthError('invalid_field', 'That is not the id of a session');
  const items = await queryPartition(app.table, id, SESSION);
  const name = `${id}${handle.slice(id.length)}`;
  const session = findSessions(items).find((each) => handleOf(each) === name);
  if (!session) throw new AuthError('session_not_found', 'There is no such session');
  const user = await detailsOf(app, items);
  await put(app.table, newRecord(app, id, 'find-session', by));
  log('find-session', id, by);
  const live = liveSessions(items, app.now()).includes(session);
  return { id, user, session: { ...toSession(session), live } };
}

/** @returns false if the user is not as the update asks for */
async function change(
  app: App,
  act: OperatorAct,
  by: Actor,
  update: Update,
  alongside: Record<string, Write> = {},
): Promise<boolean> {
  const { id } = update.key;
  const { done, user } = await perform(app, id, act, by, { ...alongside, user: { update } });
  if (!done && !user?.found) throw new AuthError('user_not_found', `No user has the id ${id}`);
  if (done) log(act, id, by);
  return done;
}

/** @param items of the user, if there is one */
async function detailsOf(app: App, items: readonly Item[]): Promise<UserDetails | null> {
  const user = findUser(items);
  if (!user) return null;
  const now = app.now();
  const { email, created_at, updated_at, language = null, disabled_at = null } = user;
  const { reset_token_expires_at: expires_at = 0 } = user;
  const [attempts, mark] = await Promise.all([
    get(app.table, subjectKey(loginOf(email))) as Promise<AttemptsItem | undefined>,
    findMark(app, email),
  ]);
  return {
    ...{ email, created_at, updated_at, language, disabled_at },
    reset_token_expires_at: !isDisabled(user) && expires_at > now ? expires_at : null,
    pending_email: pendingChange(user, now)?.new_email ?? null,
    undeliverable: mark ? { reason: mark.reason, at: mark.at } : null,
    attempts: toCount(attempts, now),
  };
}

function log(act: OperatorAct, user_id: string, { actor }: Actor): void {
  logEvent('authz_admin', { act, user_id, actor });
}

/** The user's id in the id of a session (see Session); undefined for any other value. */
function sessionOwner(handle: string): string | undefined {
  const [, id = ''] = /^([\da-f-]{36})\.[\w-]{22}$/i.exec(handle) ?? [];
  return isUuid(id) ? id.toLowerCase() : undefined;
}

function notFound(): never {
  throw new AuthError('user_not_found', 'There is no such user');
}
