import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { DEFAULTS } from '../core/settings.ts';
import { parseEmail } from '../users/address.ts';
import { verifyPassword } from '../passwords/hash.ts';
import { UsageError, type Format, type Io } from './command.ts';
import { withForm, type Form } from './import-user.ts';
import { readUsers } from './user-file.ts';

/**
 * Asks for the password of one user of a file, and tells whether the file's hash was made of it. Some
 * systems hash something else, such as the password with a pepper: without its form and key, no login
 * would ever succeed.
 *
 * @param form of the hashes that do not name theirs
 * @throws UsageError if the file has no such user with a bcrypt hash, or the key of the hash is missing
 */
export async function tryPassword(
  file: string,
  format: Format,
  email: string,
  io: Pick<Io, 'input' | 'err' | 'env'>,
  form?: Form,
): Promise<boolean> {
  const address = parseEmail(email);
  for await (const user of readUsers(file, format, () => undefined)) {
    if (typeof user.email !== 'string' || parseEmail(user.email) !== address) continue;
    const hash = withForm(user.hashed_password, form);
    if (address === undefined || hash === undefined) break;
    const key = io.env['IMPORTED_PASSWORD_KEY'] ?? '';
    if (!hash.startsWith('$') && key === '') {
      throw new UsageError(`Set IMPORTED_PASSWORD_KEY to the key of the hash of ${address}.`);
    }
    const password = await readPassword(`Password of ${address}: `, io);
    return verifyPassword(password, hash, DEFAULTS.bcryptCost, key);
  }
  throw new UsageError(`The file has no user ${email} with a bcrypt hash.`);
}

/** Reads a line without showing it. Standard input may also be a file or a pipe. */
async function readPassword(
  question: string,
  { input, err }: Pick<Io, 'input' | 'err'>,
): Promise<string> {
  if (!input) throw new UsageError('There is no standard input to read the password from.');
  err(question);
  // Without an output, the terminal shows nothing of what is typed.
  const lines = createInterface({ input, terminal: input.isTTY === true });
  const [line] = (await Promise.race([once(lines, 'line'), once(lines, 'close')])) as [string?];
  lines.close();
  err('\n');
  return line ?? '';
}
