import { parseCookie, stringifySetCookie } from 'cookie';
import type { Request } from './endpoint.ts';

const SESSION_COOKIE = 'session_id';

/** The session id in the request's cookie, as it was sent; undefined if there is none. */
export function readSessionId({
  cookies,
  headers,
}: Pick<Request, 'cookies' | 'headers'>): string | undefined {
  // API Gateway moves the Cookie header into `cookies`; the emulator may leave it where it is.
  const header = [...((cookies as string[] | null | undefined) ?? []), headers['cookie'] ?? ''];
  return parseCookie(header.join('; '))[SESSION_COOKIE];
}

export interface CookieSettings {
  cookieSecure: boolean;
  sessionAbsoluteSeconds: number;
}

/** A Set-Cookie value. Without a session id it clears the cookie. */
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
