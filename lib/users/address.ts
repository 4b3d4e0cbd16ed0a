import { domainToASCII, domainToUnicode } from 'node:url';
import { invalidField } from '../core/errors.ts';
import { digest } from '../core/token.ts';

/** RFC 5321, 4.5.3.1.3: a path has 256 octets, two of which are its angle brackets. */
const MAX_BYTES = 254;
/** RFC 5321, 4.5.3.1.1. */
const MAX_LOCAL_BYTES = 64;
/** RFC 5322, 3.2.3: a dot-atom. ASCII only, so that lower-casing never makes two addresses one. */
const LOCAL_PART = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/i;
/**
 * Letters, marks and digits of any script, dots and hyphens. Escaped, as a single non-ASCII character
 * makes a whole bundle slower to compile.
 */
const WRITTEN_DOMAIN = /^[\p{L}\p{M}\p{N}.\u3002\uff0e\uff61-]+$/u;
/** Invisible characters, which the mapping to ASCII would drop silently. */
const INVISIBLE = /[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]/u;
/** RFC 1123, 2.1. The last label is not all digits: that would be an IPv4 address. */
const ASCII_DOMAIN =
  /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*(?!\d+$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/**
 * Normalises an address to the spelling that is stored and compared: no spaces around it, lower case,
 * the domain in ASCII (UTS #46). Dots and +tags stay, as they may matter to the mail server.
 * Normalising twice changes nothing.
 *
 * @throws AuthError `invalid_email` if mail could not be sent to the address
 */
export function normalizeEmail(email: string): string {
  const address = parseEmail(email);
  if (address === undefined) {
    throw invalidField('email', 'is not a valid email address', 'invalid_email');
  }
  return address;
}

/**
 * Like normalizeEmail, for an email that is only looked up. Nobody has an email that is no address, so
 * it is looked up as one that no user can have: with the same work as an unknown address, and as short,
 * since a key of DynamoDB has at most 2 kB.
 */
export function emailToFind(email: string): string {
  return parseEmail(email) ?? `no-address#${digest(email.toLowerCase())}`;
}

/** Like normalizeEmail; undefined if mail could not be sent to the address. */
export function parseEmail(email: string): string | undefined {
  const trimmed = trimSpaces(email);
  const at = trimmed.lastIndexOf('@');
  const local = trimmed.slice(0, at);
  const writtenDomain = trimmed.slice(at + 1);
  if (
    at <= 0 ||
    local.length > MAX_LOCAL_BYTES ||
    !LOCAL_PART.test(local) ||
    writtenDomain.length > MAX_BYTES ||
    !isWritten(writtenDomain)
  ) {
    return undefined;
  }
  const domain = domainToASCII(writtenDomain);
  const address = `${local.toLowerCase()}@${domain}`;
  const isValid = ASCII_DOMAIN.test(domain) && isEncoded(domain) && address.length <= MAX_BYTES;
  return isValid ? address : undefined;
}

/** What forms and word processors leave around an address: space, tab, no-break space. */
const SPACES = ' \t\u00a0';

/** Not by an expression such as / +$/, which takes quadratic time on spaces inside a text. */
function trimSpaces(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && SPACES.includes(text.charAt(start))) start++;
  while (end > start && SPACES.includes(text.charAt(end - 1))) end--;
  return text.slice(start, end);
}

/** Most domains are ASCII. Each Unicode property would take a millisecond at its first use. */
function isWritten(domain: string): boolean {
  return /^[a-z0-9.-]*$/i.test(domain) || (WRITTEN_DOMAIN.test(domain) && !INVISIBLE.test(domain));
}

/** Whether each `xn--` label decodes to Unicode. Newer versions of Node accept others, too. */
function isEncoded(domain: string): boolean {
  const unicode = domainToUnicode(domain);
  return !/(?:^|\.)xn--/.test(unicode) && domainToASCII(unicode) === domain;
}
