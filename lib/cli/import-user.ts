/** Imports one user of a file. See lib/cli/README.md, "Import and export users". */
import { AuthError, isRefusal } from '../core/errors.ts';
import { digest, isUuid } from '../core/token.ts';
import type { App } from '../db/context.ts';
import type { UserItem } from '../db/items.ts';
import { BCRYPT_HASH } from '../passwords/hash.ts';
import { normalizeEmail } from '../users/address.ts';
import { findByEmail, findById, isEmailTaken } from '../users/find.ts';
import { addUser } from '../users/store.ts';
import { isLanguage, LANGUAGES, type Language } from '../words/languages.ts';
import type { Entry } from './user-file.ts';

export interface Candidate {
  /** The id to keep. Undefined: the user gets a new one. */
  id?: string;
  email: string;
  hashed_password: string;
  /** Epoch seconds. Undefined: the user is not disabled. */
  disabled_at?: number;
  /** Epoch seconds. Undefined: it is not verified. */
  email_verified_at?: number;
  /** Of mails to the user. Undefined: that of the setting. */
  language?: Language;
}

export interface Refusal {
  /** The reason. It never quotes the hash. */
  refused: string;
}

/** `new`: the user was created or, without --write, could be; then there is no id. */
export type Outcome = { is: 'new' | 'already_there'; id?: string } | Refusal;

/**
 * Checks one user of the file.
 *
 * @param ids what becomes of the ids in the file
 * @param form of the hashes that do not name theirs; undefined: they are hashes of the password
 * @returns the user, or the reason with the email if that is valid
 */
export function validate(
  {
    id,
    email: given,
    hashed_password,
    disabled_at,
    email_verified_at,
    language,
    problem,
  }: Omit<Entry, 'line'>,
  ids: 'kept' | 'mapped' | 'new',
  form?: Form,
): Candidate | (Refusal & { email?: string }) {
  if (problem !== undefined) return { refused: problem };
  let email: string;
  try {
    email = normalizeEmail(typeof given === 'string' ? given : '');
  } catch (error) {
    if (error instanceof AuthError) return { refused: error.message };
    throw error;
  }
  const hash = withForm(hashed_password, form);
  if (hash === undefined) {
    const refused = 'hashed_password is not a bcrypt hash ($2a$, $2b$, $2y$) of cost 4 to 14';
    return { email, refused };
  }
  const user: Candidate = { email, hashed_password: hash };
  if (ids === 'mapped' && typeof id !== 'number' && (typeof id !== 'string' || id === '')) {
    return { email, refused: 'id is missing' };
  }
  if (ids === 'kept') {
    if (typeof id !== 'string' || !isUuid(id)) return { email, refused: 'id is not a UUID' };
    user.id = id.toLowerCase();
  }
  for (const [name, time] of Object.entries({ disabled_at, email_verified_at })) {
    if (isAbsent(time)) continue;
    const isText = typeof time === 'number' || typeof time === 'string';
    if (!isText || !/^[1-9]\d{0,9}$/.test(String(time))) {
      return { email, refused: `${name} is not a time in epoch seconds` };
    }
    user[name as 'disabled_at' | 'email_verified_at'] = Number(time);
  }
  if (!isAbsent(language)) {
    if (!isLanguage(language)) {
      const refused = `language is not one of ${Object.keys(LANGUAGES).join(', ')}`;
      return { email, refused };
    }
    user.language = language;
  }
  return user;
}

/** CSV has an empty field for null. */
function isAbsent(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}

/** What another system hashed in place of the password: see hashedText in lib/passwords/hash.ts. */
export type Form = 'hmac' | 'pepper';

/** @returns the hash as it is stored; undefined for anything that is not a bcrypt hash */
export function withForm(hash: unknown, form?: Form): string | undefined {
  const match = typeof hash === 'string' ? BCRYPT_HASH.exec(hash) : null;
  if (!match) return undefined;
  const [stored, own] = match;
  return own === undefined && form !== undefined ? `${form}:${stored}` : stored;
}

/** Creates a user if `write` is set. Never changes an existing user. */
export async function importUser(app: App, user: Candidate, write: boolean): Promise<Outcome> {
  const { email, hashed_password, ...more } = user;
  if (!(await isEmailTaken(app, email))) {
    if (user.id !== undefined && (await findById(app, user.id))) {
      return { refused: 'a user with this id exists' };
    }
    if (!write) return { is: 'new' };
    try {
      const imported = { imported_at: app.now(), imported_hash: digest(hashed_password) };
      const { id } = await addUser(app, email, hashed_password, { ...more, ...imported });
      return { is: 'new', id };
    } catch (error) {
      if (!isRefusal(error, 'email_taken')) throw error;
      // Another writer was faster.
    }
  }
  const found = await findByEmail(app, email);
  const refused = found ? difference(found, user) : OTHER_HASH;
  return found && refused === undefined
    ? { is: 'already_there', id: found.id }
    : { refused: refused ?? OTHER_HASH };
}

const OTHER_HASH = 'a user with this email exists and has another password hash';

/**
 * What an existing user lacks to be the one of the file. A password that was changed or hashed anew
 * since an earlier import makes no difference.
 */
function difference(found: UserItem, user: Candidate): string | undefined {
  const isThatHash = found.hashed_password === user.hashed_password;
  if (!isThatHash && found.imported_hash !== digest(user.hashed_password)) return OTHER_HASH;
  if (user.id !== undefined && user.id !== found.id) {
    return 'a user with this email exists and has another id';
  }
  if (user.disabled_at !== undefined && found.disabled_at === undefined) {
    return 'the user exists and is not disabled';
  }
  if (user.email_verified_at !== undefined && found.email_verified_at === undefined) {
    return 'the user exists and has not verified the email';
  }
  return undefined;
}
