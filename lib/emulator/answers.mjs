import { stringifySetCookie } from 'cookie';

/**
 * What is used of hapi, the server in serverless-offline. https://hapi.dev/api
 *
 * @typedef {object} Server
 * @property {{ format: (cookies: Cookie[]) => string[] | Promise<string[]> }} states
 * @property {(event: 'onPreResponse', method: (request: HapiRequest, h: Toolkit) => unknown) => void} ext
 *
 * @typedef {{ ttl?: number, path?: string, domain?: string, isHttpOnly?: boolean,
 *   isSameSite?: string | false, isSecure?: boolean }} CookieOptions in hapi's words
 * @typedef {{ name: string, value: string, options: CookieOptions }} Cookie
 * @typedef {{ isBoom?: boolean, source?: unknown, charset?: (name: string) => void }} Response
 * @typedef {{ response: Response }} HapiRequest
 * @typedef {{ code: (status: number) => Reply, charset: (name: string) => Reply }} Reply
 * @typedef {{ continue: symbol, response: (value: unknown) => Reply }} Toolkit
 */

/**
 * Makes answers what API Gateway makes of them, where serverless-offline and hapi differ.
 *
 * @param {Server} server
 */
export function answerLikeApiGateway(server) {
  // A cookie as lib/http.ts wrote it: hapi took it to pieces, and would add an `Expires`.
  server.states.format = (cookies) =>
    cookies.map(({ name, value, options: { ttl, path, domain, isSameSite, ...flags } }) =>
      stringifySetCookie(
        {
          name,
          value,
          ...(ttl !== undefined && { maxAge: ttl / 1000 }),
          ...(path !== undefined && { path }),
          ...(domain !== undefined && { domain }),
          ...(isSameSite && { sameSite: sameSite(isSameSite) }),
          httpOnly: flags.isHttpOnly === true,
          secure: flags.isSecure === true,
        },
        { encode: String },
      ),
    );
  server.ext('onPreResponse', ({ response }, h) => {
    // A function that fails or runs out of time: serverless-offline answers 200 and the stack.
    if (typeof response.source === 'string' && response.source.startsWith('{"errorMessage":')) {
      return h.response({ message: 'Internal Server Error' }).code(500).charset('');
    }
    // hapi would add `; charset=utf-8` to the content type.
    response.charset?.('');
    return h.continue;
  });
}

/** @param {string} value */
function sameSite(value) {
  const lower = value.toLowerCase();
  return lower === 'strict' || lower === 'none' ? lower : 'lax';
}
