import { truncates } from 'bcryptjs';
import { digest } from '../core/token.ts';
import type { App } from '../db/context.ts';
import type { UserItem } from '../db/items.ts';
import { verifyPassword } from './hash.ts';

/**
 * Verifies the password of a user, with the work of verifyPassword in each case. Other systems cut
 * passwords to 72 bytes, as bcrypt does. So a longer one fits a hash as long as it is the imported one.
 * Our own passwords are never longer: the answer does not depend on their first 72 bytes.
 *
 * @param user undefined if there is no such user
 */
export function isPasswordOf(
  { settings }: App,
  user: UserItem | undefined,
  password: string,
): Promise<boolean> {
  const canFit = user && (!truncates(password) || isAsImported(user));
  const hashed = canFit ? user.hashed_password : undefined;
  return verifyPassword(password, hashed, settings.bcryptCost, settings.importedPasswordKey);
}

/** Whether the user still has the hash of the other system. */
function isAsImported({ imported_hash, hashed_password }: UserItem): boolean {
  return imported_hash === digest(hashed_password);
}
