/**
 * `node adapter.mjs <bundles by route>` runs the functions behind a plain HTTP server, all in one process. It prints the
 * port of that server and the port of one that only answers.
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import process from 'node:process';
import { text } from 'node:stream/consumers';

/**
 * @typedef {{ statusCode: number, headers?: Record<string, string>, cookies?: string[], body?: string }} Answer
 * @typedef {{ handler: (event: unknown, context: object) => Promise<Answer> }} Bundle
 */

const require = createRequire(import.meta.url);
const files = /** @type {Record<string, string>} */ (
  /** @type {unknown} */ (JSON.parse(process.argv[2] ?? ''))
);
/** @param {string} file */
function handlerOf(file) {
  const bundle = /** @type {unknown} */ (require(file));
  return /** @type {Bundle} */ (bundle).handler;
}
const handlers = Object.fromEntries(
  Object.entries(files).map(([route, file]) => [route, handlerOf(file)]),
);

const adapter = createServer((incoming, outgoing) => {
  void answer(incoming).then(({ statusCode, headers, cookies = [], body }) => {
    if (cookies.length > 0) outgoing.setHeader('set-cookie', cookies);
    outgoing.writeHead(statusCode, headers).end(body);
  });
});
const plain = createServer((_, outgoing) => {
  outgoing.setHeader('content-type', 'application/json').end('{"message":"Bienvenue"}');
});
const ports = await Promise.all([adapter, plain].map(listen));
process.stdout.write(`${JSON.stringify(ports)}\n`);

/** @param {import('node:http').Server} server */
async function listen(server) {
  server.keepAliveTimeout = 60_000;
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  return address !== null && typeof address === 'object' ? address.port : 0;
}

/**
 * @param {import('node:http').IncomingMessage} incoming
 * @returns {Promise<Answer>}
 */
async function answer(incoming) {
  const { method = '', url = '', headers } = incoming;
  const { cookie, ...others } = headers;
  const route = `${method} ${url}`;
  const event = {
    ...{ version: '2.0', routeKey: route, rawPath: url, rawQueryString: '', headers: others },
    ...(cookie !== undefined && { cookies: cookie.split('; ') }),
    requestContext: {
      http: { method, path: url, sourceIp: '127.0.0.1' },
      requestId: randomUUID(),
    },
    body: await text(incoming),
    isBase64Encoded: false,
  };
  return (handlers[route] ?? handlers['*'])?.(event, {}) ?? { statusCode: 404 };
}
