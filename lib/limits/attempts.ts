/**
 * Counts passwords that are tried, before they are looked at: so guesses made side by side all count
 * (OWASP ASVS 5.0, 6.3.1). Nothing here knows whether the email has a user.
 */
import { AuthError } from '../core/errors.ts';
import { digest } from '../core/token.ts';
import type { App } from '../db/context.ts';
import type { Update } from '../db/expression.ts';
import { attemptsKey, type AttemptsItem } from '../db/items.ts';
import { remove, update } from '../db/table.ts';

/** Failed logins of one email before the first wait. Each further one doubles the wait. */
const FREE_ATTEMPTS = 5;
const MAX_WAIT_SECONDS = 15 * 60;
/** The count of an email starts anew after this time without an attempt. */
const EMAIL_COUNT_SECONDS = 24 * 60 * 60;
/** Attempts of one source are counted in windows of this length. */
const SOURCE_WINDOW_SECONDS = 10 * 60;

/**
 * Counts an attempt: in one round trip, and in two once the email's free attempts are used up. A
 * refused attempt does not count for the email. An attempt may count twice if its answer is lost.
 *
 * @param subject the normalised email, or a user's id for what is counted apart from logins
 * @param source the client's IP address; undefined: only the subject's attempts are counted
 * @throws AuthError `too_many_attempts`
 */
export async function countAttempt(app: App, subject: string, source?: string): Promise<void> {
  const { table, now } = app;
  const [counted, sourceWait] = await Promise.all([
    update(table, freeAttempt(subject, now())),
    countSource(app, source),
  ]);
  if (sourceWait > 0) {
    // Otherwise a source that is refused could still make the email's owner wait.
    if (counted.applied) await update(table, takeBack(subjectKey(subject)));
    throw tooMany(sourceWait);
  }
  if (counted.applied) return;

  const { count, last_at, expires_at } = counted.found as AttemptsItem;
  const time = now();
  const hasExpired = expires_at <= time;
  const wait = hasExpired ? 0 : last_at + waitAfter(count) - time;
  if (wait > 0) throw tooMany(wait);
  const again = await update(table, {
    key: subjectKey(subject),
    set: { ...lastAttempt(time), count: hasExpired ? 1 : count + 1 },
    condition: { equal: { count, last_at } },
  });
  // Of attempts made side by side, one is next.
  if (!again.applied) throw tooMany(waitAfter(count + 1));
}

/**
 * Forgets the attempts of a subject after a success, and takes back the one attempt of the source that
 * was no failure. The source's other attempts stay: otherwise a login to one's own account would clear
 * guesses at the accounts of others.
 */
export async function clearAttempts(app: App, subject: string, source?: string): Promise<void> {
  await Promise.all([
    remove(app.table, subjectKey(subject)),
    isLimited(app, source) && update(app.table, takeBack(sourceKey(source, app.now()))),
  ]);
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

/** @returns seconds until the source may try again; 0 if it may try now */
async function countSource(app: App, source: string | undefined): Promise<number> {
  if (!isLimited(app, source)) return 0;
  const now = app.now();
  const windowEnd = (windowOf(now) + 1) * SOURCE_WINDOW_SECONDS;
  const counted = await update(app.table, {
    key: sourceKey(source, now),
    orAbsent: true,
    set: { expires_at: windowEnd },
    add: { count: 1 },
    condition: { atMost: { count: app.settings.failedLoginsPerSource - 1 } },
  });
  return counted.applied ? 0 : windowEnd - now;
}

function isLimited({ settings }: App, source: string | undefined): source is string {
  return source !== undefined && settings.failedLoginsPerSource > 0;
}

/** Each window has its own item: the next window needs no reset, which attempts could race for. */
function sourceKey(source: string, now: number) {
  return attemptsKey(digest(`source ${networkOf(source)} ${String(windowOf(now))}`));
}

function windowOf(now: number): number {
  return Math.floor(now / SOURCE_WINDOW_SECONDS);
}

function takeBack(key: Update['key']): Update {
  return { key, add: { count: -1 } };
}

/** The wait in seconds after this many attempts. */
function waitAfter(count: number): number {
  return Math.min(2 ** (count - FREE_ATTEMPTS), MAX_WAIT_SECONDS);
}

/** An IPv4 address, or the first 64 bits of an IPv6 address: who has one of those has all of them. */
function networkOf(ip: string): string {
  if (!ip.includes(':')) return ip;
  const [head = '', tail] = ip.toLowerCase().split('::');
  const left = head.split(':').filter((group) => group !== '');
  const right = (tail ?? '').split(':').filter((group) => group !== '');
  const zeros = Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0');
  const groups = tail === undefined ? left : [...left, ...zeros, ...right];
  return groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':');
}

function tooMany(retryAfterSeconds: number): AuthError {
  return new AuthError('too_many_attempts', 'Too many attempts, please try again later', {
    retryAfterSeconds,
  });
}
