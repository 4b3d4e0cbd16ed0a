/**
 * Passwords that were tried, counted before they are looked at, so that guesses made side by side
 * are all counted (OWASP ASVS 5.0, 6.3.1). Nothing here knows whether the email has a user.
 */
import { AuthError } from '../errors.ts';
import { digest } from '../token.ts';
import { attemptsKey, type AttemptsItem } from './items.ts';
import type { Table, Update } from './table.ts';

/** Logins of one email that may fail; from then on, each doubles the wait before the next. */
const FREE_ATTEMPTS = 5;
const MAX_WAIT_SECONDS = 15 * 60;
/** Without an attempt for so long, the count of an email starts anew. */
const EMAIL_COUNT_SECONDS = 24 * 60 * 60;
/** Attempts from one source are counted in windows of so long. */
const SOURCE_WINDOW_SECONDS = 10 * 60;

export class Attempts {
  readonly #table: Table;
  readonly #now: () => number;
  readonly #perSource: number;

  /** @param perSource logins that may fail from one source in 10 minutes; 0: any number */
  constructor(table: Table, now: () => number, perSource: number) {
    this.#table = table;
    this.#now = now;
    this.#perSource = perSource;
  }

  /**
   * Counts an attempt: in one round trip, and two once the email's free ones are used up. One that
   * is refused does not count for the email. When its answer is lost it may count twice.
   *
   * @param address the normalised email, or the id of a user who asks for another one
   * @param source the client's IP address; absent: not counted
   * @throws AuthError `too_many_attempts`
   */
  async count(address: string, source?: string): Promise<void> {
    const [counted, sourceWait] = await Promise.all([
      this.#table.update(this.#freeAttempt(address)),
      this.#countSource(source),
    ]);
    if (sourceWait > 0) {
      // Else a source that is refused could still make the email's owner wait.
      if (counted.applied) await this.#table.update(takeBack(emailKey(address)));
      throw tooMany(sourceWait);
    }
    if (counted.applied) return;

    const { count, last_at, expires_at } = counted.failures[0]?.found as AttemptsItem;
    const now = this.#now();
    const hasExpired = expires_at <= now;
    const wait = hasExpired ? 0 : last_at + waitAfter(count) - now;
    if (wait > 0) throw tooMany(wait);
    const again = await this.#table.update({
      key: emailKey(address),
      set: { ...this.#attemptOfEmail(), count: hasExpired ? 1 : count + 1 },
      condition: { equal: { count, last_at } },
    });
    // Of attempts side by side, one is next.
    if (!again.applied) throw tooMany(waitAfter(count + 1));
  }

  /** Forgets the attempts of an email, whose owner has shown up. */
  async clear(address: string): Promise<void> {
    await this.#table.delete(emailKey(address));
  }

  /**
   * Takes one attempt of a source back, which was no failure. Not all of them: else a login to an
   * account of one's own would clear what one tried on others.
   */
  async forgive(source?: string): Promise<void> {
    if (this.#isLimited(source)) await this.#table.update(takeBack(this.#sourceKey(source)));
  }

  #freeAttempt(address: string): Update {
    return {
      key: emailKey(address),
      orAbsent: true,
      set: this.#attemptOfEmail(),
      add: { count: 1 },
      condition: { atMost: { count: FREE_ATTEMPTS - 1 }, greater: { expires_at: this.#now() } },
    };
  }

  #attemptOfEmail() {
    const now = this.#now();
    return { last_at: now, expires_at: now + EMAIL_COUNT_SECONDS };
  }

  /** @returns seconds until the source may try again; 0 when it may now */
  async #countSource(source: string | undefined): Promise<number> {
    if (!this.#isLimited(source)) return 0;
    const now = this.#now();
    const windowEnd = (Math.floor(now / SOURCE_WINDOW_SECONDS) + 1) * SOURCE_WINDOW_SECONDS;
    const counted = await this.#table.update({
      key: this.#sourceKey(source),
      orAbsent: true,
      set: { expires_at: windowEnd },
      add: { count: 1 },
      condition: { atMost: { count: this.#perSource - 1 } },
    });
    return counted.applied ? 0 : windowEnd - now;
  }

  #isLimited(source: string | undefined): source is string {
    return source !== undefined && this.#perSource > 0;
  }

  /** An item for each window: the next one needs no reset, which attempts could race for. */
  #sourceKey(source: string) {
    const window = Math.floor(this.#now() / SOURCE_WINDOW_SECONDS);
    return attemptsKey(digest(`source ${networkOf(source)} ${String(window)}`));
  }
}

/** How many attempts of an email are counted in its item, and how long the next one has to wait. */
export function toCount(item: AttemptsItem | undefined, now: number) {
  if (!item || item.expires_at <= now) return { count: 0, wait_seconds: 0 };
  const { count, last_at } = item;
  const wait = count < FREE_ATTEMPTS ? 0 : Math.max(0, last_at + waitAfter(count) - now);
  return { count, wait_seconds: wait };
}

export function emailKey(address: string) {
  return attemptsKey(digest(`email ${address}`));
}

function takeBack(key: Update['key']): Update {
  return { key, add: { count: -1 } };
}

/** Seconds that have to pass after so many attempts. */
function waitAfter(count: number): number {
  return Math.min(2 ** (count - FREE_ATTEMPTS), MAX_WAIT_SECONDS);
}

/** An IPv4 address, or the first 64 bits of an IPv6 address: whoever has one of those has all. */
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
