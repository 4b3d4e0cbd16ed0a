/**
 * The fields that requests have, as JSON Schema (2020-12). readFields of http.ts holds requests to
 * them, and the OpenAPI document has them as they stand.
 */

/** Any other kind would have to be read otherwise: see readFields. */
export interface Field {
  readonly type: 'string';
  /** Not empty. */
  readonly minLength: 1;
  readonly description: string;
  readonly format?: 'password';
}

/** By their names. All of them are required, and what else is sent is ignored. */
export type Fields = Readonly<Record<string, Field>>;

const EMAIL = {
  type: 'string',
  minLength: 1,
  description: 'An email address; case makes no difference',
} as const satisfies Field;

const PASSWORD = {
  type: 'string',
  minLength: 1,
  description: 'At most 72 bytes of UTF-8; taken as it is sent',
  format: 'password',
} as const satisfies Field;

const NEW_PASSWORD = {
  ...PASSWORD,
  description: 'At most 72 bytes of UTF-8, and by the rules of the service',
} as const satisfies Field;

const RESET_TOKEN = {
  type: 'string',
  minLength: 1,
  description: 'From the mail or from POST /reset_password',
} as const satisfies Field;

const EMAIL_TOKEN = {
  type: 'string',
  minLength: 1,
  description: 'From the mail, or from POST /email_verification or PUT /email',
} as const satisfies Field;

export const REGISTRATION = { email: EMAIL, password: NEW_PASSWORD } as const satisfies Fields;

export const LOGIN = { email: EMAIL, password: PASSWORD } as const satisfies Fields;

export const RESET_REQUEST = { email: EMAIL } as const satisfies Fields;

export const RESET = {
  email: EMAIL,
  reset_token: RESET_TOKEN,
  new_password: NEW_PASSWORD,
} as const satisfies Fields;

export const PASSWORD_CHANGE = {
  password: PASSWORD,
  new_password: NEW_PASSWORD,
} as const satisfies Fields;

export const CONFIRMATION = { password: PASSWORD } as const satisfies Fields;

export const VERIFICATION_REQUEST = { email: EMAIL } as const satisfies Fields;

export const VERIFICATION = { token: EMAIL_TOKEN } as const satisfies Fields;

export const EMAIL_CHANGE = { password: PASSWORD, email: EMAIL } as const satisfies Fields;
