import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { parseCookie, stringifySetCookie } from 'cookie';
import type { Body, Route, SuccessStatus } from './api.ts';
import { AuthError, type ErrorCode } from './errors.ts';
import type { Field, Fields } from './fields.ts';
import { logError, logEvent, withContext } from './log.ts';
import { isCrossSite, type OriginSettings } from './origin.ts';
import type { Client } from './session.ts';

/**
 * What comes in: an API Gateway HTTP API event, payload format 2.0. The emulator gives null for
 * what API Gateway leaves out.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export type Request = APIGatewayProxyEventV2;

/** What goes out; its type says what is in the body, which is text. */
export interface Answer<
  Status extends number = number,
  Content = unknown,
> extends APIGatewayProxyStructuredResultV2 {
  statusCode: Status;
  /** Never there. */
  readonly [CONTENT]?: Content;
}

declare const CONTENT: unique symbol;

/** A success of that route, as api.ts has it. */
export type Success<R extends Route> = R extends Route ? Answer<SuccessStatus<R>, Body<R>> : never;

const MAX_BODY_BYTES = 8192;
const SESSION_COOKIE = 'session_id';

const STATUS: Record<ErrorCode, number> = {
  invalid_field: 400,
  invalid_body: 400,
  email_taken: 400,
  wrong_credentials: 401,
  account_disabled: 403,
  wrong_password: 403,
  email_not_verified: 403,
  no_session: 403,
  user_not_found: 403,
  bad_reset_token: 403,
  bad_email_token: 403,
  cross_site: 403,
  session_not_found: 404,
  body_too_large: 413,
  unsupported_media_type: 415,
  too_many_attempts: 429,
  unavailable: 503,
};

/** What is logged as such; the rules log the rest, as they know more about it. */
const BAD_INPUT: readonly ErrorCode[] = [
  'invalid_field',
  'invalid_body',
  'email_taken',
  'body_too_large',
  'unsupported_media_type',
];

/** On every answer (OWASP ASVS 5.0, 3.4 and 14.3.2): all of them are data for one client only. */
const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=63072000; includeSubDomains',
  'x-content-type-options': 'nosniff',
};

/**
 * What a browser forgets with its session (OWASP ASVS 5.0, 14.3.1). Not "cookies", which would be
 * those of the whole registrable domain, of other applications too: ours is cleared by its name.
 */
export const FORGET = { 'clear-site-data': '"cache", "storage"' };

export function json<const Status extends number, const Content extends object>(
  statusCode: Status,
  body: Content,
  cookies: string[] = [],
  headers: Record<string, string> = {},
): Answer<Status, Content> {
  return {
    statusCode,
    headers: { ...HEADERS, ...headers, 'content-type': 'application/json' },
    cookies,
    body: JSON.stringify(body),
  };
}

/** 302, which the clients of the curriculum wait for, and no body. */
export function redirect(
  location: string,
  cookies: string[],
  headers: Record<string, string>,
): Answer<302> {
  return { statusCode: 302, headers: { ...HEADERS, ...headers, location }, cookies, body: '' };
}

export function noContent(): Answer<204> {
  return { statusCode: 204, headers: HEADERS };
}

/**
 * Makes a Lambda handler of an endpoint: its errors become answers here, and nowhere else. Requests
 * of other sites' pages do not reach it, see origin.ts.
 *
 * Its route has to be named, for the compiler to see that it answers as api.ts says:
 * `endpoint<'POST /users'>(...)`.
 */
export function endpoint<R extends Route = never>(
  settings: OriginSettings,
  answer: (request: Request) => Promise<Success<R>>,
): (request: Request) => Promise<Answer> {
  return async (request) => {
    const { requestId, http } = request.requestContext;
    const context = { request_id: requestId, source_ip: http.sourceIp };
    return withContext(context, async () => {
      try {
        if (isCrossSite(http.method, request.headers, settings)) {
          throw new AuthError('cross_site', 'Requests from that site are not accepted');
        }
        return withRequestId(request, await answer(request));
      } catch (error) {
        return withRequestId(request, refuse(error));
      }
    });
  };
}

/** By the id in `x-request-id`, the log has what became of the request. */
export function withRequestId<A extends Answer>({ requestContext }: Request, answer: A): A {
  const headers = { ...answer.headers, 'x-request-id': requestContext.requestId };
  return { ...answer, headers };
}

function refuse(error: unknown): Answer {
  if (!(error instanceof AuthError)) {
    logError('A request failed', error);
    return json(500, { message: 'Something went wrong' });
  }
  const { code, retryAfterSeconds } = error;
  if (code === 'unavailable') logError('The service is not available', error);
  if (code === 'cross_site') logEvent('malicious_cors');
  const reason = message(error);
  if (BAD_INPUT.includes(code)) logEvent('input_validation_fail', { reason });
  if (code === 'no_session') logEvent('authz_fail');
  const answer = json(STATUS[code], { message: reason });
  return retryAfterSeconds === undefined
    ? answer
    : { ...answer, headers: { ...answer.headers, 'retry-after': String(retryAfterSeconds) } };
}

function message(error: AuthError): string {
  // The library's caller is told which user; the client of the curriculum waits for this.
  return error.code === 'email_taken' ? 'email already registered' : error.message;
}

/**
 * The fields of a body, form or JSON alike, as their schema (fields.ts) has them; others are ignored.
 *
 * @throws AuthError `invalid_field` when one is missing, repeated, empty, no string, or no
 *   well-formed Unicode; `invalid_body`; `body_too_large` over 8 kB; `unsupported_media_type`
 */
export function readFields<Schema extends Fields>(
  request: Request,
  schema: Schema,
): Record<keyof Schema, string> {
  const fields = parseBody(request);
  const read = ([name, { minLength }]: [string, Field]): [string, string] => {
    const [value, ...more] = fields.filter(([key]) => key === name).map(([, each]) => each);
    if (value === undefined) throw invalidField(name, 'is missing');
    if (more.length > 0) throw invalidField(name, 'is given more than once');
    if (typeof value !== 'string') throw invalidField(name, 'must be a string');
    if (value.length < minLength) throw invalidField(name, 'is empty');
    // U+FFFD is what decoding leaves of bytes that are not UTF-8: two values would become one.
    if (!value.isWellFormed() || value.includes('\uFFFD')) {
      throw invalidField(name, 'is not valid UTF-8');
    }
    return [name, value];
  };
  return Object.fromEntries(Object.entries(schema).map(read)) as Record<keyof Schema, string>;
}

function parseBody(request: Request): [string, unknown][] {
  const body = decodeBody(request);
  const [contentType = ''] = (request.headers['content-type'] ?? '').split(';');
  switch (contentType.trim().toLowerCase()) {
    case 'application/x-www-form-urlencoded':
      return [...new URLSearchParams(body)];
    case 'application/json':
      return parseJson(body);
    default:
      if (body === '') return [];
      throw new AuthError(
        'unsupported_media_type',
        'The body must be application/x-www-form-urlencoded or application/json',
      );
  }
}

function decodeBody({ body, isBase64Encoded }: Request): string {
  // Absent in API Gateway, null in the emulator, which gives the JSON `false` as just that.
  const sent = String((body as string | boolean | null | undefined) ?? '');
  // Before anything that takes longer the longer it is; base64 makes four characters of three bytes.
  if (sent.length > (isBase64Encoded ? 4 * Math.ceil(MAX_BODY_BYTES / 3) : MAX_BODY_BYTES)) {
    throw bodyTooLarge();
  }
  if (
    isBase64Encoded &&
    !/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(sent)
  ) {
    throw new AuthError('invalid_body', 'The body is not valid base64');
  }
  const bytes = Buffer.from(sent, isBase64Encoded ? 'base64' : 'utf8');
  if (bytes.length > MAX_BODY_BYTES) throw bodyTooLarge();
  return bytes.toString();
}

function bodyTooLarge(): AuthError {
  return new AuthError('body_too_large', 'The body must be at most 8 kB long');
}

function parseJson(body: string): [string, unknown][] {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw new AuthError('invalid_body', 'The body is not valid JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new AuthError('invalid_body', 'The body must be a JSON object');
  }
  const repeated = repeatedNames(body).map((name): [string, unknown] => [name, undefined]);
  return [...Object.entries(value), ...repeated];
}

/** The names that a JSON object, known to be valid, has more than once: JSON.parse drops all but the last. */
function repeatedNames(object: string): string[] {
  const seen = new Set<string>();
  const repeated: string[] = [];
  let depth = 0;
  for (const [token, string, colon] of object.matchAll(/("(?:[^"\\]|\\.)*")\s*(:)?|[{}[\]]/g)) {
    if (token === '{' || token === '[') depth++;
    else if (token === '}' || token === ']') depth--;
    else if (depth === 1 && string !== undefined && colon !== undefined) {
      const name = JSON.parse(string) as string;
      if (seen.has(name)) repeated.push(name);
      seen.add(name);
    }
  }
  return repeated;
}

/** The session id in the request's cookie, as it was sent; absent when there is none. */
export function readSessionId({
  cookies,
  headers,
}: Pick<Request, 'cookies' | 'headers'>): string | undefined {
  // API Gateway moves the Cookie header into `cookies`; the emulator may leave it where it is.
  const header = [...((cookies as string[] | null | undefined) ?? []), headers['cookie'] ?? ''];
  return parseCookie(header.join('; '))[SESSION_COOKIE];
}

/** Longer ones tell a user nothing more. */
const MAX_USER_AGENT_LENGTH = 256;

/** Who sends the request: the address is API Gateway's word, the rest the client's. */
export function clientOf({ headers, requestContext }: Request): Client {
  const user_agent = headers['user-agent']?.slice(0, MAX_USER_AGENT_LENGTH).toWellFormed();
  return { ip: requestContext.http.sourceIp, ...(user_agent && { user_agent }) };
}

export interface CookieSettings {
  cookieSecure: boolean;
  sessionAbsoluteSeconds: number;
}

/** A Set-Cookie value; without a session id, one that clears the cookie. */
export function sessionCookie(
  { cookieSecure, sessionAbsoluteSeconds }: CookieSettings,
  session_id?: string,
): string {
  return stringifySetCookie({
    name: SESSION_COOKIE,
    value: session_id ?? '',
    maxAge: session_id === undefined ? 0 : sessionAbsoluteSeconds,
    httpOnly: true,
    sameSite: 'lax',
    path: '/',
    secure: cookieSecure,
  });
}

function invalidField(name: string, why: string): AuthError {
  return new AuthError('invalid_field', `${name} ${why}`);
}
