/** Reads a function's settings from its environment. serverless.yml documents each, with its default. */
import {
  bad,
  flag,
  readEnv,
  secret,
  text,
  valueOf,
  wholeNumber,
  type Env,
  type Variables,
} from './core/env.ts';
import type { Settings } from './core/settings.ts';
import { COOKIE_NAMES, type CookieSettings } from './http/cookie.ts';
import { origins } from './http/origin.ts';
import { parseEmail } from './users/address.ts';

export interface Config extends Settings, CookieSettings {
  tableName: string;
  /** How a token reaches the user, unless the request asks for mail: in a mail, or in the answer. */
  resetTokenDelivery: 'response' | 'email';
  /** How mail is sent; undefined: none is. The delivery `email` has it. */
  mail: MailConfig | undefined;
  /** Origins of web pages that may call the API; `localhost` stands for all on that host. */
  allowedOrigins: string[];
}

export interface MailConfig {
  /** The address that mails come from. */
  mailFrom: string;
  /** The page that sets a new password: a URL without a fragment. */
  passwordResetPage: string;
  /** The page that verifies an address. */
  emailVerificationPage: string;
  /** The name of the function that sends mail. */
  mailFunction: string;
  /** The configuration set of mails, whose bounces are told; undefined: they are not. */
  configurationSet: string | undefined;
}

const YEAR_IN_SECONDS = 365 * 24 * 60 * 60;

/**
 * Reads the settings from environment variables. All must exist but the key of imported passwords. The
 * deployment reads them too.
 *
 * @throws Error with a line for each bad setting, which has its name in serverless.yml and what it has
 *   to be: a function must not start on settings that nobody meant, or that are not secure without
 *   `insecure`
 */
export function readConfig(variables: Variables): Config {
  return readEnv(variables, (env) => {
    const config: Config = {
      tableName: text(env, 'TABLE_NAME'),
      ...delivery(env, 'RESET_TOKEN_DELIVERY'),
      allowedOrigins: origins(env, 'ALLOWED_ORIGINS'),
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
      // Only the functions that verify a password have it.
      importedPasswordKey: secret(env, 'IMPORTED_PASSWORD_KEY'),
    };
    if (!flag(env, 'INSECURE')) refuseInsecure(env, config);
    return config;
  });
}

function refuseInsecure(env: Env, config: Config): void {
  const check = (isSecure: boolean, name: string, right: string): void => {
    if (!isSecure) bad(env, name, `${right}, unless you set insecure to true`, undefined);
  };
  check(config.resetTokenDelivery === 'email', 'RESET_TOKEN_DELIVERY', 'email');
  check(config.cookieSecure, 'COOKIE_SECURE', 'true');
  check(config.bcryptCost >= 10, 'BCRYPT_COST', 'at least 10');
  check(config.passwordMinLength >= 8, 'PASSWORD_MIN_LENGTH', 'at least 8');
  check(config.refuseCommonPasswords, 'REFUSE_COMMON_PASSWORDS', 'true');
  check(
    config.allowedOrigins.every((each) => !each.startsWith('http:') || isOnLocalhost(each)),
    'ALLOWED_ORIGINS',
    'a list of origins with https:',
  );
  if (!config.mail) return;
  const { passwordResetPage, emailVerificationPage } = config.mail;
  check(!isOnLocalhost(passwordResetPage), 'PASSWORD_RESET_PAGE', 'a URL with https:');
  check(!isOnLocalhost(emailVerificationPage), 'EMAIL_VERIFICATION_PAGE', 'a URL with https:');
}

/**
 * Reads the setting `allowedOrigins` alone. The deployment reads it too.
 *
 * @throws Error as readConfig does
 */
export function readOrigins(variables: Variables): string[] {
  return readEnv(variables, (env) => origins(env, 'ALLOWED_ORIGINS'));
}

/** Browsers refuse a cookie with the prefix `__Host-` unless it is `Secure`. */
function cookieNames(env: Env, name: string): CookieSettings['sessionCookies'] {
  const [first, ...more] = valueOf(env, name)
    .split(',')
    .map((part) => part.trim());
  const names = [first, ...more] as CookieSettings['sessionCookies'];
  if (!names.every((each) => COOKIE_NAMES.includes(each))) {
    return bad(env, name, `a list of ${COOKIE_NAMES.join(' and ')}`, ['session_id']);
  }
  const isSecure = flag(env, 'COOKIE_SECURE') || names.every((each) => each === 'session_id');
  return isSecure ? names : bad(env, name, 'session_id unless cookieSecure is true', names);
}

/** Without a sender, the delivery `response` sends no mail: then the other settings of mail may be empty. */
function delivery(env: Env, name: string): Pick<Config, 'resetTokenDelivery' | 'mail'> {
  const value = valueOf(env, name);
  const hasMailEvents = flag(env, 'MAIL_EVENTS');
  const resetTokenDelivery =
    value === 'response' || value === 'email'
      ? value
      : bad(env, name, 'response or email', 'email' as const);
  const hasMail = resetTokenDelivery === 'email' || valueOf(env, 'MAIL_FROM') !== '';
  return { resetTokenDelivery, mail: hasMail ? mail(env, hasMailEvents) : undefined };
}

function mail(env: Env, hasMailEvents: boolean): MailConfig {
  return {
    mailFrom: address(env, 'MAIL_FROM'),
    passwordResetPage: page(env, 'PASSWORD_RESET_PAGE'),
    emailVerificationPage: page(env, 'EMAIL_VERIFICATION_PAGE'),
    mailFunction: text(env, 'MAIL_FUNCTION'),
    configurationSet: hasMailEvents ? text(env, 'MAIL_CONFIGURATION_SET') : undefined,
  };
}

function address(env: Env, name: string): string {
  const value = valueOf(env, name);
  if (isAddress(value)) return value;
  const right = 'an address that mail may come from, such as no-reply@example.com';
  return bad(env, name, right, value);
}

/** The case is kept, as SES may have verified that very spelling. */
function isAddress(value: string): boolean {
  return parseEmail(value) === value.toLowerCase();
}

function page(env: Env, name: string): string {
  const value = valueOf(env, name);
  if (isPage(value)) return value;
  const right = 'a URL such as https://app.example.com/reset-password, without a #';
  return bad(env, name, right, 'https://localhost');
}

/** HTTPS: the link's fragment carries a token, which anyone who can alter the page could read. */
function isPage(value: string): boolean {
  if (!URL.canParse(value) || value.includes('#')) return false;
  return value.startsWith('https:') || isOnLocalhost(value);
}

function isOnLocalhost(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'http:' && hostname === 'localhost';
}
