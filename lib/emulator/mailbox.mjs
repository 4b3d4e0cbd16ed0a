import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import process from 'node:process';

/** So that the page can stay open when the emulator starts again. */
const MAILBOX_PORT = 8005;

/**
 * Returns the SES of AWS_ENDPOINT_URL_SESV2. If that is not set, starts one in this process.
 *
 * @returns {Promise<string>} its URL
 */
export async function openMailbox() {
  const given = process.env['AWS_ENDPOINT_URL_SESV2'];
  if (given) return given;
  const port = (await isPortFree(MAILBOX_PORT)) ? MAILBOX_PORT : 0;
  return `http://localhost:${String(portOf(await startSes(port)))}`;
}

/**
 * Starts an SES that sends nothing, on the loopback interface. The page at `/` shows the
 * mails that it received, and `/store` returns them as JSON.
 *
 * @param {number} [port] a free one if it is 0
 * @returns {Promise<import('node:http').Server>}
 */
export function startSes(port = 0) {
  // Loaded here because it is slow, and with `require` because loaders disagree on the default export
  // of a CommonJS module.
  /** @type {unknown} */
  const module = createRequire(import.meta.url)('aws-ses-v2-local');
  const ses = /** @type {typeof import('aws-ses-v2-local')} */ (module);
  return ses.default({ host: '127.0.0.1', port });
}

/**
 * Returns the port on which a server listens.
 *
 * @param {import('node:http').Server} server
 */
export function portOf(server) {
  const address = server.address();
  if (address === null || typeof address !== 'object')
    throw new Error('The server does not listen on a port.');
  return address.port;
}

/**
 * @param {number} port
 * @returns {Promise<boolean>}
 */
function isPortFree(port) {
  return new Promise((resolve) => {
    const server = createServer().once('error', () => {
      resolve(false);
    });
    server.listen(port, '127.0.0.1', () => {
      server.close(() => {
        resolve(true);
      });
    });
  });
}
