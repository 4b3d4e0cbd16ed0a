import { createRequire } from 'node:module';
import process from 'node:process';

/**
 * The SES of AWS_ENDPOINT_URL_SESV2 or else one that runs in this process.
 *
 * @returns {Promise<string>} its URL
 */
export async function openMailbox() {
  const given = process.env['AWS_ENDPOINT_URL_SESV2'];
  if (given) return given;
  return `http://127.0.0.1:${String(portOf(await startSes()))}`;
}

/**
 * Starts an SES that sends nothing, on a free port of the loopback interface, where `/` is a page
 * of what it was given, and `/store` the same in JSON.
 *
 * @returns {Promise<import('node:http').Server>}
 */
export function startSes() {
  // Here, as it takes a while; and so, as importers differ on what a CommonJS module's default is.
  /** @type {unknown} */
  const module = createRequire(import.meta.url)('aws-ses-v2-local');
  const ses = /** @type {typeof import('aws-ses-v2-local')} */ (module);
  return ses.default({ host: '127.0.0.1', port: 0 });
}

/** @param {import('node:http').Server} server */
export function portOf(server) {
  const address = server.address();
  if (address === null || typeof address !== 'object') throw new Error('It does not listen.');
  return address.port;
}
