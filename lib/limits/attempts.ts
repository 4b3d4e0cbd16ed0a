/**
 * Counts passwords that are tried, before they are looked at: so guesses made side by side all count
 * (OWASP ASVS 5.0, 6.3.1). Nothing here knows whether the email has a user.
 */
import { AuthError } from '../core/errors.ts';
import { digest } from '../core/token.ts';
import type { App } from '../db/context.ts';
import type { Key, Update } from '../db/expression.ts';
import { attemptsKey, type AttemptsItem } from '../db/items.ts';
import { remove, update } from '../db/table.ts';
import { networksOf } from './networks.ts';

/** Failed logins of one email before the first wait. Each further one doubles the wait. */
const FREE_ATTEMPTS = 5;
const MAX_WAIT_SECONDS = 15 * 60;
/** The count of an email starts anew after this time without an attempt. */
const EMAIL_COUNT_SECONDS = 24 * 60 * 60;
/** Attempts of one source are counted in windows of this length. */
const SOURCE_WINDOW_SECONDS = 10 * 60;

/** An attempt that counts as a failure until it is known to be none. */
export interface Attempt {
  /** What it counts for: see countAttempt. */
  subject: string;
  /** The counts of the source that it is in. */
  ofSource?: readonly Key[];
}

/**
 * The subject of the attempts to confirm the password of a user who is logged in. Only who has a
 * session of the user can make it wait.
 */
export function reauthenticationOf(userId: string): string {
  return `reauthentication ${userId}`;
}

/**
 * Counts an attempt: in one round trip, and in two once the subject's free attempts are used up. An
 * attempt that is refused counts neither for the subject nor for the source: no password was looked
 * at. An attempt may count twice if its answer is lost.
 *
 * @param subject the normalised email for a login, or `reauthenticationOf` a user; a user's id for
 *   what is counted apart from passwords
 * @param source the client's IP address; undefined: only the subject's attempts are counted
 * @throws AuthError `too_many_attempts`
 */
export async function countAttempt(app: App, subject: string, source?: string): Promise<Attempt> {
  const { table, now } = app;
  const [counted, ofSource] = await Promise.all([
    update(table, freeAttempt(subject, now())),
    countSource(app, source),
  ]);
  const attempt = { subject, ofSource: ofSource.counted };
  if (ofSource.wait > 0) {
    // Otherwise a source that is refused could still make the email's owner wait.
    await takeBack(app, [...attempt.ofSource, ...(counted.applied ? [subjectKey(subject)] : [])]);
    throw tooMany(ofSource.wait);
  }
  const wait = counted.applied ? 0 : await countAgain(app, subject, counted.found as AttemptsItem);
  if (wait > 0) {
    // Otherwise an email that has to wait would use up the attempts of all who share the source.
    await takeBack(app, attempt.ofSource);
    throw tooMany(wait);
  }
  return attempt;
}

/**
 * Forgets the attempts of a subject after a success, and takes back the one attempt of the source that
 * was no failure. The source's other attempts stay: otherwise a login to one's own account would clear
 * guesses at the accounts of others.
 */
export async function clearAttempts(app: App, { subject, ofSource = [] }: Attempt): Promise<void> {
  await Promise.all([remove(app.table, subjectKey(subject)), takeBack(app, ofSource)]);
}

/** How many attempts of an email count, and the seconds that the next attempt has to wait. */
export function toCount(item: AttemptsItem | undefined, now: number) {
  if (!item || item.expires_at <= now) return { count: 0, wait_seconds: 0 };
  const { count, last_at } = item;
  const wait = count < FREE_ATTEMPTS ? 0 : Math.max(0, last_at + waitAfter(count) - now);
  return { count, wait_seconds: wait };
}

export function subjectKey(subject: string) {
  return attemptsKey(digest(`email ${subject}`));
}

function freeAttempt(subject: string, now: number): Update {
  return {
    key: subjectKey(subject),
    orAbsent: true,
    set: lastAttempt(now),
    add: { count: 1 },
    condition: { atMost: { count: FREE_ATTEMPTS - 1 }, greater: { expires_at: now } },
  };
}

function lastAttempt(now: number) {
  return { last_at: now, expires_at: now + EMAIL_COUNT_SECONDS };
}

/**
 * Counts an attempt of a subject whose free attempts are used up, or whose count has expired.
 *
 * @returns the seconds to wait, if the attempt is not counted; or 0
 */
async function countAgain(app: App, subject: string, found: AttemptsItem): Promise<number> {
  const { count, last_at, expires_at } = found;
  const now = app.now();
  const hasExpired = expires_at <= now;
  const wait = hasExpired ? 0 : last_at + waitAfter(count) - now;
  if (wait > 0) return wait;
  const again = await update(app.table, {
    key: subjectKey(subject),
    set: { ...lastAttempt(now), count: hasExpired ? 1 : count + 1 },
    condition: { equal: { count, last_at } },
  });
  // Of attempts made side by side, one is next.
  return again.applied ? 0 : waitAfter(count + 1);
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
  return Math.min(2 ** (count - FREE_ATTEMPTS), MAX_WAIT_SECONDS);
}

function tooMany(retryAfterSeconds: number): AuthError {
  return new AuthError('too_many_attempts', 'Too many attempts, please try again later', {
    retryAfterSeconds,
  });
}
