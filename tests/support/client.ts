/**
 * The service as its clients see it: sends requests to the handler of each route, receives answers, and
 * performs a client's usual steps. The expected answers are the contract, so they are written out here
 * and not imported from lib/.
 */
import { expect } from 'vitest';
import { handler as authorizer } from '../../handlers/authorize.ts';
import { handler as changeEmail } from '../../handlers/change-email.ts';
import { handler as changePassword } from '../../handlers/change-password.ts';
import { handler as deleteUser } from '../../handlers/delete-user.ts';
import { handler as endAllSessions } from '../../handlers/end-all-sessions.ts';
import { handler as endOtherSessions } from '../../handlers/end-other-sessions.ts';
import { handler as endSession } from '../../handlers/end-session.ts';
import { handler as getProfile } from '../../handlers/get-profile.ts';
import { handler as index } from '../../handlers/index.ts';
import { handler as listSessions } from '../../handlers/list-sessions.ts';
import { handler as login } from '../../handlers/login.ts';
import { handler as logout } from '../../handlers/logout.ts';
import { handler as notFound } from '../../handlers/not-found.ts';
import { handler as registerUser } from '../../handlers/register-user.ts';
import { handler as requestEmailVerification } from '../../handlers/request-email-verification.ts';
import { handler as requestPasswordReset } from '../../handlers/request-password-reset.ts';
import { handler as updatePassword } from '../../handlers/update-password.ts';
import { handler as verifyEmail } from '../../handlers/verify-email.ts';
import type { Answer } from '../../lib/http/answer.ts';
import type { Request } from '../../lib/http/endpoint.ts';
import { authorizerEvent, event, type EventParts } from './events.ts';
import { newEmail } from './library.ts';
import { expectDocumented } from './openapi.ts';

const HANDLERS = {
  $default: notFound,
  'GET /': index,
  'POST /users': registerUser,
  'POST /sessions': login,
  'GET /sessions': listSessions,
  'DELETE /sessions': logout,
  'DELETE /sessions/{id}': endSession,
  'DELETE /sessions/others': endOtherSessions,
  'DELETE /sessions/all': endAllSessions,
  'GET /profile': getProfile,
  'DELETE /profile': deleteUser,
  'POST /profile/deletion': deleteUser,
  'PUT /password': changePassword,
  'POST /reset_password': requestPasswordReset,
  'PUT /reset_password': updatePassword,
  'POST /email_verification': requestEmailVerification,
  'PUT /email_verification': verifyEmail,
  'PUT /email': changeEmail,
};

export type Route = keyof typeof HANDLERS;

/** A complete answer. */
export interface Received {
  status: number | undefined;
  /** All but `x-request-id`, which differs in every answer. */
  headers: Answer['headers'];
  /** The Set-Cookie lines. */
  cookies: string[] | undefined;
  /** The parsed body; '' if the answer has an empty one. */
  body: unknown;
}

/** Makes the SDK read its settings: it reads some of them only at the first call. */
export async function warmUp(): Promise<void> {
  await withSession('GET /profile', 'none');
}

export async function request(route: Route, parts: EventParts = {}): Promise<Received> {
  return send(event(route, parts));
}

export async function send(sent: Request): Promise<Received> {
  const { statusCode, headers, cookies, body, ...others } =
    await HANDLERS[sent.routeKey as Route](sent);
  const { 'x-request-id': requestId, ...constantHeaders } = headers ?? {};
  expect(requestId).toBe(sent.requestContext.requestId);
  // An answer has no other field: `isBase64Encoded`, for example, would change the body.
  expect(others).toEqual({});
  const received = {
    status: statusCode,
    headers: constantHeaders,
    cookies,
    body: body && (JSON.parse(body) as unknown),
  };
  if (sent.routeKey !== '$default') {
    const lines = new Headers(constantHeaders as Record<string, string>);
    for (const cookie of cookies ?? []) lines.append('set-cookie', cookie);
    expectDocumented(sent.routeKey, { ...received, headers: lines });
  }
  return received;
}

const SECURITY_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-site',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=63072000; includeSubDomains',
  'x-content-type-options': 'nosniff',
};

/** Returns the exact answer where the contract says `<status> <body>`. */
export function answer(status: number, body: object, cookies: string[] = []): Received {
  const headers = { ...SECURITY_HEADERS, 'content-type': 'application/json' };
  return { status, headers, cookies, body };
}

/** Returns the exact answer of a refusal, with any code unless one is given. */
export function refusal(
  status: number,
  message: string,
  code = expect.stringMatching(/^[a-z_]+$/) as string,
): Received {
  return answer(status, { message, code });
}

/** Returns the exact answer, with status 200, of a request that ended its own session. */
export function farewell(body: object): Received {
  return answer(200, body, ['session_id=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax']);
}

/** Returns the exact answer where the contract says that a route redirects: at logout. */
export function redirect(location: string, cookies: string[]): Received {
  const headers = { ...SECURITY_HEADERS, location };
  return { status: 302, headers, cookies, body: '' };
}

/** Returns the exact answer without content. */
export function noContent(): Received {
  return { status: 204, headers: SECURITY_HEADERS, cookies: undefined, body: undefined };
}

/** Matches a short sentence in plain words: no stack, markup, position in a file or list of names. */
const SENTENCE = /^[A-Za-z][A-Za-z0-9 _,'/-]{5,79}$/;

/**
 * Expects the answer `<status> {"message","code"}`, where the message is a short sentence.
 *
 * @param says a pattern that the message matches, such as the name of the field
 */
export function expectRefusal(received: Received, status: number, says = /./): void {
  expect(received).toStrictEqual(refusal(status, expect.stringMatching(SENTENCE) as string));
  expect((received.body as { message: string }).message).toMatch(says);
}

/** The two ways to send fields. Every route accepts both. */
export const ENCODINGS = ['form', 'json'] as const;

export type Encoding = (typeof ENCODINGS)[number];

export function encode(encoding: Encoding, fields: Record<string, string>): EventParts {
  return encoding === 'form' ? { form: fields } : { json: fields };
}

export interface Credentials {
  email: string;
  password: string;
}

/** Registers a user, with a new address unless one is given. */
export async function register(credentials: Partial<Credentials> = {}): Promise<Credentials> {
  const user = { email: newEmail(), password: 'pwd', ...credentials };
  expect((await request('POST /users', { form: { ...user } })).status).toBe(200);
  return user;
}

/** Logs in.
 *
 * @returns the session id in the cookie */
export async function logIn({ email, password }: Credentials): Promise<string> {
  const received = await request('POST /sessions', { form: { email, password } });
  expect(received.status).toBe(200);
  return sessionOf(received);
}

export async function canLogIn({ email, password }: Credentials): Promise<boolean> {
  const { status } = await request('POST /sessions', { form: { email, password } });
  expect([200, 401]).toContain(status);
  return status === 200;
}

/** Requests a reset token.
 *
 * @returns the reset token */
export async function askForToken({ email }: Pick<Credentials, 'email'>): Promise<string> {
  const { status, body } = await request('POST /reset_password', { form: { email } });
  expect(status).toBe(200);
  return (body as { reset_token: string }).reset_token;
}

/** Returns the session id in the cookie that an answer sets. */
export function sessionOf({ cookies }: Received): string {
  return cookies?.[0]?.match(/^session_id=([^;]+);/)?.[1] ?? expect.fail('no session cookie');
}

/** Requests a token that verifies the address.
 *
 * @returns the token */
export async function askForVerification({ email }: Pick<Credentials, 'email'>): Promise<string> {
  const { status, body } = await request('POST /email_verification', { form: { email } });
  expect(status).toBe(200);
  return (body as { token: string }).token;
}

/** Requests a token that changes the address of the session's user.
 *
 * @returns the token */
export async function askForEmailChange(
  session_id: string,
  password: string,
  email: string,
): Promise<string> {
  const { status, body } = await request('PUT /email', {
    form: { password, email },
    cookies: [`session_id=${session_id}`],
  });
  expect(status).toBe(200);
  return (body as { token: string }).token;
}

/**
 * Redeems a token of an email.
 *
 * @param password of the user; by default, the one that `register` gives
 */
export function redeemEmailToken(token: string, password = 'pwd'): Promise<Received> {
  return request('PUT /email_verification', { form: { token, password } });
}

/** Sends a request with the cookie of the session. */
export function withSession(route: Route, session_id: string): Promise<Received> {
  return request(route, { cookies: [`session_id=${session_id}`] });
}

/** Returns what the authorizer of another API decides about a request with the cookie of the session. */
export function authorize(session_id: string) {
  const cookies = [`session_id=${session_id}`];
  return authorizer(authorizerEvent('GET /orders', { cookies }));
}

export async function isLive(session_id: string): Promise<boolean> {
  const { status } = await withSession('GET /profile', session_id);
  expect([200, 403]).toContain(status);
  return status === 200;
}
