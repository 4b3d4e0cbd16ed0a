import { createHash } from 'node:crypto';
import { COMMON_PASSWORDS } from './common-passwords.ts';
import { logWarning } from './log.ts';

/**
 * What is asked of a new password beside its length; never of one at login.
 *
 * @param email of the user, normalised
 * @returns why it is refused, in words that follow the field's name; undefined when it is not
 */
export type PasswordRule = (
  password: string,
  email: string,
) => string | undefined | Promise<string | undefined>;

export interface PasswordPolicy {
  /** Whether it may be no common one, nor one made of the email or of the service's words. */
  refuseCommonPasswords: boolean;
  /** Whether Have I Been Pwned is asked. */
  refuseBreachedPasswords: boolean;
}

/** The rules that are set; those that ask nobody come first. */
export function passwordRules(policy: PasswordPolicy): PasswordRule[] {
  return [
    ...(policy.refuseCommonPasswords ? [refuseCommon, refuseGuessable] : []),
    ...(policy.refuseBreachedPasswords ? [refuseBreached()] : []),
  ];
}

/**
 * OWASP ASVS 5.0, 6.2.4. Without regard to case, as those who guess try `Password` right after
 * `password`. The list has none of fewer than 8 characters: the least length is there for them.
 */
export const refuseCommon: PasswordRule = (password) =>
  COMMON_PASSWORDS.split('\n').includes(password.toLowerCase())
    ? 'is one of the most common passwords'
    : undefined;

/** What anyone would try here first (ASVS 6.1.2): words of the service. Add your own product's. */
const SERVICE_WORDS = ['authentication', 'bienvenue', 'password', 'account', 'service', 'login'];
/** Shorter parts of an email are found in too many passwords by chance. */
const MIN_PART_LENGTH = 3;
/** Letters beside those of the parts, with which a password counts as one of its own. */
const MIN_OWN_LETTERS = 4;

/**
 * ASVS 6.2.11: nothing but parts of the email or words of the service, in any case and order, with
 * digits, ASCII punctuation and fewer than 4 letters in between. A password of its own may contain
 * them.
 */
export const refuseGuessable: PasswordRule = (password, email) => {
  const own = [...emailParts(email), ...SERVICE_WORDS]
    // A part may contain another.
    .sort((a, b) => b.length - a.length)
    .reduce((rest, part) => rest.replaceAll(part, ' '), password.toLowerCase());
  if (own === password.toLowerCase()) return undefined;
  const letters = own.match(/[a-z\u0080-\u{10ffff}]/gu) ?? [];
  return letters.length < MIN_OWN_LETTERS
    ? 'is easy to guess from the email address or the service'
    : undefined;
};

/** The local part, the domain, and the words of both, less the top-level domain. */
function emailParts(email: string): string[] {
  const at = email.lastIndexOf('@');
  const local = email.slice(0, at);
  const domain = email.slice(at + 1);
  const names = `${local} ${domain.replace(/\.[^.]*$/, '')}`;
  const words = [...names.split(/[^a-z0-9]+/), ...names.split(/[^a-z]+/)];
  return [local, domain, ...words].filter((part) => part.length >= MIN_PART_LENGTH);
}

const HAVE_I_BEEN_PWNED = 'https://api.pwnedpasswords.com';
const BREACHED_WITHIN_MS = 1000;

/**
 * ASVS 6.2.12, by Have I Been Pwned's range of the passwords whose SHA-1 has the same first 5
 * digits: they are all that leaves, and hundreds of breached passwords share them. Padding (entries
 * that count 0) hides from the network how many. Where there is no answer within a second, or none
 * that makes sense, the password is taken, and that is logged: nobody is kept from a new password.
 * https://haveibeenpwned.com/API/v3#PwnedPasswords
 *
 * @param url of the API, or of one like it
 */
export function refuseBreached(url = HAVE_I_BEEN_PWNED): PasswordRule {
  return async (password) => {
    const sha1 = createHash('sha1').update(password).digest('hex').toUpperCase();
    try {
      const response = await fetch(`${url}/range/${sha1.slice(0, 5)}`, {
        headers: { 'add-padding': 'true' },
        signal: AbortSignal.timeout(BREACHED_WITHIN_MS),
      });
      const range = await response.text();
      if (!response.ok) throw new Error(`The status is ${String(response.status)}`);
      if (!/^(?:[0-9A-F]{35}:\d+(?:\r?\n|$))+$/.test(range)) throw new Error('It is no range');
      const [, count] = new RegExp(`^${sha1.slice(5)}:(\\d+)`, 'm').exec(range) ?? [];
      return Number(count ?? 0) > 0 ? 'is known from a data breach' : undefined;
    } catch (error) {
      logWarning('A password was not looked up at Have I Been Pwned', error);
      return undefined;
    }
  };
}
