import { AuthError, type ErrorCode } from '../core/errors.ts';
import { logEvent } from '../core/log.ts';
import { together } from '../core/together.ts';
import type { App } from '../db/context.ts';
import type { Method, UserItem } from '../db/items.ts';
import { clearAttempts, type Attempt } from '../limits/attempts.ts';
import type { Client } from '../sessions/session.ts';
import { startSession } from '../sessions/start.ts';
import type { SessionId } from '../sessions/use.ts';
import { isDisabled } from '../users/user.ts';

export interface Login {
  /** How the user proved who they are. */
  methods: Method[];
  client: Client;
  /** The attempt that was counted before the proof was looked at. */
  attempt: Attempt;
  /** The session that the client had until now, if any. It ends, whoever's it is. */
  presented?: SessionId;
  /** What else to write in the same round trip as the session. */
  alongside?: () => Promise<void>;
}

/**
 * Ends every way to log in: refuses users who may not log in, clears the attempts, and starts the
 * session. Nothing else starts one: a change of password only replaces the session that asks for it.
 *
 * @param user as read with the proof
 * @returns the session id to give to the client
 * @throws AuthError `account_disabled`; `email_not_verified`
 */
export async function finishLogin(
  app: App,
  user: UserItem,
  { methods, client, attempt, presented, alongside }: Login,
): Promise<string> {
  if (isDisabled(user)) {
    // The proof was right: this was no guess.
    await clearAttempts(app, attempt);
    throw refuse(user, 'account_disabled', 'This account is disabled');
  }
  if (app.settings.requireVerifiedEmail && user.email_verified_at === undefined) {
    // This counts as a failure. Otherwise whoever registers an address could tell from the count whether
    // it was free.
    throw refuse(user, 'email_not_verified', 'Please verify your email address first');
  }
  const [session_id] = await together([
    startSession(app, user, { methods, client, presented }),
    clearAttempts(app, attempt),
    alongside?.(),
  ]);
  logEvent('authn_login_success', { user_id: user.id });
  return session_id;
}

function refuse(user: UserItem, code: ErrorCode, message: string): AuthError {
  logEvent('authn_login_fail', { user_id: user.id, reason: message });
  return new AuthError(code, message);
}
