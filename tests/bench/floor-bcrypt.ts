/** The floor of a function that hashes: the same calls, then the same bcrypt. */
import { compare, hash } from 'bcryptjs';
import { handler as call } from './floor.ts';
import type { Bcrypt, Call } from './stage.ts';

export async function handler({ calls, bcrypt }: { calls: Call[][]; bcrypt: Bcrypt[] }) {
  const answer = await call({ calls });
  for (const { password, hash: hashed } of bcrypt) {
    await (hashed === undefined ? hash(password, 4) : compare(password, hashed));
  }
  return answer;
}
