/** Decides which web pages may make a browser send a request. Other clients are not affected. */
import { bad, valueOf, type Env } from '../core/env.ts';
import { logEvent } from '../core/log.ts';

const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS'];

/** The hosts that `localhost` stands for in a list of origins, at any port. */
const LOCAL_HOSTS = ['localhost', '127.0.0.1', '[::1]'];

export interface OriginSettings {
  /** See lib/config.ts. */
  allowedOrigins: readonly string[];
  cookieSecure: boolean;
}

type Headers = Readonly<Record<string, string | undefined>>;

/**
 * Whether a browser sends this request for a page that is neither ours nor listed, and the request may
 * change something. A login counts: the user would act in somebody else's account.
 * https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html
 *
 * @param headers by their names in lower case
 */
export function isCrossSite(
  method: string,
  headers: Headers,
  { allowedOrigins, cookieSecure }: OriginSettings,
): boolean {
  if (SAFE_METHODS.includes(method)) return false;
  const { host, origin, 'sec-fetch-site': site } = headers;
  if (origin !== undefined && isListed(origin, allowedOrigins)) return false;
  // The browser knows best: it compares schemes, and says so for a page that hides its origin (`null`).
  // `none`: the user made the request directly.
  if (site !== undefined) return site !== 'same-origin' && site !== 'none';
  return origin !== undefined && !isOurs(origin, host, cookieSecure);
}

/** A longer origin is not logged: a client can send any number of characters. */
const MAX_LOGGED = 100;

/** Logs a request that isCrossSite refuses. Of what the client sent, only an origin is logged. */
export function logCrossSite({ origin }: Headers): void {
  logEvent('malicious_cors', {
    reason: 'The page is not of this API, and the setting allowedOrigins does not list its origin',
    ...(origin !== undefined && origin.length <= MAX_LOGGED && isOrigin(origin) && { origin }),
  });
}

export function isListed(origin: string, allowedOrigins: readonly string[]): boolean {
  if (!isOrigin(origin)) return false;
  const isAllowed = allowedOrigins.includes('localhost') && isLocal(new URL(origin));
  return allowedOrigins.includes(origin) || isAllowed;
}

/** Whether a URL is on the same machine as the browser. */
export function isLocal({ hostname }: Pick<URL, 'hostname'>): boolean {
  return LOCAL_HOSTS.includes(hostname);
}

/**
 * Whether a page of that origin is one of this API. Where cookies are `Secure`, the API has HTTPS only. Elsewhere the
 * scheme cannot be known.
 */
export function isOurs(origin: string, host: string | undefined, cookieSecure: boolean): boolean {
  if (host === undefined || !isOrigin(origin)) return false;
  const url = new URL(origin);
  if (cookieSecure && url.protocol !== 'https:') return false;
  // Browsers leave the default port out of an origin; clients may send it in `Host`.
  const defaultPort = url.protocol === 'https:' ? /:443$/ : /:80$/;
  return url.host === host.toLowerCase().replace(defaultPort, '');
}

/** Whether a value is one web origin as browsers spell it: not `null`, several, or a pattern. */
function isOrigin(value: string): boolean {
  return /^https?:\/\/[^*]+$/.test(value) && URL.canParse(value) && new URL(value).origin === value;
}

/** Reads a setting that is a list of origins, separated by commas. An empty variable is an empty list. */
export function origins(env: Env, name: string): string[] {
  const right = 'a list of origins such as https://app.example.com, or localhost';
  if (env.variables[name] === undefined) return bad(env, name, right, []);
  const each = valueOf(env, name)
    .split(',')
    .map((part) => part.trim());
  const listed = each.filter((part) => part !== '');
  if (listed.every((part) => part === 'localhost' || isOrigin(part))) return listed;
  return bad(env, name, right, []);
}
