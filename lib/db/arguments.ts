/**
 * What callers of DB may ask for, checked at run time too: the model's attributes come from forms,
 * JSON and JavaScript.
 */
import { normalizeEmail } from '../email.ts';
import { AuthError } from '../errors.ts';
import { digest, isUuid, tokenOwner } from '../token.ts';
import { USER_ATTRIBUTES, type User } from '../user.ts';

/** A session id or reset token as the client holds it, and what the table knows of it. */
export interface Secret {
  value: string;
  digest: string;
  /** Absent when the value is not of the form that names its owner. */
  owner: string | undefined;
}

/** What is looked for: the email normalised; what is absent may be anything. */
export interface Wanted {
  id?: string;
  email?: string;
  hashed_password?: string;
  session_id?: Secret;
  reset_token?: Secret;
}

/** What updateUser sets. An attribute that is absent stays as it is. */
export interface UserChanges {
  email?: string;
  hashed_password?: string;
  /** Adds a session under that id; null ends all sessions. */
  session_id?: string | null;
  /** null removes it. */
  reset_token?: string | null;
}

/**
 * @returns absent when a value is one that no user can have, so that nobody is wanted: null is
 *   never a match for an attribute that a user does not have
 * @throws AuthError `invalid_field`, see DB.findUserBy
 */
export function toWanted(attributes: Partial<User>): Wanted | undefined {
  const names = Object.keys(attributes);
  for (const name of names) requireUserAttribute(name);
  if (names.every((name) => name === 'hashed_password')) {
    throw invalid('A user is looked up by id, email, session_id or reset_token');
  }
  if (!Object.values(attributes).every(isText)) return undefined;
  const { id, email, hashed_password, session_id, reset_token } = attributes;
  if (id !== undefined && !isUuid(id)) return undefined;
  const address = email === undefined ? undefined : addressOf(email);
  if (email !== undefined && address === undefined) return undefined;
  return {
    ...(id !== undefined && { id }),
    ...(address !== undefined && { email: address }),
    ...(hashed_password !== undefined && { hashed_password }),
    ...(session_id !== undefined && { session_id: secret(session_id) }),
    ...(reset_token !== undefined && { reset_token: secret(reset_token) }),
  };
}

/**
 * @returns the changes, the email normalised
 * @throws AuthError `invalid_field`, see DB.updateUser
 */
export function toChanges(id: string, changes: UserChanges): UserChanges {
  for (const [name, value] of Object.entries(changes) as [string, unknown][]) {
    requireUserAttribute(name);
    if (name === 'id') throw invalid('id cannot be changed');
    const isToken = name === 'session_id' || name === 'reset_token';
    if (isToken && value === null) continue;
    requireText(name, value);
    // It would be looked up there, and never found.
    if (isToken && (tokenOwner(value) ?? id) !== id) throw invalid(`${name} names another user`);
  }
  return { ...changes, ...(changes.email && { email: normalizeEmail(changes.email) }) };
}

/** @throws AuthError `invalid_field` unless the value is a string of well-formed Unicode, not empty */
export function requireText(name: string, value: unknown): asserts value is string {
  if (!isText(value)) throw invalid(`${name} must be a string that is not empty`);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.isWellFormed();
}

function addressOf(email: string): string | undefined {
  try {
    return normalizeEmail(email);
  } catch {
    return undefined;
  }
}

function requireUserAttribute(name: string): void {
  if (!(USER_ATTRIBUTES as readonly string[]).includes(name)) {
    throw invalid(`${name} is not an attribute of User`);
  }
}

function secret(value: string): Secret {
  return { value, digest: digest(value), owner: tokenOwner(value) };
}

function invalid(message: string): AuthError {
  return new AuthError('invalid_field', message);
}
