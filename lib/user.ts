/**
 * The model. Attributes keep their snake_case names everywhere: here, in the table, in JSON.
 */
export interface User {
  /** A UUID, given at registration, never changed. */
  id: string;
  /** The normalised address (see email.ts). Unique. */
  email: string;
  /** What bcrypt made of the password, `$2b$...`. */
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
