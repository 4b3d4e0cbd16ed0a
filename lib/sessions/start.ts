import { together } from '../core/together.ts';
import { generateToken } from '../core/token.ts';
import type { App } from '../db/context.ts';
import { findSessions, findUser, SESSION, type UserItem } from '../db/items.ts';
import { put, queryPage, remove, type Item } from '../db/table.ts';
import { isLive, newSession, type NewSession } from './session.ts';
import { endPresented, type SessionId } from './use.ts';

/**
 * Sessions that a user has at once (OWASP ASVS 5.0, 7.1.2). Logins at the same moment may make as many
 * more; the next login ends them.
 */
const MAX_SESSIONS = 100;
/** Sessions that one login removes at most: more than one only where there are more than there may be. */
const MAX_REMOVED = 25;

/**
 * Starts a session under the epoch that was read with the proof. If the password was changed or
 * everyone was signed out since, the session is never valid. If the user has too many sessions, the
 * oldest ends.
 *
 * Only lib/login/finish.ts calls this: every way to log in passes its checks.
 *
 * @param presented the session that the client had until now: it ends
 * @returns the session id to give to the client
 */
export async function startSession(
  app: App,
  user: UserItem,
  { methods, client, presented }: Pick<NewSession, 'methods' | 'client'> & { presented: SessionId },
): Promise<string> {
  const { id, session_epoch } = user;
  const session_id = generateToken(id);
  const epoch = session_epoch;
  const session = newSession(app, id, session_id, { epoch, methods, ...(client && { client }) });
  const [{ items }, ended] = await together([
    // Beside the write, not beside bcrypt: a wrong password costs the same as an unknown email.
    queryPage(app.table, id, SESSION, { consistent: false }),
    endPresented(app, presented),
    put(app.table, session),
  ]);
  const gone = [session, ...ended].map(({ item }) => item);
  const others = items.filter(({ item }) => !gone.includes(item));
  await endOldest(app, findUser(items) ?? user, others);
  return session_id;
}

/**
 * Removes what is too much beside a new session: first what has ended and waits for DynamoDB to delete
 * it, then the oldest. So the items of a user stay few enough to be read at once.
 */
async function endOldest({ table, now }: App, user: UserItem, items: Item[]): Promise<void> {
  const sessions = findSessions(items);
  const excess = sessions.length - (MAX_SESSIONS - 1);
  if (excess <= 0) return;
  const time = now();
  const live = sessions.filter((each) => isLive(each, user, time));
  const ended = sessions.filter((each) => !isLive(each, user, time));
  const oldest = live.sort((a, b) => a.created_at - b.created_at);
  const removed = [...ended, ...oldest].slice(0, Math.min(excess, MAX_REMOVED));
  await together(removed.map(({ id, item }) => remove(table, { id, item })));
}
