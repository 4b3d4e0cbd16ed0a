/**
 * How often a user may end all sessions, or all others, at once. A stolen session that did so in a loop
 * would keep its owner from logging in. A new password is not counted: it ends all sessions at any time.
 */
import { AuthError } from '../core/errors.ts';
import { logEvent } from '../core/log.ts';
import type { UserItem } from '../db/items.ts';

const MAX_ENDINGS = 5;
const ENDINGS_SECONDS = 60 * 60;

/**
 * Counts an ending, in the write that ends the sessions: it sets the user's `sessions_ended_at`.
 *
 * @param user as read; the write must depend on the epoch that was read
 * @returns the times to set
 * @throws AuthError `too_many_attempts`
 */
export function countEnding({ id, sessions_ended_at = [] }: UserItem, now: number): number[] {
  const recent = sessions_ended_at.filter((time) => time > now - ENDINGS_SECONDS);
  const [oldest = now] = recent;
  if (recent.length < MAX_ENDINGS) return [...recent, now];
  logEvent('authz_fail', { user_id: id, reason: 'Sessions were ended too often' });
  throw new AuthError(
    'too_many_attempts',
    'Sessions were ended too often, please try again later',
    {
      retryAfterSeconds: oldest + ENDINGS_SECONDS - now,
    },
  );
}
