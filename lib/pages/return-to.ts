import { isListed, isLocal, isOurs, type OriginSettings } from '../http/origin.ts';

/** A URL that is spelt longer makes the links of the page too long for API Gateway. */
const MAX_LENGTH = 2000;

/**
 * Reads where the user goes after signing in: a page of this API or of a listed origin, over HTTPS or on
 * the same machine. Anything else could be the page of an attacker who sent the user the link.
 *
 * @param value an absolute URL, or a path of this API
 * @param host the header `Host`
 * @returns the URL as browsers spell it; undefined if nobody may be sent there
 */
export function readReturnTo(
  value: string | null,
  host: string | undefined,
  settings: OriginSettings,
): string | undefined {
  if (!value || host === undefined) return undefined;
  const own = `${settings.cookieSecure ? 'https' : 'http'}://${host}`;
  if (!URL.canParse(value, own)) return undefined;
  const url = new URL(value, own);
  const { allowedOrigins, cookieSecure } = settings;
  const isAllowed = isListed(url.origin, allowedOrigins) || isOurs(url.origin, host, cookieSecure);
  return isAllowed && isSafe(url) && url.href.length <= MAX_LENGTH ? url.href : undefined;
}

/** Whether a page may link there: over HTTPS or on the same machine, and without a user name. */
export function isSafe(url: URL): boolean {
  const isPrivate = url.protocol === 'https:' || (url.protocol === 'http:' && isLocal(url));
  return isPrivate && url.username === '' && url.password === '';
}
