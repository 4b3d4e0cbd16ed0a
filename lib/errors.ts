/**
 * Every way in which this service says no. A code is stable; its status is in http.ts.
 *
 * - `invalid_field`: a field, or an argument, is missing or malformed; the message names it
 * - `invalid_body`: the body is not what its content type says
 * - `body_too_large`, `unsupported_media_type`: see http.ts
 * - `email_taken`: another user has that address
 * - `wrong_credentials`: no such email, or not its password; which of the two is not told
 * - `account_disabled`: the right password of a user whom an operator keeps out
 * - `wrong_password`: not the password of the user who is logged in
 * - `session_not_found`: the user has no such session
 * - `email_not_verified`: that is the password, and login waits for the verification of the email
 * - `no_session`: no session id, or one that is unknown, ended or expired
 * - `user_not_found`: no user matches
 * - `bad_reset_token`: unknown, used, expired, superseded, or another user's
 * - `bad_email_token`: unknown, used or expired, or the email or the sessions have changed since
 * - `cross_site`: the request comes from a web page of another site
 * - `too_many_attempts`: too many passwords were tried, for that email or from that source
 * - `unavailable`: DynamoDB, or what sends mail, is out of reach or throttles; asking again later may work
 */
export type ErrorCode =
  | 'invalid_field'
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
  | 'cross_site'
  | 'too_many_attempts'
  | 'unavailable';

/** A refusal. `message` is a short sentence that holds no secret. */
export class AuthError extends Error {
  override readonly name = 'AuthError';
  readonly code: ErrorCode;
  /** When asking again may work; absent where that makes no difference. */
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
