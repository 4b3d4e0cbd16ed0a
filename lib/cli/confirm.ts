import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { UsageError, type Io } from './command.ts';

/**
 * Asks the user at the terminal to type a word before something that cannot be undone.
 *
 * @returns whether the word was typed
 * @throws UsageError if there is no terminal
 */
export async function confirm(
  question: string,
  word: string,
  { input, err }: Pick<Io, 'input' | 'err'>,
): Promise<boolean> {
  if (!input?.isTTY) {
    throw new UsageError('Standard input is not a terminal: add --yes to confirm.');
  }
  err(question);
  const lines = createInterface({ input });
  // Ctrl-D closes the terminal: the answer is empty.
  const answer = await Promise.race([once(lines, 'line'), once(lines, 'close')]);
  lines.close();
  return String(answer[0] ?? '').trim() === word;
}
