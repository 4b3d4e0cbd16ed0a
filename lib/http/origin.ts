/** Decides which web pages may make a browser send a request. Other clients are not affected. */

const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS'];

/** The hosts that `localhost` stands for in a list of origins, at any port. */
const LOCAL_HOSTS = ['localhost', '127.0.0.1', '[::1]'];

export interface OriginSettings {
  /** See lib/config.ts. */
  allowedOrigins: readonly string[];
}

/**
 * Whether a browser sends this request for a page that is neither ours nor listed, and the request may
 * change something. A login counts: the user would act in somebody else's account.
 * https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html
 *
 * @param headers by their names in lower case
 */
export function isCrossSite(
  method: string,
  headers: Readonly<Record<string, string | undefined>>,
  { allowedOrigins }: OriginSettings,
): boolean {
  if (SAFE_METHODS.includes(method)) return false;
  const { host, origin, 'sec-fetch-site': site } = headers;
  if (origin !== undefined) return !isOurs(origin, host) && !isListed(origin, allowedOrigins);
  // Browsers leave `Origin` out of some navigations. `none`: the user made the request directly.
  return site !== undefined && site !== 'same-origin' && site !== 'none';
}

export function isListed(origin: string, allowedOrigins: readonly string[]): boolean {
  if (!isOrigin(origin)) return false;
  const isLocal = LOCAL_HOSTS.includes(new URL(origin).hostname);
  return allowedOrigins.includes(origin) || (isLocal && allowedOrigins.includes('localhost'));
}

/** Schemes are not compared: the deployed API has HTTPS only, the emulator HTTP only. */
function isOurs(origin: string, host: string | undefined): boolean {
  return isOrigin(origin) && new URL(origin).host === host?.toLowerCase();
}

/** Whether a value is one web origin as browsers spell it: not `null`, several, or a pattern. */
export function isOrigin(value: string): boolean {
  return /^https?:\/\/[^*]+$/.test(value) && URL.canParse(value) && new URL(value).origin === value;
}
