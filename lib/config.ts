import { normalizeEmail } from './email.ts';
import { isOrigin } from './origin.ts';

/** The settings of the functions. What each one means, and its default, is in serverless.yml. */
export type Config = CommonConfig & DeliveryConfig;

/** How a reset token reaches the user, and what that takes. */
type DeliveryConfig =
  | {
      /** The token is in the answer, for whoever asks. */
      resetTokenDelivery: 'response';
    }
  | {
      resetTokenDelivery: 'email';
      /** The address that mails come from. */
      mailFrom: string;
      /** The URL of the front end's page, without a fragment. */
      passwordResetPage: string;
      /** The same, for the links that verify an address. */
      emailVerificationPage: string;
      /** The name of the function that sends mail. */
      mailFunction: string;
    };

interface CommonConfig {
  tableName: string;
  /** Origins of web pages that may call the API; `localhost` stands for all on that host. */
  allowedOrigins: string[];
  /** Logins that may fail from one source in 10 minutes; 0: any number. */
  failedLoginsPerSource: number;
  /** In code points. */
  passwordMinLength: number;
  refuseCommonPasswords: boolean;
  /** Whether Have I Been Pwned is asked. */
  refuseBreachedPasswords: boolean;
  bcryptCost: number;
  /** Whether login waits for the verification of the email, and registration tells nobody apart. */
  requireVerifiedEmail: boolean;
  /** Whether the cookie has the attribute `Secure`: browsers then send it over HTTPS only. */
  cookieSecure: boolean;
  sessionIdleSeconds: number;
  sessionAbsoluteSeconds: number;
  resetTokenSeconds: number;
  emailTokenSeconds: number;
}

const YEAR_IN_SECONDS = 365 * 24 * 60 * 60;

/**
 * Reads the settings from environment variables; all of them must be there.
 *
 * @throws Error on a bad one, with its name and what would be right: a function must not start on
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
    sessionIdleSeconds: wholeNumber(env, 'SESSION_IDLE_SECONDS', 1, YEAR_IN_SECONDS),
    sessionAbsoluteSeconds: wholeNumber(env, 'SESSION_ABSOLUTE_SECONDS', 1, YEAR_IN_SECONDS),
    resetTokenSeconds: wholeNumber(env, 'RESET_TOKEN_SECONDS', 1, YEAR_IN_SECONDS),
    emailTokenSeconds: wholeNumber(env, 'EMAIL_TOKEN_SECONDS', 1, YEAR_IN_SECONDS),
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
 * Separated by commas; none when the variable is there and empty. The deployment reads them too.
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

/** What only mail takes is read for that delivery only, and may be empty for the other. */
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

/** Its case is kept, as SES may have verified that very spelling. */
function isAddress(value: string): boolean {
  try {
    return normalizeEmail(value) === value.toLowerCase();
  } catch {
    return false;
  }
}

function page(env: Env, name: string): string {
  const value = env[name] ?? '';
  if (isPage(value)) return value;
  throw bad(name, value, 'a URL such as https://app.example.com/reset-password, without a #');
}

/** The token is put into its fragment, and travels to whoever can change the page on its way. */
function isPage(value: string): boolean {
  if (!URL.canParse(value) || value.includes('#')) return false;
  const { protocol, hostname } = new URL(value);
  return protocol === 'https:' || (protocol === 'http:' && hostname === 'localhost');
}

function bad(name: string, value: string, right: string): Error {
  return new Error(`The setting ${name} is "${value}", and has to be ${right}`);
}
