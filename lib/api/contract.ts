/**
 * The contract, route by route: what is taken, what is answered. The functions' answers and the
 * client are held to it by their types; the OpenAPI document is made of it (openapi.ts), and the
 * tests hold every answer to that.
 *
 * No function has it in its bundle: they import its types alone, and the fields of fields.ts.
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
} from './fields.ts';

/** JSON Schema (2020-12), as far as it is needed here. */
export type Schema =
  | { readonly type: 'string'; readonly const: string }
  | { readonly oneOf: readonly Schema[] }
  | { readonly type: 'array'; readonly items: Schema }
  | {
      readonly type: 'object';
      readonly properties: Readonly<Record<string, Schema>>;
      /** All of them, in `object` below. */
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

/** The type of what a schema describes. */
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

/** What a client can ask for. */
export interface Operation {
  /** The name of the function in serverless.yml, and of the client's method. */
  readonly operationId: string;
  readonly summary: string;
  /** Whether it takes the cookie of a session. */
  readonly session?: true;
  /** What stands in the path between braces. */
  readonly parameters?: Fields;
  /** Of the body. */
  readonly fields?: Fields;
  readonly success: {
    readonly status: 200 | 302;
    readonly description: string;
    /** Absent: there is none. */
    readonly body?: Schema;
    /** Beside those of every answer; all of these are there. */
    readonly headers?: Readonly<Record<string, Schema>>;
  };
  /** By the status: when. The body is `{"message"}`. */
  readonly refusals: Readonly<Record<number, string>>;
}

function always<const Text extends string>(text: Text) {
  return { type: 'string', const: text } as const;
}

function object<const Properties extends Readonly<Record<string, Schema>>>(properties: Properties) {
  const required = Object.keys(properties);
  return { type: 'object', properties, required, additionalProperties: false } as const;
}

/** The email as it was sent, and a message that is always the same. */
function emailAnd<const Message extends string>(message: Message) {
  return object({ email: ECHO, message: always(message) });
}

const TEXT = { type: 'string' } as const;
const TIME = { type: 'string', format: 'date-time' } as const;
const ECHO = { type: 'string', description: 'As it was sent' } as const;
const ADDRESS = { type: 'string', description: 'As it is stored: one spelling' } as const;

const SET_COOKIE = {
  'set-cookie': {
    type: 'string',
    description: 'The cookie `session_id` of a new session',
    pattern: '^session_id=[^;]+; Max-Age=[1-9]',
  },
} as const;

/** Of what ends the session that asks. */
const FORGET = {
  'set-cookie': {
    type: 'string',
    description: 'Clears the cookie `session_id`',
    pattern: '^session_id=; Max-Age=0; ',
  },
  'clear-site-data': always('"cache", "storage"'),
} as const;

/** A refusal, whatever is refused. */
export const REFUSAL = object({ message: { ...TEXT, description: 'A short sentence' } });

/** Refusals that any route may give, some of them API Gateway by itself. */
const ANY = {
  429: 'There are too many requests',
  500: 'Something went wrong',
  503: 'DynamoDB, or what sends mail, is out of reach',
} as const;

const CROSS_SITE = 'A page of another site sends it';
const NO_SESSION = 'There is no session, or it has ended';
const BAD_INPUT = 'A field is missing, repeated, empty or malformed, or the body is; it is named';

const EMAIL_CHANGES = 'The email changes once the new address has confirmed it';

/** Of what may change something. */
const UNSAFE = { ...ANY, 403: CROSS_SITE } as const;

/** Of what takes fields. */
const WITH_FIELDS = {
  ...UNSAFE,
  400: BAD_INPUT,
  413: 'The body is over 8 kB',
  415: 'The body is neither a form nor JSON',
} as const;

/** Of what takes a password, too, which counts as an attempt to log in. */
const TOO_MANY = 'There are too many requests, or too many passwords were tried';

export const API = {
  'GET /': {
    operationId: 'index',
    summary: 'Is anybody there?',
    success: {
      status: 200,
      description: 'Always',
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
      description: 'The account is there',
      body: emailAnd('user created'),
    },
    refusals: { ...WITH_FIELDS, 400: `${BAD_INPUT}; or the email has an account` },
  },
  'POST /sessions': {
    operationId: 'login',
    summary: 'Log in',
    fields: LOGIN,
    success: {
      status: 200,
      description: 'There is a session, and its cookie',
      body: emailAnd('logged in'),
      headers: SET_COOKIE,
    },
    refusals: {
      ...WITH_FIELDS,
      401: 'The email is not known, or the password is wrong: the same for both',
      403: `The password is right, and the user disabled or the email to be verified; or ${CROSS_SITE}`,
      429: TOO_MANY,
    },
  },
  'GET /sessions': {
    operationId: 'listSessions',
    summary: "List the user's sessions",
    session: true,
    success: {
      status: 200,
      description: 'Those that are alive, the newest first',
      body: object({
        sessions: {
          type: 'array',
          items: object({
            id: { ...TEXT, description: 'For ending it; not the one in the cookie' },
            created_at: TIME,
            last_seen_at: { ...TIME, description: 'To the hour' },
            expires_at: TIME,
            user_agent: {
              type: ['string', 'null'],
              description: 'Of the client that logged in; null where it is not known',
            },
            ip: { type: ['string', 'null'], description: 'The same' },
            current: { type: 'boolean', description: 'Whether it is the one that asks' },
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
    refusals: { ...UNSAFE, 403: `${NO_SESSION}; or ${CROSS_SITE}` },
  },
  'DELETE /sessions/{id}': {
    operationId: 'endSession',
    summary: 'End one session',
    session: true,
    parameters: {
      id: { type: 'string', minLength: 1, description: 'As GET /sessions gives it' },
    },
    success: {
      status: 200,
      description: 'It has ended',
      body: object({ message: always('session ended') }),
    },
    refusals: {
      ...UNSAFE,
      403: `${NO_SESSION}; or ${CROSS_SITE}`,
      404: 'The user has no such session',
    },
  },
  'DELETE /sessions/others': {
    operationId: 'endOtherSessions',
    summary: 'End every session but this one',
    session: true,
    success: {
      status: 200,
      description: 'They have ended',
      body: object({ message: always('other sessions ended') }),
    },
    refusals: { ...UNSAFE, 403: `${NO_SESSION}; or ${CROSS_SITE}` },
  },
  'DELETE /sessions/all': {
    operationId: 'endAllSessions',
    summary: 'End every session',
    session: true,
    success: {
      status: 200,
      description: 'They have ended, this one too',
      body: object({ message: always('all sessions ended') }),
      headers: FORGET,
    },
    refusals: { ...UNSAFE, 403: `${NO_SESSION}; or ${CROSS_SITE}` },
  },
  'GET /profile': {
    operationId: 'getProfile',
    summary: 'Who is logged in?',
    session: true,
    success: { status: 200, description: 'The user', body: object({ email: ADDRESS }) },
    refusals: { ...ANY, 403: NO_SESSION },
  },
  'DELETE /profile': {
    operationId: 'deleteUser',
    summary: 'Delete the account',
    session: true,
    fields: CONFIRMATION,
    success: {
      status: 200,
      description: 'The account is gone, its sessions with it',
      body: object({ email: ADDRESS, message: always('user deleted') }),
      headers: FORGET,
    },
    refusals: {
      ...WITH_FIELDS,
      403: `${NO_SESSION}; or the password is wrong; or ${CROSS_SITE}`,
      429: TOO_MANY,
    },
  },
  'PUT /password': {
    operationId: 'changePassword',
    summary: 'Change the password',
    session: true,
    fields: PASSWORD_CHANGE,
    success: {
      status: 200,
      description: 'Every session has ended, and there is a new one',
      body: object({ email: ADDRESS, message: always('Password updated') }),
      headers: SET_COOKIE,
    },
    refusals: {
      ...WITH_FIELDS,
      403: `${NO_SESSION}; or the password is wrong; or ${CROSS_SITE}`,
      429: TOO_MANY,
    },
  },
  'POST /reset_password': {
    operationId: 'requestPasswordReset',
    summary: 'Ask for a reset token',
    fields: RESET_REQUEST,
    success: {
      status: 200,
      description: 'By the delivery: what is mailed if the email has an account, or the token',
      body: {
        oneOf: [object({ email: ECHO, message: TEXT }), object({ email: ECHO, reset_token: TEXT })],
      },
    },
    refusals: {
      ...WITH_FIELDS,
      403: `The token would be in the answer, and the email is not known; or ${CROSS_SITE}`,
    },
  },
  'PUT /reset_password': {
    operationId: 'updatePassword',
    summary: 'Set a new password with a reset token',
    fields: RESET,
    success: {
      status: 200,
      description: 'Every session of the user has ended',
      body: emailAnd('Password updated'),
    },
    refusals: {
      ...WITH_FIELDS,
      403: `The token is wrong, used, expired, superseded or another's; or ${CROSS_SITE}`,
    },
  },
  'POST /email_verification': {
    operationId: 'requestEmailVerification',
    summary: 'Ask for a token that verifies an email',
    fields: VERIFICATION_REQUEST,
    success: {
      status: 200,
      description: 'By the delivery: what is mailed if the email has an account, or the token',
      body: {
        oneOf: [object({ email: ECHO, message: TEXT }), object({ email: ECHO, token: TEXT })],
      },
    },
    refusals: {
      ...WITH_FIELDS,
      403: `The token would be in the answer, and the email is not known; or ${CROSS_SITE}`,
    },
  },
  'PUT /email_verification': {
    operationId: 'verifyEmail',
    summary: 'Verify an email, or change to it, with a token that was sent there',
    fields: VERIFICATION,
    success: {
      status: 200,
      description: "The email is the user's, and verified; a change has ended every session",
      body: object({ email: ADDRESS, message: always('email verified') }),
    },
    refusals: {
      ...WITH_FIELDS,
      400: `${BAD_INPUT}; or the email has another account meanwhile`,
      403: `The token is wrong, used, expired or overtaken; or ${CROSS_SITE}`,
    },
  },
  'PUT /email': {
    operationId: 'changeEmail',
    summary: 'Ask for a token that changes the email',
    session: true,
    fields: EMAIL_CHANGE,
    success: {
      status: 200,
      description: 'By the delivery, the token is mailed to the new email, or in the answer',
      body: {
        oneOf: [
          object({ email: ECHO, message: always(EMAIL_CHANGES) }),
          object({ email: ECHO, message: always(EMAIL_CHANGES), token: TEXT }),
        ],
      },
    },
    refusals: {
      ...WITH_FIELDS,
      400: `${BAD_INPUT}; or the token would be in the answer, and the email has an account`,
      403: `${NO_SESSION}; or the password is wrong; or ${CROSS_SITE}`,
      429: TOO_MANY,
    },
  },
} as const satisfies Record<string, Operation>;

/** Such as `POST /users`. */
export type Route = keyof typeof API;

export type OperationId<R extends Route> = (typeof API)[R]['operationId'];

/** What a client gives: the fields of the body, and what stands in the path. */
export type Input<R extends Route> = Values<R, 'fields'> & Values<R, 'parameters'>;

type Values<R extends Route, Key extends 'fields' | 'parameters'> =
  (typeof API)[R] extends Record<Key, infer Each> ? { [Name in keyof Each]: string } : unknown;

type SuccessOf<R extends Route> = (typeof API)[R]['success'];

export type SuccessStatus<R extends Route> = SuccessOf<R>['status'];

/** Of a success; unknown where it has none. */
export type Body<R extends Route> = SuccessOf<R> extends { body: infer S } ? TypeOf<S> : unknown;

export type RefusalStatus<R extends Route> = keyof (typeof API)[R]['refusals'] & number;
