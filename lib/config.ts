/** The settings of the functions. What each one means, and its default, is in serverless.yml. */
export interface Config {
  tableName: string;
  /** `response`: the token is in the answer, for whoever asks. */
  resetTokenDelivery: 'response';
  /** In code points. */
  passwordMinLength: number;
  bcryptCost: number;
  /** Whether the cookie has the attribute `Secure`: browsers then send it over HTTPS only. */
  cookieSecure: boolean;
  sessionIdleSeconds: number;
  sessionAbsoluteSeconds: number;
  resetTokenSeconds: number;
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
    resetTokenDelivery: delivery(env, 'RESET_TOKEN_DELIVERY'),
    passwordMinLength: wholeNumber(env, 'PASSWORD_MIN_LENGTH', 1, 64),
    bcryptCost: wholeNumber(env, 'BCRYPT_COST', 4, 14),
    cookieSecure: flag(env, 'COOKIE_SECURE'),
    sessionIdleSeconds: wholeNumber(env, 'SESSION_IDLE_SECONDS', 1, YEAR_IN_SECONDS),
    sessionAbsoluteSeconds: wholeNumber(env, 'SESSION_ABSOLUTE_SECONDS', 1, YEAR_IN_SECONDS),
    resetTokenSeconds: wholeNumber(env, 'RESET_TOKEN_SECONDS', 1, YEAR_IN_SECONDS),
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

function delivery(env: Env, name: string): 'response' {
  const value = text(env, name);
  if (value === 'response') return value;
  if (value === 'email') {
    throw new Error(
      `The setting ${name} is "email", and this version cannot send mail yet: the service does ` +
        'not start rather than hand out reset tokens to whoever knows an address',
    );
  }
  throw bad(name, value, 'response or email');
}

function bad(name: string, value: string, right: string): Error {
  return new Error(`The setting ${name} is "${value}", and has to be ${right}`);
}
