import { stringifySetCookie } from 'cookie';
import { CORS } from '../deploy/cors.mjs';

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
 * @typedef {Record<string, string | string[] | number>} Headers
 * @typedef {{ isBoom: true, output: { headers: Headers } }} Failure one of hapi's own
 * @typedef {{ isBoom?: false, source: unknown, headers: Headers,
 *   code: (status: number) => Reply, charset: (name: string) => Reply }} Reply
 * @typedef {{ method: string, headers: Record<string, string | undefined>,
 *   response: Failure | Reply }} HapiRequest
 * @typedef {{ continue: symbol, response: (value: unknown) => Reply }} Toolkit
 */

/**
 * Makes answers what API Gateway makes of them, where serverless-offline and hapi differ.
 *
 * @param {Server} server
 * @param {(origin: string) => boolean} isListed whether pages of that origin may read answers
 */
export function answerLikeApiGateway(server, isListed) {
  // A cookie as lib/http/cookie.ts wrote it: hapi took it to pieces, and would add an `Expires`.
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
    // serverless-offline makes it 200.
    if (request.method === 'options') response.code(204);
    // A function that fails or runs out of time: serverless-offline answers 200 and the stack.
    const failed =
      typeof response.source === 'string' && response.source.startsWith('{"errorMessage":');
    const answer = failed ? h.response({ message: 'Internal Server Error' }).code(500) : response;
    setCorsHeaders(answer.headers, request, isListed);
    // hapi would add `; charset=utf-8` to the content type.
    return answer.charset('');
  });
}

/**
 * In place of serverless-offline's, which let in every origin.
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
