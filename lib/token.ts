import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { v4, validate } from 'uuid';

/** A session id or reset token: `<user id>.<256 random bits, base64url>`. */
const TOKEN = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.[\w-]{43}$/;

/** A random UUID (version 4) as a string: 122 random bits, enough for an id, not for a secret. */
export function generateUuid(): string {
  return v4();
}

/** Whether a value has the form of a UUID, as every user's id has. */
export function isUuid(value: string): boolean {
  return validate(value);
}

/**
 * A new session id or reset token of that user. It names its owner, so that it is looked up by key
 * in a consistent read; the 256 random bits alone are the secret (OWASP ASVS 5.0, 7.2.3 asks for
 * 128).
 */
export function generateToken(userId: string): string {
  return `${userId}.${randomBytes(32).toString('base64url')}`;
}

/** The user id in a token of the form that generateToken makes; absent for any other value. */
export function tokenOwner(token: string): string | undefined {
  return TOKEN.exec(token)?.[1];
}

/** SHA-256 in base64url: all that is stored of a token, so that the table's reader cannot use it. */
export function digest(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}

/** Compares two digests in constant time. */
export function sameDigest(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
