import { domainToASCII, domainToUnicode } from 'node:url';
import { AuthError } from './errors.ts';

/** RFC 5321, 4.5.3.1.3: a path of 256 octets, less its angle brackets. */
const MAX_BYTES = 254;
/** RFC 5321, 4.5.3.1.1. */
const MAX_LOCAL_BYTES = 64;
/** RFC 5322, 3.2.3: a dot-atom. ASCII only, so that lower-casing maps no two people onto one. */
const LOCAL_PART = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/i;
/**
 * What a domain may be written with: letters, marks and digits of any script, dots, hyphens. Escaped,
 * as one character that is not ASCII makes a whole bundle slower to compile.
 */
const WRITTEN_DOMAIN = /^[\p{L}\p{M}\p{N}.\u3002\uff0e\uff61-]+$/u;
/** Invisible characters, which the mapping to ASCII would drop in silence. */
const INVISIBLE = /[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]/u;
/** RFC 1123, 2.1, the last label not all digits: that would be an IPv4 address. */
const ASCII_DOMAIN =
  /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*(?!\d+$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/**
 * The one spelling under which an address is stored and compared: without ASCII spaces around it,
 * in lower case, the domain in ASCII (UTS #46). Dots and +tags are kept, as they may matter to
 * whoever runs the mail server. Normalising twice changes nothing.
 *
 * @throws AuthError `invalid_field` when it is not an address that mail could be sent to
 */
export function normalizeEmail(email: string): string {
  const trimmed = email.replace(/^ +| +$/g, '');
  const at = trimmed.lastIndexOf('@');
  const local = trimmed.slice(0, at);
  const writtenDomain = trimmed.slice(at + 1);
  if (
    at > 0 &&
    local.length <= MAX_LOCAL_BYTES &&
    LOCAL_PART.test(local) &&
    writtenDomain.length <= MAX_BYTES &&
    isWritten(writtenDomain)
  ) {
    const domain = domainToASCII(writtenDomain);
    const normalized = `${local.toLowerCase()}@${domain}`;
    if (ASCII_DOMAIN.test(domain) && isEncoded(domain) && normalized.length <= MAX_BYTES) {
      return normalized;
    }
  }
  throw new AuthError('invalid_field', 'email is not a valid email address');
}

/** Most are of ASCII, and need no properties of Unicode: a millisecond at the first use of each. */
function isWritten(domain: string): boolean {
  return /^[a-z0-9.-]*$/i.test(domain) || (WRITTEN_DOMAIN.test(domain) && !INVISIBLE.test(domain));
}

/** Whether each label `xn--...` stands for one in Unicode. Newer versions of Node let others pass. */
function isEncoded(domain: string): boolean {
  const unicode = domainToUnicode(domain);
  return !/(?:^|\.)xn--/.test(unicode) && domainToASCII(unicode) === domain;
}
