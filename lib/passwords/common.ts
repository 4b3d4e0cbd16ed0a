/** Knows the most common passwords, in a form that takes two bytes each. */
import { createHash } from 'node:crypto';
import { COMMON_PASSWORDS } from './common-passwords.ts';
import { isPattern, wordsIn } from './patterns.ts';

/**
 * The length of a hash. Of 2^28 hashes, 6,500 belong to common passwords: so another password has one
 * of them in 1 of 41,000 cases.
 */
const HASH_BITS = 28;

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

/** The list has the distance of each hash from the one before; 0xffff is part of a longer distance. */
function readHashes(): Set<number> {
  const distances = Buffer.from(COMMON_PASSWORDS, 'base64');
  const read = new Set<number>();
  let hash = 0;
  for (let at = 0; at < distances.length; at += 2) {
    const distance = distances.readUInt16BE(at);
    hash += distance;
    if (distance < 0xffff) read.add(hash);
  }
  return read;
}
