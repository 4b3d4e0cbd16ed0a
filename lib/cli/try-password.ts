import { compare } from 'bcryptjs';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { parseEmail } from '../users/address.ts';
import { BCRYPT_HASH } from '../passwords/hash.ts';
import { UsageError, type Format, type Io } from './command.ts';
import { readUsers } from './user-file.ts';

/**
 * Asks for the password of one user of a file, and tells whether the file's hash was made of it. Some
 * systems hash something else, such as the password with a pepper: no login would ever succeed.
 *
 * @throws UsageError if the file has no such user with a bcrypt hash
 */
export async function tryPassword(
  file: string,
  format: Format,
  email: string,
  io: Pick<Io, 'input' | 'err'>,
): Promise<boolean> {
  const address = parseEmail(email);
  for await (const user of readUsers(file, format, () => undefined)) {
    if (typeof user.email !== 'string' || parseEmail(user.email) !== address) continue;
    const { hashed_password: hash } = user;
    if (address === undefined || typeof hash !== 'string' || !BCRYPT_HASH.test(hash)) break;
    return compare(await readPassword(`Password of ${address}: `, io), hash);
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
