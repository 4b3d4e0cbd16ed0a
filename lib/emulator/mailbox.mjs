import { createRequire } from 'node:module';
import process from 'node:process';
import { freePort } from './ports.mjs';

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
  const port = await freePort(MAILBOX_PORT, '127.0.0.1');
  await startSes(port);
  return `http://localhost:${String(port)}`;
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
