import { compare, getRounds, hash, truncates } from 'bcryptjs';
import { createHmac } from 'node:crypto';
import { invalidField } from '../core/errors.ts';
import { DEFAULTS } from '../core/settings.ts';

/**
 * A hash that verifies in reasonable time. bcryptjs answers anything else at once. The hash of
 * another system may begin with the form of what was hashed: see hashedText.
 */
export const BCRYPT_HASH = /^(?:(hmac|pepper):)?(\$2[aby]\$(?:0[4-9]|1[0-4])\$[./A-Za-z0-9]{53})$/;

/** Salt and checksum of no known password: compared if there is no user. */
const NOBODY = 'u1fQz8YTeVxRq2XHmLJ4bOS5mC0Wd7KpA9tZrN3vGyEiUoPlBhFsM';

/**
 * Refuses a password that could not be hashed exactly as sent: one that bcrypt would cut short (over
 * 72 bytes, or at a NUL in implementations in C), and one that is not well-formed Unicode (U+FFFD is
 * what remains of bytes that were not UTF-8). All other characters are allowed.
 *
 * @param field the caller's name for it, for the message
 * @param minLength in code points (OWASP ASVS 5.0, 6.2.1)
 * @throws AuthError `invalid_field`, `password_too_short`, `password_too_long`
 */
export function checkPassword(password: string, field = 'password', minLength = 1): void {
  checkCharacters(password, field);
  if (truncates(password)) {
    throw invalidField(field, 'must be at most 72 bytes long', 'password_too_long');
  }
  // eslint-disable-next-line @typescript-eslint/no-misused-spread -- code points are what counts
  if ([...password].length >= minLength) return;
  const least = `must be at least ${String(minLength)} characters long`;
  if (minLength === 1) throw invalidField(field, 'is empty');
  throw invalidField(field, least, 'password_too_short');
}

/**
 * Refuses a password that no user can have, before it is verified. One over 72 bytes may be the password of
 * an imported user: see isPasswordOf.
 *
 * @throws AuthError `invalid_field`
 */
export function checkGivenPassword(password: string): void {
  checkCharacters(password, 'password');
  if (password === '') throw invalidField('password', 'is empty');
}

function checkCharacters(password: string, field: string): void {
  if (typeof password !== 'string') throw invalidField(field, 'must be a string');
  if (!password.isWellFormed() || /[\0\uFFFD]/.test(password)) {
    throw invalidField(field, 'contains a character that is not allowed');
  }
}

/**
 * Hashes a password with a random salt.
 *
 * @param cost of bcrypt: the number of rounds is 2 to this power
 * @returns a `$2b$` hash
 * @throws AuthError for a password that bcrypt would cut short, see checkPassword
 */
export async function hashPassword(password: string, cost = DEFAULTS.bcryptCost): Promise<string> {
  checkPassword(password);
  return inTurn(() => hash(password, cost));
}

/**
 * Verifies a password. A failure takes the work of one bcrypt of that cost, so that the time taken
 * tells nothing (OWASP ASVS 5.0, 6.3.8). Without a hash (no such user), or with one that is not
 * bcrypt's or lacks its key, the password is compared with nobody's hash. After a hash of a lower cost,
 * nobody's hashes make up for the rest. Only a hash of a higher cost takes more work.
 *
 * @param hashedPassword undefined if there is no user
 * @param cost of new hashes
 * @param key of the system that made the hash, see `importedPasswordKey` in lib/core/settings.ts
 */
export async function verifyPassword(
  password: string,
  hashedPassword: string | undefined,
  cost: number,
  key = '',
): Promise<boolean> {
  const [, form, bcryptHash] = BCRYPT_HASH.exec(hashedPassword ?? '') ?? [];
  if (bcryptHash === undefined || (form !== undefined && key === '')) {
    await compareWithNobody(password, cost);
    return false;
  }
  if (await inTurn(() => compare(hashedText(password, form, key), bcryptHash))) return true;
  // Each step doubles the work: 2^10 + 2^10 + 2^11 = 2^12.
  for (let spent = getRounds(bcryptHash); spent < cost; spent++) {
    await compareWithNobody(password, spent);
  }
  return false;
}

async function compareWithNobody(password: string, cost: number): Promise<void> {
  await inTurn(() => compare(password, `$2b$${String(cost).padStart(2, '0')}$${NOBODY}`));
}

/** What was hashed in place of the password: Flask-Security has the form `hmac`, Devise `pepper`. */
function hashedText(password: string, form: string | undefined, key: string): string {
  if (form === 'pepper') return password + key;
  if (form === undefined) return password;
  // Flask-Security normalises each password first.
  return createHmac('sha512', key).update(password.normalize('NFKD')).digest('base64');
}

/** Whether a hash comes from another system, or has a lower cost than that. */
export function needsRehash(hashedPassword: string, cost: number): boolean {
  return !hashedPassword.startsWith('$2b$') || getRounds(hashedPassword) < cost;
}

let lastInTurn: Promise<unknown> = Promise.resolve();

/**
 * Runs one bcrypt at a time. All share one thread, which each gives up every 0.1 s: twenty side by
 * side held it for 3.6 s, longer than the time limits of DynamoDB calls, and none finished sooner. A
 * Lambda function handles one request at a time and never waits here.
 */
async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const result = lastInTurn.then(work);
  lastInTurn = result.catch(() => undefined);
  return result;
}
