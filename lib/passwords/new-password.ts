/** What the service asks of a new password, and how it is hashed. Never applied at login. */
import { invalidField, type FieldCode } from '../core/errors.ts';
import type { App } from '../db/context.ts';
import { checkPassword, hashPassword } from './hash.ts';
import { refuseBreached, refuseCommon, refuseGuessable, type PasswordRule } from './policy.ts';

/**
 * Checks what a new password shows by itself: its length and its characters.
 *
 * @param field the caller's name for it, for the message
 * @throws AuthError see checkPassword
 */
export function checkNewPassword({ settings }: App, password: string, field: string): void {
  checkPassword(password, field, settings.passwordMinLength);
}

/**
 * Applies the rules that the settings turn on, which may ask another service.
 *
 * @param address of the user, normalised
 * @throws AuthError `password_too_common`, `password_breached`
 */
export async function applyPasswordRules(
  { settings }: App,
  password: string,
  field: string,
  address: string,
): Promise<void> {
  const rules: [FieldCode, PasswordRule][] = [];
  if (settings.refuseCommonPasswords) {
    rules.push(['password_too_common', refuseCommon], ['password_too_common', refuseGuessable]);
  }
  if (settings.refuseBreachedPasswords) rules.push(['password_breached', refuseBreached()]);
  for (const [code, rule] of rules) {
    const why = await rule(password, address);
    if (why !== undefined) throw invalidField(field, why, code);
  }
}

export function hashNewPassword({ settings }: App, password: string): Promise<string> {
  return hashPassword(password, settings.bcryptCost);
}
