import { generateToken } from '../core/token.ts';
import type { App } from '../db/context.ts';
import type { UserItem } from '../db/items.ts';
import { put } from '../db/table.ts';
import { newSession, type NewSession } from './session.ts';

/**
 * Starts a session under the epoch that was read with the proof. If the password was changed or
 * everyone was signed out since, the session is never valid.
 *
 * Only lib/login/finish.ts calls this: every way to log in passes its checks.
 *
 * @returns the session id to give to the client
 */
export async function startSession(
  app: App,
  { id, session_epoch }: UserItem,
  { methods, client }: Pick<NewSession, 'methods' | 'client'>,
): Promise<string> {
  const session_id = generateToken(id);
  const epoch = session_epoch;
  const session = newSession(app, id, session_id, { epoch, methods, ...(client && { client }) });
  await put(app.table, session);
  return session_id;
}
