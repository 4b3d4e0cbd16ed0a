import { parseCookie, stringifySetCookie } from 'cookie';
import type { Request } from './endpoint.ts';

/**
 * The names that the session cookie can have. Browsers accept the second one only over HTTPS and from
 * the host itself: no other host of the domain can set it (OWASP ASVS 5.0, 3.3.1).
 */
export const COOKIE_NAMES = ['session_id', '__Host-session_id'] as const;

export type CookieName = (typeof COOKIE_NAMES)[number];

export interface CookieSettings {
  /** Gives the cookie the attribute `Secure`: browsers then send it over HTTPS only. */
  cookieSecure: boolean;
  /** The cookie is set under the first name, and read under each. */
  sessionCookies: readonly [CookieName, ...CookieName[]];
  sessionAbsoluteSeconds: number;
}

/**
 * The session ids in the request's cookies, as they were sent. A browser sends several if the cookie
 * was set for several paths or domains. It does not say which is which.
 */
export function readSessionIds(
  { cookies, headers }: Pick<Request, 'cookies' | 'headers'>,
  { sessionCookies }: Pick<CookieSettings, 'sessionCookies'>,
): string[] {
  // API Gateway moves the Cookie header into `cookies`; the emulator may leave it where it is.
  const header = [...((cookies as string[] | null | undefined) ?? []), headers['cookie'] ?? ''];
  // One by one, as the parser ignores a name that is repeated.
  const pairs = header
    .join(';')
    .split(';')
    .map((pair) => parseCookie(pair));
  return sessionCookies.flatMap((name) => pairs.flatMap((pair) => pair[name] ?? []));
}

/** The Set-Cookie line that gives the session id to the client. */
export function setCookies(settings: CookieSettings, session_id: string): string[] {
  const [name] = settings.sessionCookies;
  return [setCookie(settings, name, session_id, settings.sessionAbsoluteSeconds)];
}

/** The Set-Cookie lines that clear the cookie, under each name that is read. */
export function clearCookies(settings: CookieSettings): string[] {
  return settings.sessionCookies.map((name) => setCookie(settings, name, '', 0));
}

function setCookie(
  { cookieSecure }: CookieSettings,
  name: CookieName,
  value: string,
  maxAge: number,
): string {
  return stringifySetCookie({
    name,
    value,
    maxAge,
    httpOnly: true,
    sameSite: 'lax',
    path: '/',
    secure: cookieSecure,
  });
}
