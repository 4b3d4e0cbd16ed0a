import { stringifySetCookie } from 'cookie';
import { CORS } from '../deploy/cors.mjs';

/**
 * The part of hapi, the server in serverless-offline, that is used here. https://hapi.dev/api
 *
 * @typedef {object} Server
 * @property {{ format: (cookies: Cookie[]) => string[] | Promise<string[]> }} states
 * @property {(event: 'onPreResponse', method: (request: HapiRequest, h: Toolkit) => unknown) => void} ext
 *
 * @typedef {{ ttl?: number, path?: string, domain?: string, isHttpOnly?: boolean,
 *   isSameSite?: string | false, isSecure?: boolean }} CookieOptions with hapi's names
 * @typedef {{ name: string, value: string, options: CookieOptions }} Cookie
 * @typedef {Record<string, string | string[] | number>} Headers
 * @typedef {{ isBoom: true, output: { headers: Headers } }} Failure an error of hapi itself
 * @typedef {{ isBoom?: false, source: unknown, headers: Headers,
 *   code: (status: number) => Reply, charset: (name: string) => Reply }} Reply
 * @typedef {{ method: string, headers: Record<string, string | undefined>,
 *   response: Failure | Reply }} HapiRequest
 * @typedef {{ continue: symbol, response: (value: unknown) => Reply }} Toolkit
 */

/**
 * Corrects answers where serverless-offline and hapi differ from API Gateway.
 *
 * @param {Server} server
 * @param {(origin: string) => boolean} isListed whether pages of this origin may read answers
 */
export function answerLikeApiGateway(server, isListed) {
  // Writes cookies as lib/http/cookie.ts does. hapi parses them and would add `Expires`.
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
  server.ext('onPreResponse', (request, h) => {
    const { response } = request;
    if (response.isBoom) {
      setCorsHeaders(response.output.headers, request, isListed);
      return h.continue;
    }
    // serverless-offline answers preflight requests with 200.
    if (request.method === 'options') response.code(204);
    // If a function fails or times out, serverless-offline answers 200 with the stack.
    const failed =
      typeof response.source === 'string' && response.source.startsWith('{"errorMessage":');
    const answer = failed ? h.response({ message: 'Internal Server Error' }).code(500) : response;
    setCorsHeaders(answer.headers, request, isListed);
    // hapi would add `; charset=utf-8` to the content type.
    return answer.charset('');
  });
}

/**
 * Replaces the CORS headers of serverless-offline, which allow every origin.
 *
 * @param {Headers} headers of the answer
 * @param {HapiRequest} request
 * @param {(origin: string) => boolean} isListed
 */
function setCorsHeaders(headers, { method, headers: { origin } }, isListed) {
  for (const name of Object.keys(headers)) {
    if (name.startsWith('access-control-')) Reflect.deleteProperty(headers, name);
  }
  headers['vary'] = 'Origin';
  if (origin === undefined || !isListed(origin)) return;
  headers['access-control-allow-origin'] = origin;
  headers['access-control-allow-credentials'] = String(CORS.allowCredentials);
  if (method === 'options') {
    headers['access-control-allow-methods'] = CORS.allowedMethods.join(',');
    headers['access-control-allow-headers'] = CORS.allowedHeaders.join(',');
    headers['access-control-max-age'] = CORS.maxAge;
  } else {
    headers['access-control-expose-headers'] = CORS.exposedResponseHeaders.join(',');
  }
}

/** @param {string} value */
function sameSite(value) {
  const lower = value.toLowerCase();
  return lower === 'strict' || lower === 'none' ? lower : 'lax';
}
