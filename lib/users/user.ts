import type { Condition } from '../db/expression.ts';
import type { UserItem } from '../db/items.ts';

/** The model. Attributes keep their snake_case names everywhere: here, in the table, in JSON. */
export interface User {
  /** A UUID, given at registration, never changed. */
  id: string;
  /** The normalised address (see address.ts). Unique. */
  email: string;
  /** The bcrypt hash of the password, `$2b$...`; that of an import may be of another form. */
  hashed_password: string;
  /** As the client holds it. Present only on a user that was looked up by it. */
  session_id?: string;
  /** As the client holds it. Present only on a user that was looked up by it. */
  reset_token?: string;
}

/** The names of all of a User's attributes. */
export const USER_ATTRIBUTES = [
  'id',
  'email',
  'hashed_password',
  'session_id',
  'reset_token',
] as const satisfies readonly (keyof User)[];

/** The model of a stored user: no digest leaves the library. */
export function toUser({ id, email, hashed_password }: UserItem): User {
  return { id, email, hashed_password };
}

/**
 * Whether an operator keeps the user out. Then no password logs in, no session and no token is valid,
 * and no mail is sent.
 */
export function isDisabled({ disabled_at }: UserItem): boolean {
  return disabled_at !== undefined;
}

/**
 * Whether the user has to give way to who proves that the email is theirs: nobody has proved it yet,
 * and no operator keeps the user out.
 */
export function givesWay(user: UserItem): boolean {
  return user.email_verified_at === undefined && !isDisabled(user);
}

/** The same for a write. */
export const GIVES_WAY = {
  missing: ['email_verified_at', 'disabled_at'],
} as const satisfies Condition;

/** For a write: the user is not disabled. */
export const NOT_DISABLED = { missing: ['disabled_at'] } as const satisfies Condition;
