import { stringifySetCookie } from 'cookie';

/**
 * The part of hapi, the server in serverless-offline, that is used here. https://hapi.dev/api
 *
 * @typedef {object} Server
 * @property {{ format: (cookies: Cookie[]) => string[] | Promise<string[]> }} states
 * @property {(event: 'onRequest' | 'onPreHandler' | 'onPreResponse',
 *   method: (request: HapiRequest, h: Toolkit) => unknown) => void} ext
 *
 * @typedef {{ ttl?: number, path?: string, domain?: string, isHttpOnly?: boolean,
 *   isSameSite?: string | false, isSecure?: boolean }} CookieOptions with hapi's names
 * @typedef {{ name: string, value: string, options: CookieOptions }} Cookie
 * @typedef {Record<string, string | string[] | number>} Headers
 * @typedef {{ isBoom: true, output: { statusCode: number, payload: { error: string } } }} Failure
 *   an error of hapi itself
 * @typedef {{ isBoom?: false, source: unknown, headers: Headers,
 *   code: (status: number) => Reply, charset: (name: string) => Reply }} Reply
 * @typedef {{ method: string, path: string, mime: string | null,
 *   headers: Record<string, string | undefined>, raw: { req: { url?: string } },
 *   setUrl: (url: string) => void, response: Failure | Reply }} HapiRequest
 * @typedef {{ continue: symbol, response: (value: unknown) => Reply }} Toolkit
 */

/**
 * @typedef {object} Cors what pages of allowed origins may do
 * @property {(origin: string) => boolean} isListed whether the origin is allowed
 * @property {ReturnType<typeof import('../deploy/cors.mjs').readCors>} cors
 */

/** The start of paths that have no route of their own. */
const NO_ROUTE = '/$default';

/**
 * Corrects requests and answers where serverless-offline and hapi differ from API Gateway.
 *
 * @param {Server} server
 * @param {Cors} cors
 */
export function answerLikeApiGateway(server, cors) {
  server.ext('onRequest', (request, h) => {
    // hapi answers HEAD by the route of GET, and takes a slash at the end for none.
    const [path = ''] = (request.raw.req.url ?? '').split('?');
    if (request.method === 'head' || /.\/$/.test(path)) request.setUrl(NO_ROUTE + path);
    return h.continue;
  });
  server.ext('onPreHandler', (request, h) => {
    // serverless-offline parses JSON, and passes a string in it on as the body.
    if (request.mime !== null) request.mime = 'text/plain';
    return h.continue;
  });
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
      const { statusCode, payload } = response.output;
      const answer = h.response({ message: payload.error }).code(statusCode);
      setCorsHeaders(answer.headers, request, cors);
      return answer.charset('');
    }
    // serverless-offline answers preflight requests with 200.
    if (request.method === 'options') response.code(204);
    // If a function fails or times out, serverless-offline answers 200 with the stack.
    const failed =
      typeof response.source === 'string' && response.source.startsWith('{"errorMessage":');
    const answer = failed ? h.response({ message: 'Internal Server Error' }).code(500) : response;
    setCorsHeaders(answer.headers, request, cors);
    // hapi would add `; charset=utf-8` to the content type.
    return answer.charset('');
  });
}

/**
 * Replaces the CORS headers of serverless-offline, which allow every origin.
 *
 * @param {Headers} headers of the answer
 * @param {HapiRequest} request
 * @param {Cors} cors
 */
function setCorsHeaders(headers, { method, headers: { origin } }, { isListed, cors }) {
  for (const name of Object.keys(headers)) {
    if (name.startsWith('access-control-')) Reflect.deleteProperty(headers, name);
  }
  headers['vary'] = 'Origin';
  if (origin === undefined || !isListed(origin)) return;
  headers['access-control-allow-origin'] = origin;
  headers['access-control-allow-credentials'] = String(cors.allowCredentials);
  if (method === 'options') {
    headers['access-control-allow-methods'] = cors.allowedMethods.join(',');
    headers['access-control-allow-headers'] = cors.allowedHeaders.join(',');
    headers['access-control-max-age'] = cors.maxAge;
  } else {
    headers['access-control-expose-headers'] = cors.exposedResponseHeaders.join(',');
  }
}

/** @param {string} value */
function sameSite(value) {
  const lower = value.toLowerCase();
  return lower === 'strict' || lower === 'none' ? lower : 'lax';
}
