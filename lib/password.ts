import { compare, getRounds, hash, truncates } from 'bcryptjs';
import { AuthError } from './errors.ts';

export const DEFAULT_BCRYPT_COST = 12;

/** A hash that verifies in reasonable time; anything else would be answered at once. */
export const BCRYPT_HASH = /^\$2[aby]\$(?:0[4-9]|1[0-4])\$[./A-Za-z0-9]{53}$/;

/** Salt and checksum of no known password: what is compared when there is no user. */
const NOBODY = 'u1fQz8YTeVxRq2XHmLJ4bOS5mC0Wd7KpA9tZrN3vGyEiUoPlBhFsM';

/**
 * Refuses a password that is not taken exactly as sent: one that bcrypt would cut short (over 72
 * bytes, or at a NUL in implementations in C) or that is no well-formed Unicode (U+FFFD is what
 * remains of bytes that were not UTF-8). Nothing else is asked of its characters.
 *
 * @param field how the caller names it, for the message
 * @param minLength in code points (OWASP ASVS 5.0, 6.2.1); 1 when absent
 * @throws AuthError `invalid_field`
 */
export function checkPassword(password: string, field = 'password', minLength = 1): void {
  const refuse = (why: string): never => {
    throw new AuthError('invalid_field', `${field} ${why}`);
  };
  if (typeof password !== 'string') refuse('must be a string');
  if (!password.isWellFormed() || /[\0\uFFFD]/.test(password)) {
    refuse('contains a character that is not allowed');
  }
  if (truncates(password)) refuse('must be at most 72 bytes long');
  // eslint-disable-next-line @typescript-eslint/no-misused-spread -- code points are what counts
  if ([...password].length < minLength) {
    refuse(minLength === 1 ? 'is empty' : `must be at least ${String(minLength)} characters long`);
  }
}

/**
 * @param cost bcrypt's, the exponent of 2 of its rounds
 * @returns a salted `$2b$` hash
 * @throws AuthError `invalid_field` for a password that bcrypt would cut short, see checkPassword
 */
export async function hashPassword(password: string, cost = DEFAULT_BCRYPT_COST): Promise<string> {
  checkPassword(password);
  return inTurn(() => hash(password, cost));
}

/**
 * Takes one bcrypt, whatever it is given: where there is no hash to compare with (no such user),
 * or one that is none of bcrypt's, the password is compared with nobody's, so that the time taken
 * does not tell (OWASP ASVS 5.0, 6.3.8).
 *
 * @param hashedPassword absent when there is no user
 * @param cost of the comparison with nobody's hash
 */
export async function verifyPassword(
  password: string,
  hashedPassword: string | undefined,
  cost: number,
): Promise<boolean> {
  if (hashedPassword !== undefined && BCRYPT_HASH.test(hashedPassword)) {
    return inTurn(() => compare(password, hashedPassword));
  }
  await inTurn(() => compare(password, `$2b$${String(cost).padStart(2, '0')}$${NOBODY}`));
  return false;
}

/** Whether a hash that verified is another system's, or of a lower cost than that. */
export function needsRehash(hashedPassword: string, cost: number): boolean {
  return !hashedPassword.startsWith('$2b$') || getRounds(hashedPassword) < cost;
}

let lastInTurn: Promise<unknown> = Promise.resolve();

/**
 * One bcrypt at a time. They share one thread, which each gives back every 0.1 s: twenty side by side
 * held it for 3.6 s on end, past the time limits of DynamoDB calls, and none was done sooner. A
 * Lambda function has one request at a time and never waits here.
 */
async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const result = lastInTurn.then(work);
  lastInTurn = result.catch(() => undefined);
  return result;
}
