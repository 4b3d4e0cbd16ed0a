import { randomUUID } from 'node:crypto';
import { isRefusal } from '../core/errors.ts';
import { logEvent } from '../core/log.ts';
import type { App } from '../db/context.ts';
import { decoyKey } from '../db/items.ts';
import { transact } from '../db/table.ts';
import {
  applyPasswordRules,
  checkNewPassword,
  hashNewPassword,
} from '../passwords/new-password.ts';
import { normalizeEmail } from '../users/address.ts';
import { isEmailTaken } from '../users/find.ts';
import { addUser, emailTaken } from '../users/store.ts';
import type { User } from '../users/user.ts';
import type { Language } from '../words/languages.ts';

/**
 * Registers a user.
 *
 * @param language of mails to the user; undefined: that of the setting
 * @returns the User, with the email normalised
 * @throws AuthError `email_taken` (`User <email> already exists`); any of FIELD_CODES
 */
export async function registerUser(
  app: App,
  email: string,
  password: string,
  language?: Language,
): Promise<User> {
  const address = await checkNew(app, email, password);
  // This only spares a hash. The write decides.
  if (await isEmailTaken(app, address)) throw emailTaken(email);
  return add(app, address, await hashNewPassword(app, password), language);
}

/**
 * Like registerUser, without telling whether an email is taken: a user who is there already is left
 * alone, and the call takes the same time and work.
 *
 * @returns the email, normalised, and the id of the new user; if the email is taken, an id of nobody
 * @throws AuthError any of FIELD_CODES
 */
export async function registerUserSilently(
  app: App,
  email: string,
  password: string,
  language?: Language,
): Promise<{ email: string; user_id: string }> {
  const address = await checkNew(app, email, password);
  const isTaken = await isEmailTaken(app, address);
  const hashed_password = await hashNewPassword(app, password);
  let added: User | undefined;
  if (isTaken) await addDecoys(app);
  else added = await addIfFree(app, address, hashed_password, language);
  if (!added) logEvent('input_validation_fail', { reason: 'email already registered' });
  return { email: address, user_id: added?.id ?? randomUUID() };
}

/** @returns undefined if the email is taken by now */
async function addIfFree(
  app: App,
  address: string,
  hashed_password: string,
  language: Language | undefined,
): Promise<User | undefined> {
  try {
    return await add(app, address, hashed_password, language);
  } catch (error) {
    if (!isRefusal(error, 'email_taken')) throw error;
    return undefined;
  }
}

/**
 * Writes two items, as a registration does: a write that fails would take longer than one that
 * succeeds. Nothing reads these items, and they have expired.
 */
async function addDecoys({ table, now }: App): Promise<void> {
  const [user, marker] = [decoyKey(randomUUID()), decoyKey(randomUUID())];
  await transact(table, {
    user: { put: { ...user, expires_at: now() }, condition: { absent: true } },
    marker: { put: { ...marker, expires_at: now() }, condition: { absent: true } },
  });
}

/** @returns the email, normalised */
async function checkNew(app: App, email: string, password: string): Promise<string> {
  const address = normalizeEmail(email);
  checkNewPassword(app, password, 'password');
  await applyPasswordRules(app, password, 'password', address);
  return address;
}

async function add(
  app: App,
  address: string,
  hashed_password: string,
  language: Language | undefined,
): Promise<User> {
  const user = await addUser(app, address, hashed_password, language && { language });
  logEvent('user_created', { user_id: user.id });
  return user;
}
