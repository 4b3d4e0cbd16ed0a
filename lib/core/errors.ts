/**
 * The reasons why this service refuses. A code is stable; lib/http/answer.ts has its status.
 *
 * - `invalid_field`: a field, or an argument, is missing or malformed; the message names it
 * - `invalid_email`, `password_too_short`, `password_too_long` (over 72 bytes), `password_too_common`
 *   (or easy to guess), `password_breached`: the same, for what a page says in the user's language
 * - `invalid_body`: the body does not match its content type
 * - `body_too_large`, `unsupported_media_type`: see lib/http/body.ts
 * - `email_taken`: another user has that address
 * - `wrong_credentials`: the email is unknown or the password is wrong; it does not say which
 * - `account_disabled`: the password is right, and an operator has disabled the user
 * - `wrong_password`: not the password of the user who is logged in
 * - `session_not_found`: the user has no such session
 * - `email_not_verified`: the password is right, and the email has to be verified before login
 * - `no_session`: no session id, or one that is unknown, ended or expired
 * - `user_not_found`: no user matches
 * - `bad_reset_token`: unknown, used, expired, superseded, or another user's
 * - `bad_email_token`: unknown, used or expired, or the email or the sessions have changed since
 * - `conflict`: other requests keep changing the same account
 * - `cross_site`: a web page of another site sent the request
 * - `too_many_attempts`: too many passwords were tried for that email or from that source, or sessions
 *   were ended too often
 * - `unavailable`: DynamoDB, or the service that sends mail, is out of reach or throttles
 *
 * Two are only in answers, and never thrown:
 * - `not_found`: there is no such route
 * - `internal_error`: something failed that nobody foresaw
 */
export type ErrorCode =
  | FieldCode
  | 'invalid_body'
  | 'body_too_large'
  | 'unsupported_media_type'
  | 'email_taken'
  | 'wrong_credentials'
  | 'account_disabled'
  | 'wrong_password'
  | 'session_not_found'
  | 'email_not_verified'
  | 'no_session'
  | 'user_not_found'
  | 'bad_reset_token'
  | 'bad_email_token'
  | 'conflict'
  | 'cross_site'
  | 'too_many_attempts'
  | 'unavailable'
  | 'not_found'
  | 'internal_error';

/** The codes of refusals that are about one field. */
export const FIELD_CODES = [
  'invalid_field',
  'invalid_email',
  'password_too_short',
  'password_too_long',
  'password_too_common',
  'password_breached',
] as const;

export type FieldCode = (typeof FIELD_CODES)[number];

/** A refusal. `message` is a short sentence without secrets. */
export class AuthError extends Error {
  override readonly name = 'AuthError';
  readonly code: ErrorCode;
  /** Seconds to wait before retrying; undefined if waiting makes no difference. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    { retryAfterSeconds, ...options }: ErrorOptions & { retryAfterSeconds?: number } = {},
  ) {
    super(message, options);
    this.code = code;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** @param why follows the field's name: `is missing` */
export function invalidField(
  field: string,
  why: string,
  code: FieldCode = 'invalid_field',
): AuthError {
  return new AuthError(code, `${field} ${why}`);
}

/** Whether something thrown is a refusal of a field or an argument. */
export function isBadField(error: unknown): error is AuthError {
  return error instanceof AuthError && FIELD_CODES.some((code) => code === error.code);
}

/** Whether something thrown is a refusal with that code. */
export function isRefusal(error: unknown, code: ErrorCode): boolean {
  return error instanceof AuthError && error.code === code;
}
