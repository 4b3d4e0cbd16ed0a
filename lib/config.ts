/** Reads a function's settings from its environment. serverless.yml documents each, with its default. */
import type { Settings } from './core/settings.ts';
import { COOKIE_NAMES, type CookieSettings } from './http/cookie.ts';
import { isOrigin } from './http/origin.ts';
import { parseEmail } from './users/address.ts';

export type Config = CommonConfig & DeliveryConfig;

/** How a reset token reaches the user, and what that takes. */
type DeliveryConfig =
  | {
      /** The answer carries the token. */
      resetTokenDelivery: 'response';
    }
  | {
      resetTokenDelivery: 'email';
      /** The address that mails come from. */
      mailFrom: string;
      /** The page that sets a new password: a URL without a fragment. */
      passwordResetPage: string;
      /** The page that verifies an address. */
      emailVerificationPage: string;
      /** The name of the function that sends mail. */
      mailFunction: string;
    };

interface CommonConfig extends Settings, CookieSettings {
  tableName: string;
  /** Origins of web pages that may call the API; `localhost` stands for all on that host. */
  allowedOrigins: string[];
}

const YEAR_IN_SECONDS = 365 * 24 * 60 * 60;

/**
 * Reads the settings from environment variables, all of which must exist.
 *
 * @throws Error on a bad setting, with its name and what it has to be: a function must not start on
 *   settings that nobody meant
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  return {
    tableName: text(env, 'TABLE_NAME'),
    ...delivery(env, 'RESET_TOKEN_DELIVERY'),
    allowedOrigins: readOrigins(env),
    failedLoginsPerSource: wholeNumber(env, 'FAILED_LOGINS_PER_SOURCE', 0, 1_000_000),
    passwordMinLength: wholeNumber(env, 'PASSWORD_MIN_LENGTH', 1, 64),
    refuseCommonPasswords: flag(env, 'REFUSE_COMMON_PASSWORDS'),
    refuseBreachedPasswords: flag(env, 'REFUSE_BREACHED_PASSWORDS'),
    bcryptCost: wholeNumber(env, 'BCRYPT_COST', 4, 14),
    requireVerifiedEmail: flag(env, 'REQUIRE_VERIFIED_EMAIL'),
    cookieSecure: flag(env, 'COOKIE_SECURE'),
    sessionCookies: cookieNames(env, 'SESSION_COOKIES'),
    sessionIdleSeconds: wholeNumber(env, 'SESSION_IDLE_SECONDS', 1, YEAR_IN_SECONDS),
    sessionAbsoluteSeconds: wholeNumber(env, 'SESSION_ABSOLUTE_SECONDS', 1, YEAR_IN_SECONDS),
    resetTokenSeconds: wholeNumber(env, 'RESET_TOKEN_SECONDS', 1, YEAR_IN_SECONDS),
    emailTokenSeconds: wholeNumber(env, 'EMAIL_TOKEN_SECONDS', 1, YEAR_IN_SECONDS),
    logKey: text(env, 'LOG_KEY'),
  };
}

type Env = Parameters<typeof readConfig>[0];

function text(env: Env, name: string): string {
  const value = env[name];
  if (!value) throw new Error(`The setting ${name} is missing`);
  return value;
}

function wholeNumber(env: Env, name: string, least: number, most: number): number {
  const value = text(env, name);
  const number = /^\d{1,9}$/.test(value) ? Number(value) : NaN;
  if (number >= least && number <= most) return number;
  throw bad(name, value, `a whole number from ${String(least)} to ${String(most)}`);
}

function flag(env: Env, name: string): boolean {
  const value = text(env, name);
  if (value === 'true') return true;
  if (value === 'false') return false;
  throw bad(name, value, 'true or false');
}

/**
 * Reads a list separated by commas; an empty variable is an empty list. The deployment reads it too.
 *
 * @throws Error as readConfig does
 */
export function readOrigins(env: Env): string[] {
  const name = 'ALLOWED_ORIGINS';
  const value = env[name] === '' ? '' : text(env, name);
  const each = value.split(',').map((part) => part.trim());
  const listed = each.filter((part) => part !== '');
  if (listed.every((part) => part === 'localhost' || isOrigin(part))) return listed;
  throw bad(name, value, 'a list of origins such as https://app.example.com, or localhost');
}

/** Browsers refuse a cookie with the prefix `__Host-` unless it is `Secure`. */
function cookieNames(env: Env, name: string): CookieSettings['sessionCookies'] {
  const value = text(env, name);
  const [first, ...more] = value.split(',').map((part) => part.trim());
  const names = [first, ...more] as CookieSettings['sessionCookies'];
  if (!names.every((each) => COOKIE_NAMES.includes(each))) {
    throw bad(name, value, `a list of ${COOKIE_NAMES.join(' and ')}`);
  }
  const isSecure = flag(env, 'COOKIE_SECURE') || names.every((each) => each === 'session_id');
  if (isSecure) return names;
  throw bad(name, value, 'session_id unless COOKIE_SECURE is true');
}

/** The settings of mail are read for the delivery `email` only; otherwise they may be empty. */
function delivery(env: Env, name: string): DeliveryConfig {
  const value = text(env, name);
  if (value === 'response') return { resetTokenDelivery: value };
  if (value !== 'email') throw bad(name, value, 'response or email');
  return {
    resetTokenDelivery: value,
    mailFrom: address(env, 'MAIL_FROM'),
    passwordResetPage: page(env, 'PASSWORD_RESET_PAGE'),
    emailVerificationPage: page(env, 'EMAIL_VERIFICATION_PAGE'),
    mailFunction: text(env, 'MAIL_FUNCTION'),
  };
}

function address(env: Env, name: string): string {
  const value = env[name] ?? '';
  if (isAddress(value)) return value;
  throw bad(name, value, 'an address that mail may come from, such as no-reply@example.com');
}

/** The case is kept, as SES may have verified that very spelling. */
function isAddress(value: string): boolean {
  return parseEmail(value) === value.toLowerCase();
}

function page(env: Env, name: string): string {
  const value = env[name] ?? '';
  if (isPage(value)) return value;
  throw bad(name, value, 'a URL such as https://app.example.com/reset-password, without a #');
}

/** HTTPS: the link's fragment carries a token, which anyone who can alter the page could read. */
function isPage(value: string): boolean {
  if (!URL.canParse(value) || value.includes('#')) return false;
  const { protocol, hostname } = new URL(value);
  return protocol === 'https:' || (protocol === 'http:' && hostname === 'localhost');
}

function bad(name: string, value: string, right: string): Error {
  return new Error(`The setting ${name} is "${value}", and has to be ${right}`);
}
