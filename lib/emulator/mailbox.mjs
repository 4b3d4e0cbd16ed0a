import { createRequire } from 'node:module';
import process from 'node:process';

/**
 * Returns the SES of AWS_ENDPOINT_URL_SESV2. If that is not set, starts one in this process.
 *
 * @returns {Promise<string>} its URL
 */
export async function openMailbox() {
  const given = process.env['AWS_ENDPOINT_URL_SESV2'];
  if (given) return given;
  return `http://127.0.0.1:${String(portOf(await startSes()))}`;
}

/**
 * Starts an SES that sends nothing, on a free port of the loopback interface. The page at `/` shows the
 * mails that it received, and `/store` returns them as JSON.
 *
 * @returns {Promise<import('node:http').Server>}
 */
export function startSes() {
  // Loaded here because it is slow, and with `require` because loaders disagree on the default export
  // of a CommonJS module.
  /** @type {unknown} */
  const module = createRequire(import.meta.url)('aws-ses-v2-local');
  const ses = /** @type {typeof import('aws-ses-v2-local')} */ (module);
  return ses.default({ host: '127.0.0.1', port: 0 });
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
