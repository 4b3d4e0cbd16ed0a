import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { v4, validate } from 'uuid';

/** A session id or token: `<user id>.<256 random bits, base64url>`. */
const TOKEN = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.[\w-]{43}$/;

/** Creates a random UUID (version 4): 122 random bits, enough for an id, not for a secret. */
export function generateUuid(): string {
  return v4();
}

/** Whether a value has the form of a UUID, as each user's id has. */
export function isUuid(value: string): boolean {
  return validate(value);
}

/** Whether a value is a non-empty string of well-formed Unicode: only such values are looked up. */
export function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.isWellFormed();
}

/**
 * Creates a session id or token of that user. The token names its owner, so that it is looked up by
 * key in a consistent read. The 256 random bits alone are the secret (OWASP ASVS 5.0, 7.2.3 asks
 * for 128).
 */
export function generateToken(userId: string): string {
  return `${userId}.${randomBytes(32).toString('base64url')}`;
}

/** The user id in a token that generateToken made; undefined for any other value. */
export function tokenOwner(token: string): string | undefined {
  return TOKEN.exec(token)?.[1];
}

/** SHA-256 in base64url. Only digests of tokens are stored: a reader of the table cannot use them. */
export function digest(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}

/**
 * A digest that only who has the key can compute from the text. Half of an HMAC with SHA-256: enough to
 * tell texts apart.
 */
export function keyedDigest(key: string, text: string): string {
  return createHmac('sha256', key).update(text).digest('base64url').slice(0, 22);
}

/** Compares two digests in constant time. */
export function sameDigest(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
