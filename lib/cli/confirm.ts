import { once } from 'node:events';
import process from 'node:process';
import { createInterface } from 'node:readline/promises';
import { UsageError } from './command.ts';

/**
 * Asks somebody at a terminal to type a word, before what cannot be undone.
 *
 * @returns whether it was typed
 * @throws UsageError where there is no terminal, and so nobody to ask
 */
export async function confirm(
  question: string,
  word: string,
  input: NodeJS.ReadableStream & { isTTY?: boolean } = process.stdin,
  output: NodeJS.WritableStream = process.stderr,
): Promise<boolean> {
  if (!input.isTTY) throw new UsageError('There is nobody here to confirm this: add --yes.');
  const lines = createInterface({ input, output });
  // Ctrl-C and Ctrl-D close it.
  const closed = once(lines, 'close').then(() => '');
  const typed = await Promise.race([lines.question(question), closed]);
  lines.close();
  return typed.trim() === word;
}
