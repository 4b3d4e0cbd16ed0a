import type { Account, DB } from './db.ts';
import { logWarning } from './log.ts';

/**
 * The account of a session, in one round trip; a use of the session, which puts off its idle limit.
 *
 * @param session_id null and undefined stand for a client that sent none
 * @returns absent for a session that is unknown, has ended or has expired
 */
export async function useSession(
  db: DB,
  session_id: string | null | undefined,
): Promise<Account | undefined> {
  const account = session_id ? await db.findAccountBy({ session_id }) : undefined;
  if (!account) return undefined;
  try {
    await db.touchSession(account);
  } catch (error) {
    // The session is good all the same; its next use is written.
    logWarning('The last use of a session was not written', error);
  }
  return account;
}
