/** Knows the most common passwords, in a form that takes 20 bits each. */
import { createHash } from 'node:crypto';
import { COMMON_PASSWORDS } from './common-passwords.ts';
import { isPattern, wordsIn } from './patterns.ts';

/**
 * The length of a hash. Of 2^31 hashes, 6,500 belong to common passwords: so another text has one of
 * them in 1 of 330,000 cases. A password with the words in it is 18 texts at most: see wordsIn.
 */
const HASH_BITS = 31;
/** The length that takes least space, near the logarithm of the usual distance between two hashes. */
export const REMAINDER_BITS = 18;

let hashes: Set<number> | undefined;

/**
 * Whether a password is one of the 10,000 most common ones of 8 or more characters, in any case; or
 * follows a pattern; or is a common word with a usual beginning or ending.
 */
export function isCommon(password: string): boolean {
  const text = password.toLowerCase();
  // Read at the first password, not at the start of the function.
  const listed = (hashes ??= readHashes());
  return isPattern(text) || [text, ...wordsIn(text)].some((each) => listed.has(hashOf(each)));
}

export function hashOf(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE() >>> (32 - HASH_BITS);
}

/**
 * The list has the distance of each hash from the one before, in Golomb-Rice coding: the multiple of
 * 2^REMAINDER_BITS as that many ones and a zero, and the remainder. Less than a code is padding.
 */
function readHashes(): Set<number> {
  const bytes = Buffer.from(COMMON_PASSWORDS, 'base64');
  const end = 8 * bytes.length - REMAINDER_BITS;
  let at = 0;
  const readBit = (): number => {
    const bit = bytes.readUInt8(at >> 3) >> (7 - (at & 7));
    at++;
    return bit & 1;
  };
  const read = new Set<number>();
  let hash = 0;
  while (at < end) {
    while (readBit() === 1) hash += 2 ** REMAINDER_BITS;
    let remainder = 0;
    for (let i = 0; i < REMAINDER_BITS; i++) remainder = 2 * remainder + readBit();
    hash += remainder;
    read.add(hash);
  }
  return read;
}
