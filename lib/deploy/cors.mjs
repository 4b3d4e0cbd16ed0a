import { join } from 'node:path';
import { importTypeScript } from './typescript.mjs';

/** What pages of an allowed origin may do, as settings of osls. The emulator applies them too. */
const CORS = {
  allowCredentials: true,
  allowedMethods: ['GET', 'POST', 'PUT', 'DELETE'],
  exposedResponseHeaders: ['x-request-id', 'retry-after'],
  /** Seconds for which a browser remembers the answer. Chromium accepts no more than this. */
  maxAge: 7200,
};

/** RFC 9110, 5.6.2: a token. With credentials, `*` would be a header of that name. */
const HEADER_NAME = /^[a-z0-9!#$%&'+.^_`|~-]+$/;

/**
 * Returns what pages of an allowed origin may do.
 *
 * @param {unknown} allowedHeaders the setting: names separated by commas
 * @throws Error if that is not a list of names
 */
export function readCors(allowedHeaders) {
  const names = String(allowedHeaders)
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '');
  if (!names.every((name) => HEADER_NAME.test(name))) {
    throw new Error(
      `The setting allowedHeaders is "${String(allowedHeaders)}", and has to be a list of names of headers ` +
        'such as traceparent, x-requested-with',
    );
  }
  return { ...CORS, allowedHeaders: [...new Set(['content-type', ...names])] };
}

/**
 * The parts of osls that this plugin uses.
 *
 * @typedef {object} Serverless
 * @property {string} serviceDir
 * @property {{ provider: Provider, custom: { allowedHeaders: unknown } }} service
 *
 * @typedef {{ stage: string, environment: Record<string, unknown>, httpApi?: object }} Provider
 */

/**
 * Makes API Gateway allow browsers to call the API from pages of the origins in the setting
 * `allowedOrigins`, with the headers in `allowedHeaders`. Without origins it changes nothing. The plugin
 * of settings.mjs has checked both settings before, and refused "localhost".
 *
 * serverless.yml cannot do this by itself: a setting of the command line is one text and not a list,
 * and a wrong origin, such as `*`, must not be deployed.
 */
export default class CorsPlugin {
  #serverless;

  hooks = { 'before:package:initialize': () => this.#configure() };

  /** @param {Serverless} serverless */
  constructor(serverless) {
    this.#serverless = serverless;
  }

  async #configure() {
    const { provider, custom } = this.#serverless.service;
    // The stage of the emulator is not deployed.
    if (provider.stage === 'local') return;
    const cors = readCors(custom.allowedHeaders);
    const allowedOrigins = await this.#readOrigins(String(provider.environment['ALLOWED_ORIGINS']));
    if (allowedOrigins.length === 0) return;
    provider.httpApi = { ...provider.httpApi, cors: { ...cors, allowedOrigins } };
  }

  /** @param {string} ALLOWED_ORIGINS */
  async #readOrigins(ALLOWED_ORIGINS) {
    const { serviceDir } = this.#serverless;
    const { readOrigins } = /** @type {typeof import('../config.ts')} */ (
      await importTypeScript(join(serviceDir, 'lib', 'config.ts'))
    );
    return readOrigins({ ALLOWED_ORIGINS });
  }
}
