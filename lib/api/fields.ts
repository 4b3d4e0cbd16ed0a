/**
 * The fields of requests, as JSON Schema (2020-12). readFields in lib/http/body.ts checks requests
 * against them, and the OpenAPI document contains them unchanged.
 */

/** A string that is not empty: readFields supports no other kind of field. */
export interface Field {
  /** Whether a request may leave the field out. */
  readonly optional?: true;
  readonly type: 'string';
  readonly minLength: 1;
  /** The only value that is allowed. */
  readonly const?: string;
  readonly description: string;
  readonly format?: 'password';
}

/** Fields by name. Other fields of a request are ignored. */
export type Fields = Readonly<Record<string, Field>>;

/** The values of fields, as readFields reads them and the client sends them. */
export type Values<Schema> = {
  [Name in keyof Schema as Schema[Name] extends { optional: true } ? never : Name]: Value<
    Schema[Name]
  >;
} & {
  [Name in keyof Schema as Schema[Name] extends { optional: true } ? Name : never]?:
    Value<Schema[Name]> | undefined;
};

type Value<Each> = Each extends { const: infer Only } ? Only : string;

const EMAIL = {
  type: 'string',
  minLength: 1,
  description: 'An email address; case is ignored',
} as const satisfies Field;

const PASSWORD = {
  type: 'string',
  minLength: 1,
  description: 'At most 72 bytes of UTF-8, used exactly as sent',
  format: 'password',
} as const satisfies Field;

const NEW_PASSWORD = {
  ...PASSWORD,
  description: 'At most 72 bytes of UTF-8; the password rules of the service apply',
} as const satisfies Field;

const RESET_TOKEN = {
  type: 'string',
  minLength: 1,
  description: 'The token from the mail, or from the answer to `POST /reset_password`',
} as const satisfies Field;

const EMAIL_TOKEN = {
  type: 'string',
  minLength: 1,
  description:
    'The token from the mail, or from the answer to `POST /email_verification` or `PUT /email`',
} as const satisfies Field;

const DELIVERY = {
  optional: true,
  type: 'string',
  minLength: 1,
  const: 'email',
  description:
    'Has the token mailed even where the setting `resetTokenDelivery` puts it into the answer',
} as const satisfies Field;

export const REGISTRATION = { email: EMAIL, password: NEW_PASSWORD } as const satisfies Fields;

export const LOGIN = { email: EMAIL, password: PASSWORD } as const satisfies Fields;

export const RESET_REQUEST = { email: EMAIL, delivery: DELIVERY } as const satisfies Fields;

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

export const VERIFICATION_REQUEST = { email: EMAIL, delivery: DELIVERY } as const satisfies Fields;

export const VERIFICATION = {
  token: EMAIL_TOKEN,
  password: {
    ...PASSWORD,
    optional: true,
    description: 'Required unless the cookie is of a session of the user',
  },
} as const satisfies Fields;

export const EMAIL_CHANGE = {
  password: PASSWORD,
  email: EMAIL,
  delivery: DELIVERY,
} as const satisfies Fields;
