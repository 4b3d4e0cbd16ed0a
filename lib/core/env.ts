/** Reads settings from environment variables, and notes everything that is wrong with them. */

export type Variables = Readonly<Record<string, string | undefined>>;

/** The environment, and what is wrong with it. */
export interface Env {
  variables: Variables;
  problems: Set<string>;
}

/**
 * Reads settings.
 *
 * @throws Error with a line for each bad setting, which has its name in serverless.yml and what it has
 *   to be
 */
export function readEnv<Read>(variables: Variables, read: (env: Env) => Read): Read {
  const problems = new Set<string>();
  const settings = read({ variables, problems });
  if (problems.size > 0) throw new Error([...problems].join('\n'));
  return settings;
}

export function valueOf({ variables }: Env, name: string): string {
  return variables[name] ?? '';
}

/** Must not be empty. */
export function text(env: Env, name: string): string {
  return valueOf(env, name) || bad(env, name, 'given', '');
}

/** May be empty, and is absent where it is not used. No error quotes it. */
export function secret(env: Env, name: string): string {
  const value = valueOf(env, name);
  if (value.trim() === value) return value;
  return bad(env, name, 'a key without spaces or line ends around it, or empty', '', '(secret)');
}

export function wholeNumber(env: Env, name: string, least: number, most: number): number {
  const value = valueOf(env, name);
  const number = /^\d{1,9}$/.test(value) ? Number(value) : NaN;
  if (number >= least && number <= most) return number;
  return bad(env, name, `a whole number from ${String(least)} to ${String(most)}`, most);
}

export function flag(env: Env, name: string): boolean {
  const value = valueOf(env, name);
  if (value === 'true') return true;
  if (value === 'false') return false;
  return bad(env, name, 'true or false', true);
}

/** A setting that may be empty. */
export function optional(
  env: Env,
  name: string,
  right: string,
  isRight: (value: string) => boolean,
): string {
  const value = env.variables[name];
  if (value !== undefined && (value === '' || isRight(value))) return value;
  return bad(env, name, `${right}, or empty`, '');
}

/** A name of something, in one line; may be empty. */
export function title(env: Env, name: string): string {
  return optional(
    env,
    name,
    'a name of at most 60 characters',
    (value) => value.trim() === value && !/\p{C}|.{61}/u.test(value),
  );
}

/** One of the keys of an object. */
export function keyOf<Key extends string>(
  env: Env,
  name: string,
  choices: Readonly<Record<Key, unknown>>,
  fallback: Key,
): Key {
  const value = valueOf(env, name);
  if (Object.hasOwn(choices, value)) return value as Key;
  return bad(env, name, `one of ${Object.keys(choices).join(', ')}`, fallback);
}

/** Notes that a setting is bad. @returns what to go on with, to find out what else is bad */
export function bad<T>(
  env: Env,
  name: string,
  right: string,
  fallback: T,
  value = `"${valueOf(env, name)}"`,
): T {
  // The name that the setting has in serverless.yml.
  const setting = name.toLowerCase().replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
  env.problems.add(`The setting ${setting} is ${value}, and has to be ${right}.`);
  return fallback;
}
