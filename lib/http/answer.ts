import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { Body, Route, SuccessStatus } from '../api/contract.ts';
import { AuthError, FIELD_CODES, type ErrorCode } from '../core/errors.ts';
import { logError, logEvent } from '../core/log.ts';

/** The answer to a request. Its type says what the body, which is text, contains. */
export interface Answer<
  Status extends number = number,
  Content = unknown,
> extends APIGatewayProxyStructuredResultV2 {
  statusCode: Status;
  /** Exists for the compiler only. */
  readonly [CONTENT]?: Content;
}

declare const CONTENT: unique symbol;

/** A success of a route, as lib/api/contract.ts has it. */
export type Success<R extends Route> = R extends Route ? Answer<SuccessStatus<R>, Body<R>> : never;

const STATUS: Record<ErrorCode, number> = {
  invalid_field: 400,
  invalid_email: 400,
  password_too_short: 400,
  password_too_long: 400,
  password_too_common: 400,
  password_breached: 400,
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
  conflict: 409,
  not_found: 404,
  body_too_large: 413,
  unsupported_media_type: 415,
  too_many_attempts: 429,
  internal_error: 500,
  unavailable: 503,
};

/** Refusals that are logged here. The rules log the others, as they know more about them. */
const BAD_INPUT: readonly ErrorCode[] = [
  ...FIELD_CODES,
  'invalid_body',
  'email_taken',
  'body_too_large',
  'unsupported_media_type',
];

/** Headers of every answer (OWASP ASVS 5.0, 3.4 and 14.3.2): each answer is for one client only. */
const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-site',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=63072000; includeSubDomains',
  'x-content-type-options': 'nosniff',
};

export function json<const Status extends number, const Content extends object>(
  statusCode: Status,
  body: Content,
  cookies: string[] = [],
): Answer<Status, Content> {
  return {
    statusCode,
    headers: { ...HEADERS, 'content-type': 'application/json' },
    cookies,
    body: JSON.stringify(body),
  };
}

/** A page for people, whose Content-Security-Policy allows what is in it. */
export function page(statusCode: number, html: string, contentSecurityPolicy: string): Answer {
  const headers = {
    ...HEADERS,
    'content-security-policy': contentSecurityPolicy,
    'content-type': 'text/html; charset=utf-8',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
  };
  return { statusCode, headers, body: html };
}

/** 302, as the curriculum's clients expect, without a body. */
export function redirect(location: string, cookies: string[]): Answer<302> {
  return { statusCode: 302, headers: { ...HEADERS, location }, cookies, body: '' };
}

export function noContent(): Answer<204> {
  return { statusCode: 204, headers: HEADERS };
}

/**
 * The answer to a request that failed. Errors become answers here, and nowhere else.
 *
 * @param route such as `POST /users`
 */
export function refuse(error: unknown, route: string): Answer {
  if (!(error instanceof AuthError)) {
    logError('A request failed', error);
    return refusal('internal_error', 'Something went wrong');
  }
  const { code, retryAfterSeconds } = error;
  if (code === 'unavailable') logError('The service is not available', error);
  const reason = message(error);
  if (BAD_INPUT.includes(code)) logEvent('input_validation_fail', { reason });
  if (code === 'no_session') logEvent('authz_fail');
  const answer =
    code === 'email_taken' && route === 'POST /users'
      ? // The curriculum's contract has exactly this body.
        json(STATUS[code], { message: reason })
      : refusal(code, reason);
  return retryAfterSeconds === undefined
    ? answer
    : { ...answer, headers: { ...answer.headers, 'retry-after': String(retryAfterSeconds) } };
}

/** What a refusal says: a sentence for people, and a stable name for programs. */
function refusal(code: ErrorCode, message: string): Answer {
  return json(STATUS[code], { message, code });
}

function message(error: AuthError): string {
  // A caller of the library is told which user; the curriculum's clients expect this text.
  return error.code === 'email_taken' ? 'email already registered' : error.message;
}
