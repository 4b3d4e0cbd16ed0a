import { isRefusal } from '../core/errors.ts';
import { logEvent } from '../core/log.ts';
import type { App } from '../db/context.ts';
import {
  applyPasswordRules,
  checkNewPassword,
  hashNewPassword,
} from '../passwords/new-password.ts';
import { normalizeEmail } from '../users/address.ts';
import { isEmailTaken } from '../users/find.ts';
import { addUser, emailTaken } from '../users/store.ts';
import type { User } from '../users/user.ts';

/**
 * Registers a user.
 *
 * @returns the User, with the email normalised
 * @throws AuthError `email_taken` (`User <email> already exists`); `invalid_field`
 */
export async function registerUser(app: App, email: string, password: string): Promise<User> {
  const address = await checkNew(app, email, password);
  // This only spares a hash. The write decides.
  if (await isEmailTaken(app, address)) throw emailTaken(email);
  return add(app, address, password);
}

/**
 * Like registerUser, without telling whether an email is taken: a user who is there already is left
 * alone, and the call takes the same time and work.
 *
 * @returns the email, normalised
 * @throws AuthError `invalid_field`
 */
export async function registerUserSilently(
  app: App,
  email: string,
  password: string,
): Promise<string> {
  const address = await checkNew(app, email, password);
  try {
    await add(app, address, password);
  } catch (error) {
    if (!isRefusal(error, 'email_taken')) throw error;
    logEvent('input_validation_fail', { reason: 'email already registered' });
  }
  return address;
}

/** @returns the email, normalised */
async function checkNew(app: App, email: string, password: string): Promise<string> {
  const address = normalizeEmail(email);
  checkNewPassword(app, password, 'password');
  await applyPasswordRules(app, password, 'password', address);
  return address;
}

async function add(app: App, address: string, password: string): Promise<User> {
  const user = await addUser(app, address, await hashNewPassword(app, password));
  logEvent('user_created', { user_id: user.id });
  return user;
}
