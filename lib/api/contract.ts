/**
 * The contract: what each route takes and what it answers. The compiler checks the handlers and the
 * client against its types. openapi.ts builds the OpenAPI document from it, and the tests check every
 * answer against that document.
 *
 * It is in no bundle: functions import only its types, and their fields from fields.ts.
 */
import {
  CONFIRMATION,
  EMAIL_CHANGE,
  LOGIN,
  PASSWORD_CHANGE,
  REGISTRATION,
  RESET,
  RESET_REQUEST,
  VERIFICATION,
  VERIFICATION_REQUEST,
  type Fields,
  type Values,
} from './fields.ts';

export type { ErrorCode } from '../core/errors.ts';

/** The part of JSON Schema (2020-12) that the contract uses. */
export type Schema =
  | { readonly type: 'string'; readonly const: string }
  | { readonly oneOf: readonly Schema[] }
  | { readonly type: 'array'; readonly items: Schema }
  | {
      readonly type: 'object';
      readonly properties: Readonly<Record<string, Schema>>;
      readonly required: readonly string[];
      readonly additionalProperties: false;
    }
  | {
      readonly type: keyof Primitives | readonly (keyof Primitives)[];
      readonly description?: string;
      readonly format?: 'date-time';
      readonly pattern?: string;
    };

interface Primitives {
  string: string;
  boolean: boolean;
  null: null;
}

/** The type of the values that a schema describes. */
export type TypeOf<S> = S extends { const: infer Value }
  ? Value
  : S extends { oneOf: readonly (infer Each)[] }
    ? TypeOf<Each>
    : S extends { items: infer Item }
      ? TypeOf<Item>[]
      : S extends { properties: infer Properties }
        ? { -readonly [Name in keyof Properties]: TypeOf<Properties[Name]> }
        : S extends { type: keyof Primitives }
          ? Primitives[S['type']]
          : S extends { type: readonly (keyof Primitives)[] }
            ? Primitives[S['type'][number]]
            : never;

/** What a route takes and answers. */
export interface Operation {
  /** The name of the client's method and, unless `function` has another, of the function. */
  readonly operationId: string;
  /** The name of the function in serverless.yml, if it has another route of that name. */
  readonly function?: string;
  readonly summary: string;
  /** Whether it needs the session cookie. */
  readonly session?: true;
  /** The values of the placeholders in the path, such as `{id}`. */
  readonly parameters?: Fields;
  /** The fields of the request's body. */
  readonly fields?: Fields;
  readonly success: {
    readonly status: 200 | 302;
    readonly description: string;
    /** Absent if the answer has no body. */
    readonly body?: Schema;
    /** Required, in addition to the headers of every answer. */
    readonly headers?: Readonly<Record<string, Schema>>;
  };
  /** Says for each status when it is returned. The body is REFUSAL. */
  readonly refusals: Readonly<Record<number, string>>;
}

function always<const Text extends string>(text: Text) {
  return { type: 'string', const: text } as const;
}

function object<const Properties extends Readonly<Record<string, Schema>>>(properties: Properties) {
  const required = Object.keys(properties);
  return { type: 'object', properties, required, additionalProperties: false } as const;
}

/** Describes a body with the email as it was sent and a fixed message. */
function emailAnd<const Message extends string>(message: Message) {
  return object({ email: ECHO, message: always(message) });
}

const TEXT = { type: 'string' } as const;
const TIME = { type: 'string', format: 'date-time' } as const;
const ECHO = { type: 'string', description: 'The email as it was sent' } as const;
const ADDRESS = { type: 'string', description: 'The normalised email, as it is stored' } as const;

const SET_COOKIE = {
  'set-cookie': {
    type: 'string',
    description: 'Sets the session cookie',
    pattern: '^(?:__Host-)?session_id=[^;]+; Max-Age=[1-9]',
  },
} as const;

/** Headers of an answer that ends the session of its own request. */
const FORGET = {
  'set-cookie': {
    type: 'string',
    description: 'Clears the session cookie',
    pattern: '^(?:__Host-)?session_id=; Max-Age=0; ',
  },
} as const;

/** The body of every refusal. */
export const REFUSAL = {
  type: 'object',
  properties: {
    message: { ...TEXT, description: 'A short sentence that says what is wrong' },
    code: {
      ...TEXT,
      description:
        'A stable name of the reason, such as `wrong_password`. Refusals of API Gateway itself have ' +
        'none, nor has the one of `POST /users` for an email that is taken',
      pattern: '^[a-z]+(_[a-z]+)*$',
    },
  },
  required: ['message'],
  additionalProperties: false,
} as const;

/** Refusals of every route. API Gateway itself gives some of them. */
const ANY = {
  429: 'Too many requests',
  500: 'An unexpected error',
  503: 'DynamoDB or the service that sends mail is not available',
} as const;

const CROSS_SITE = 'a request from a page of another site';
const NO_SESSION = 'No valid session';
const BAD_INPUT =
  'The body is malformed, or the field that the message names is missing, repeated, empty or malformed';

/** Refusals of routes that change a user in a way that other requests can keep from happening. */
const CONTENDED = { 409: 'Other requests keep changing the account: try again' } as const;

/** The 429 of routes that end many sessions at once. */
const TOO_MANY_ENDINGS = 'Too many requests, or sessions were ended over 5 times in an hour';

const EMAIL_CHANGES = 'The email changes once the new address has confirmed it';
const EMAIL_STAYS = 'The email stays the same';

/** Refusals of routes that change something. */
const UNSAFE = { ...ANY, 403: 'A request from a page of another site' } as const;

/** Refusals of routes that take fields. */
const WITH_FIELDS = {
  ...UNSAFE,
  400: BAD_INPUT,
  413: 'The body is larger than 8 kB',
  415: 'The content type is not supported: send a form or JSON',
} as const;

/** The 429 of routes that check a password. */
const TOO_MANY = 'Too many requests, or too many attempts with a password';

/** The deletion of an account, by either of its routes. */
const DELETION = {
  fields: CONFIRMATION,
  success: {
    status: 200,
    description: 'The account was deleted, and its sessions have ended',
    body: object({ email: ADDRESS, message: always('user deleted') }),
    headers: FORGET,
  },
  refusals: {
    ...WITH_FIELDS,
    ...CONTENDED,
    403: `${NO_SESSION}, a wrong password, or ${CROSS_SITE}`,
    429: TOO_MANY,
  },
} as const;

export const API = {
  'GET /': {
    operationId: 'index',
    summary: 'Check that the service answers',
    success: {
      status: 200,
      description: 'The service answers',
      body: object({ message: always('Bienvenue') }),
    },
    refusals: ANY,
  },
  'POST /users': {
    operationId: 'registerUser',
    summary: 'Create an account',
    fields: REGISTRATION,
    success: {
      status: 200,
      description:
        'The account was created; with `requireVerifiedEmail`, also if the email has an account',
      body: emailAnd('user created'),
    },
    refusals: { ...WITH_FIELDS, 400: `${BAD_INPUT}; or the email already has an account` },
  },
  'POST /sessions': {
    operationId: 'login',
    summary: 'Log in',
    fields: LOGIN,
    success: {
      status: 200,
      description: 'A session was created; the answer sets its cookie',
      body: emailAnd('logged in'),
      headers: SET_COOKIE,
    },
    refusals: {
      ...WITH_FIELDS,
      401: 'Unknown email or wrong password or, with `requireVerifiedEmail`, an email that is not verified: the same answer for all',
      403: `The password is right, but the user is disabled; or ${CROSS_SITE}`,
      429: TOO_MANY,
    },
  },
  'GET /sessions': {
    operationId: 'listSessions',
    summary: "List the user's sessions",
    session: true,
    success: {
      status: 200,
      description: 'The sessions that have not ended, newest first',
      body: object({
        sessions: {
          type: 'array',
          items: object({
            id: { ...TEXT, description: 'For `DELETE /sessions/{id}`; not the id in the cookie' },
            created_at: TIME,
            last_seen_at: {
              ...TIME,
              description: 'Accurate to the hour, or to a twelfth of a shorter idle limit',
            },
            expires_at: TIME,
            user_agent: {
              type: ['string', 'null'],
              description: 'The `User-Agent` of the client that logged in; null if unknown',
            },
            ip: {
              type: ['string', 'null'],
              description: 'The IP address of the client that logged in; null if unknown',
            },
            current: { type: 'boolean', description: 'Whether it is the session of this request' },
          }),
        },
      }),
    },
    refusals: { ...ANY, 403: NO_SESSION },
  },
  'DELETE /sessions': {
    operationId: 'logout',
    summary: 'Log out',
    session: true,
    success: {
      status: 302,
      description: 'The session has ended',
      headers: { ...FORGET, location: always('/') },
    },
    refusals: { ...UNSAFE, 403: `${NO_SESSION}, or ${CROSS_SITE}` },
  },
  'DELETE /sessions/{id}': {
    operationId: 'endSession',
    summary: 'End one session',
    session: true,
    parameters: {
      id: { type: 'string', minLength: 1, description: 'An `id` from `GET /sessions`' },
    },
    success: {
      status: 200,
      description: 'The session has ended',
      body: object({ message: always('session ended') }),
    },
    refusals: {
      ...UNSAFE,
      403: `${NO_SESSION}, or ${CROSS_SITE}`,
      404: 'The user has no such session',
    },
  },
  'DELETE /sessions/others': {
    operationId: 'endOtherSessions',
    summary: 'End all other sessions',
    session: true,
    success: {
      status: 200,
      description: 'All other sessions have ended',
      body: object({ message: always('other sessions ended') }),
    },
    refusals: {
      ...UNSAFE,
      ...CONTENDED,
      403: `${NO_SESSION}, or ${CROSS_SITE}`,
      429: TOO_MANY_ENDINGS,
    },
  },
  'DELETE /sessions/all': {
    operationId: 'endAllSessions',
    summary: 'End all sessions',
    session: true,
    success: {
      status: 200,
      description: 'All sessions have ended, including this one',
      body: object({ message: always('all sessions ended') }),
      headers: FORGET,
    },
    refusals: {
      ...UNSAFE,
      ...CONTENDED,
      403: `${NO_SESSION}, or ${CROSS_SITE}`,
      429: TOO_MANY_ENDINGS,
    },
  },
  'GET /profile': {
    operationId: 'getProfile',
    summary: 'Show who is logged in',
    session: true,
    success: {
      status: 200,
      description: 'The user of the session',
      body: object({ email: ADDRESS }),
    },
    refusals: { ...ANY, 403: NO_SESSION },
  },
  'DELETE /profile': {
    operationId: 'deleteUser',
    summary: 'Delete the account',
    session: true,
    ...DELETION,
  },
  'POST /profile/deletion': {
    operationId: 'deleteUserByPost',
    function: 'deleteUser',
    summary: 'Delete the account, for clients that cannot send a body with DELETE',
    session: true,
    ...DELETION,
  },
  'PUT /password': {
    operationId: 'changePassword',
    summary: 'Change the password',
    session: true,
    fields: PASSWORD_CHANGE,
    success: {
      status: 200,
      description: 'All sessions have ended; the answer sets the cookie of a new one',
      body: object({ email: ADDRESS, message: always('Password updated') }),
      headers: SET_COOKIE,
    },
    refusals: {
      ...WITH_FIELDS,
      ...CONTENDED,
      403: `${NO_SESSION}, a wrong password, or ${CROSS_SITE}`,
      429: TOO_MANY,
    },
  },
  'POST /reset_password': {
    operationId: 'requestPasswordReset',
    summary: 'Request a reset token',
    fields: RESET_REQUEST,
    success: {
      status: 200,
      description:
        'Delivery `email`, by the setting or the field: a message, the same for every email. ' +
        'Delivery `response`: the token',
      body: {
        oneOf: [object({ email: ECHO, message: TEXT }), object({ email: ECHO, reset_token: TEXT })],
      },
    },
    refusals: {
      ...WITH_FIELDS,
      403: `Delivery \`response\`: the email is unknown; or ${CROSS_SITE}`,
    },
  },
  'PUT /reset_password': {
    operationId: 'updatePassword',
    summary: 'Set a new password with a reset token',
    fields: RESET,
    success: {
      status: 200,
      description: 'The password was set, and all sessions of the user have ended',
      body: emailAnd('Password updated'),
    },
    refusals: {
      ...WITH_FIELDS,
      403: `The token is wrong, used, expired, replaced by a newer one or for another email; or ${CROSS_SITE}`,
    },
  },
  'POST /email_verification': {
    operationId: 'requestEmailVerification',
    summary: 'Request a token that verifies an email',
    fields: VERIFICATION_REQUEST,
    success: {
      status: 200,
      description:
        'Delivery `email`, by the setting or the field: a message, the same for every email. ' +
        'Delivery `response`: the token',
      body: {
        oneOf: [object({ email: ECHO, message: TEXT }), object({ email: ECHO, token: TEXT })],
      },
    },
    refusals: {
      ...WITH_FIELDS,
      403: `Delivery \`response\`: the email is unknown; or ${CROSS_SITE}`,
    },
  },
  'PUT /email_verification': {
    operationId: 'verifyEmail',
    summary:
      'Verify an email, or confirm a new one, with the token that was sent to it and, without a session, the password',
    fields: VERIFICATION,
    success: {
      status: 200,
      description:
        'The email is verified. A new one has replaced the old one, and all sessions have ended. ' +
        'A repeated request gets the same answer',
      body: object({ email: ADDRESS, message: always('email verified') }),
    },
    refusals: {
      ...WITH_FIELDS,
      400: `${BAD_INPUT}; or another account has the email by now`,
      403: `The token is wrong, used, expired or no longer valid, the password is wrong, or ${CROSS_SITE}`,
      429: TOO_MANY,
    },
  },
  'PUT /email': {
    operationId: 'changeEmail',
    summary: 'Request a token that changes the email',
    session: true,
    fields: EMAIL_CHANGE,
    success: {
      status: 200,
      description:
        'Delivery `email`, by the setting or the field: the token is mailed to the new email. ' +
        'Delivery `response`: it is in the answer. ' +
        'A newer request replaces an earlier one. The own email calls off a change that waits for its confirmation',
      body: {
        oneOf: [
          object({ email: ECHO, message: always(EMAIL_CHANGES) }),
          object({ email: ECHO, message: always(EMAIL_STAYS) }),
          object({ email: ECHO, message: always(EMAIL_CHANGES), token: TEXT }),
        ],
      },
    },
    refusals: {
      ...WITH_FIELDS,
      ...CONTENDED,
      400: `${BAD_INPUT}; or the email is the own one and no change waits; or, with delivery \`response\`, the email already has an account`,
      403: `${NO_SESSION}, a wrong password, or ${CROSS_SITE}`,
      429: TOO_MANY,
    },
  },
} as const satisfies Record<string, Operation>;

/** A method and a path, such as `POST /users`. */
export type Route = keyof typeof API;

export type OperationId<R extends Route> = (typeof API)[R]['operationId'];

/** What a client passes: the fields of the body and the values in the path. */
export type Input<R extends Route> = InputOf<R, 'fields'> & InputOf<R, 'parameters'>;

type InputOf<R extends Route, Key extends 'fields' | 'parameters'> =
  (typeof API)[R] extends Record<Key, infer Each> ? Values<Each> : unknown;

type SuccessOf<R extends Route> = (typeof API)[R]['success'];

export type SuccessStatus<R extends Route> = SuccessOf<R>['status'];

/** The body of a success; unknown if it has none. */
export type Body<R extends Route> = SuccessOf<R> extends { body: infer S } ? TypeOf<S> : unknown;

export type RefusalStatus<R extends Route> = keyof (typeof API)[R]['refusals'] & number;
