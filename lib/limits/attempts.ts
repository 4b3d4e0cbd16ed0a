/**
 * Counts passwords that are tried, before they are looked at: so guesses made side by side all count
 * (OWASP ASVS 5.0, 6.3.1). Nothing here knows whether the email has a user.
 */
import { AuthError } from '../core/errors.ts';
import { digest } from '../core/token.ts';
import type { App } from '../db/context.ts';
import type { Key, Update } from '../db/expression.ts';
import { attemptsKey, type AttemptsItem, type UserItem } from '../db/items.ts';
import { get, remove, update, type Item } from '../db/table.ts';
import { networksOf } from './networks.ts';

/** Attempts of one subject before the first wait. Each further one doubles the wait. */
const FREE_ATTEMPTS = 5;
const MAX_WAIT_SECONDS = 15 * 60;
/** The waits start anew after this time without an attempt. */
const WAITS_SECONDS = 24 * 60 * 60;
/** Passwords that may fail in a row (NIST SP 800-63B-4, 3.2.2). */
const MAX_FAILURES = 100;
/**
 * Failures in a row are forgotten after this time without one. Otherwise guesses at unknown emails
 * would fill the table for ever. A shorter time would give a patient guesser 100 more each time.
 */
const FAILURES_SECONDS = 365 * 24 * 60 * 60;
/** Attempts of one source are counted in windows of this length. */
const SOURCE_WINDOW_SECONDS = 10 * 60;

/** What attempts are counted for. */
export type Subject =
  | ReturnType<typeof loginOf>
  | ReturnType<typeof reauthenticationOf>
  | ReturnType<typeof redemptionOf>;

/** The logins with an email, normalised. */
export function loginOf(address: string) {
  return `login ${address}` as const;
}

/** The confirmations of the password of a user. Only who has a session of the user can make these wait. */
export function reauthenticationOf(userId: string) {
  return `reauthentication ${userId}` as const;
}

/**
 * The passwords of a user that come with an email token, in place of a session. The token of a change
 * may be in the mailbox of a stranger. All such tokens are void once the epoch moves, so the count then
 * starts anew.
 */
export function redemptionOf({ id, session_epoch }: Pick<UserItem, 'id' | 'session_epoch'>) {
  return `redemption ${id} ${String(session_epoch)}` as const;
}

/** An attempt that counts as a failure until it is known to be none. */
export interface Attempt {
  subject: Subject;
  /** The counts of the source that it is in. */
  ofSource?: readonly Key[];
  /** No other attempt follows if this one fails: see countAttempt. */
  isLast?: boolean;
}

/**
 * Counts an attempt at a password: in one round trip, and in two once the subject's free attempts are
 * used up. An attempt that is refused counts neither for the subject nor for the source: no password
 * was looked at. An attempt may count twice if its answer is lost.
 *
 * After 100 failures in a row, all are refused until a reset of the password, or an operator, clears
 * the attempts.
 *
 * @param source the client's IP address; undefined: only the subject's attempts are counted
 * @throws AuthError `too_many_attempts`
 */
export async function countAttempt(app: App, subject: Subject, source?: string): Promise<Attempt> {
  const key = subjectKey(subject);
  const [counted, ofSource] = await Promise.all([
    update(app.table, freeAttempt(key, app.now(), MAX_FAILURES)),
    countSource(app, source),
  ]);
  if (ofSource.wait > 0) {
    // Otherwise a source that is refused could still make the email's owner wait.
    const taken = counted.applied && update(app.table, { key, add: { count: -1, failures: -1 } });
    await Promise.all([taken, takeBack(app, ofSource.counted)]);
    throw tooMany(ofSource.wait);
  }
  const attempt = { subject, ofSource: ofSource.counted };
  if (counted.applied) return attempt;
  try {
    return { ...attempt, ...(await countAgain(app, key, counted.found, MAX_FAILURES)) };
  } catch (error) {
    // Otherwise an email that has to wait would use up the attempts of all who share the source.
    await takeBack(app, ofSource.counted);
    throw error;
  }
}

/**
 * Counts a request of a user that is no attempt at a password. It makes the user wait in the same way,
 * but never for good.
 *
 * @throws AuthError `too_many_attempts`
 */
export async function countRequest(app: App, userId: string): Promise<void> {
  const key = attemptsKey(digest(`request ${userId}`));
  const counted = await update(app.table, freeAttempt(key, app.now(), Number.MAX_SAFE_INTEGER));
  if (!counted.applied) await countAgain(app, key, counted.found, Number.MAX_SAFE_INTEGER);
}

/**
 * Forgets the attempts of a subject after a success, and takes back the one attempt of the source that
 * was no failure. The source's other attempts stay: otherwise a login to one's own account would clear
 * guesses at the accounts of others.
 */
export async function clearAttempts(app: App, { subject, ofSource = [] }: Attempt): Promise<void> {
  await Promise.all([remove(app.table, subjectKey(subject)), takeBack(app, ofSource)]);
}

/** The attempts of a subject: `count` decides on the wait, and `failures` are those in a row. */
export function toCount(item: AttemptsItem | undefined, now: number, most = MAX_FAILURES) {
  if (!item || item.expires_at <= now) return { count: 0, failures: 0, wait_seconds: 0 };
  const { count, last_at = 0, failures = count, expires_at } = item;
  if (failures >= most) return { count, failures, wait_seconds: expires_at - now };
  if (last_at + WAITS_SECONDS <= now) return { count: 0, failures, wait_seconds: 0 };
  return { count, failures, wait_seconds: Math.max(0, last_at + waitAfter(count) - now) };
}

/** Whether no attempt is left until the attempts are cleared. */
export async function isLocked(app: App, subject: Subject): Promise<boolean> {
  const item = (await get(app.table, subjectKey(subject))) as AttemptsItem | undefined;
  return toCount(item, app.now()).failures >= MAX_FAILURES;
}

export function subjectKey(subject: Subject): Key {
  return attemptsKey(digest(subject));
}

/** The last attempt before the end is not among the free ones: countAgain tells it from the others. */
function freeAttempt(key: Key, now: number, most: number): Update {
  return {
    key,
    orAbsent: true,
    set: lastAttempt(now),
    add: { count: 1, failures: 1 },
    condition: {
      atMost: { count: FREE_ATTEMPTS - 1, failures: most - 2 },
      greater: { last_at: now - WAITS_SECONDS },
    },
  };
}

function lastAttempt(now: number) {
  return { last_at: now, expires_at: now + FAILURES_SECONDS };
}

/**
 * Counts an attempt that is not free.
 *
 * @param found the attempts before it
 * @throws AuthError `too_many_attempts`
 */
async function countAgain(
  app: App,
  key: Key,
  found: Item | undefined,
  most: number,
): Promise<{ isLast: boolean }> {
  const now = app.now();
  const before = found as AttemptsItem;
  const { count, failures, wait_seconds } = toCount(before, now, most);
  if (wait_seconds > 0) {
    throw tooMany(wait_seconds, failures < most ? 'try again later' : 'reset your password');
  }
  const again = await update(app.table, {
    key,
    set: { ...lastAttempt(now), count: count + 1, failures: failures + 1 },
    condition: { equal: { count: before.count, last_at: before.last_at } },
  });
  // Of attempts made side by side, one is next.
  if (!again.applied) throw tooMany(Math.max(1, waitAfter(count + 1)));
  return { isLast: failures + 1 === most };
}

/** @returns the counts that the attempt is in, and the seconds until the source may try again */
async function countSource(
  app: App,
  source: string | undefined,
): Promise<{ counted: Key[]; wait: number }> {
  const limit = app.settings.failedLoginsPerSource;
  if (source === undefined || limit === 0) return { counted: [], wait: 0 };
  const now = app.now();
  // Each window has its own item: the next window needs no reset, which attempts could race for.
  const window = Math.floor(now / SOURCE_WINDOW_SECONDS);
  const expires_at = (window + 1) * SOURCE_WINDOW_SECONDS;
  const outcomes = await Promise.all(
    networksOf(source).map(async ({ network, width }) => {
      const key = attemptsKey(digest(`source ${network} ${String(window)}`));
      const { applied } = await update(app.table, {
        key,
        orAbsent: true,
        set: { expires_at },
        add: { count: 1 },
        condition: { atMost: { count: limit * width - 1 } },
      });
      return { key, applied };
    }),
  );
  const counted = outcomes.filter(({ applied }) => applied).map(({ key }) => key);
  return { counted, wait: counted.length === outcomes.length ? 0 : expires_at - now };
}

async function takeBack({ table }: App, counts: readonly Key[]): Promise<void> {
  await Promise.all(counts.map((key) => update(table, { key, add: { count: -1 } })));
}

/** The wait in seconds after this many attempts. */
function waitAfter(count: number): number {
  return count < FREE_ATTEMPTS ? 0 : Math.min(2 ** (count - FREE_ATTEMPTS), MAX_WAIT_SECONDS);
}

function tooMany(retryAfterSeconds: number, instead = 'try again later'): AuthError {
  return new AuthError('too_many_attempts', `Too many attempts, please ${instead}`, {
    retryAfterSeconds,
  });
}
