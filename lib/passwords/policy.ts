import { createHash } from 'node:crypto';
import { logWarning } from '../core/log.ts';
import { isCommon } from './common.ts';
import { runsOf } from './patterns.ts';

/**
 * A rule for new passwords, beside the minimum length. Login never applies it.
 *
 * @param email of the user, normalised
 * @returns why the password is refused, in words that follow the field's name; undefined if it is not
 */
export type PasswordRule = (
  password: string,
  email: string,
) => string | undefined | Promise<string | undefined>;

/**
 * Refuses the most common passwords (OWASP ASVS 5.0, 6.2.4), in any case: those who guess try
 * `Password` right after `password`. Also what follows from them by a rule, such as `Welcome123!`.
 */
export const refuseCommon: PasswordRule = (password) =>
  isCommon(password) ? 'is one of the most common passwords' : undefined;

/** The words that anyone would try here first (ASVS 6.1.2). Add those of your product. */
const SERVICE_WORDS = [
  'authentication',
  'bienvenue',
  'password',
  'account',
  'service',
  'login',
  'user',
];
/** Shorter parts of an email occur in too many passwords by chance. */
const MIN_PART_LENGTH = 3;
/**
 * With this many letters of its own, beside those of the parts, a password is not guessable. A run of
 * four or more, such as `abcd`, counts as one letter.
 */
const MIN_OWN_LETTERS = 4;

/**
 * Refuses passwords that consist of parts of the email or words of the service (ASVS 6.2.11), in any
 * case and order, with digits, ASCII punctuation and fewer than 4 letters in between.
 */
export const refuseGuessable: PasswordRule = (password, email) => {
  const own = [...emailParts(email), ...SERVICE_WORDS]
    // Longest first, as a part may contain another.
    .sort((a, b) => b.length - a.length)
    .reduce((rest, part) => rest.replaceAll(part, ' '), password.toLowerCase());
  if (own === password.toLowerCase()) return undefined;
  const letters = runsOf(own)
    .filter((run) => /[a-z\u0080-\u{10ffff}]/u.test(run))
    .map((run) => Array.from(run).length)
    .reduce((sum, length) => sum + (length < MIN_OWN_LETTERS ? length : 1), 0);
  return letters < MIN_OWN_LETTERS
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
 * Refuses passwords that Have I Been Pwned knows from a breach (ASVS 6.2.12). Only the first 5 digits
 * of the SHA-1 leave the service, which hundreds of breached passwords share; padding hides from the
 * network how many. Without a sensible answer within a second, the password is accepted and a warning
 * is logged: an outage keeps nobody from a new password.
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
