import { join } from 'node:path';
import { importTypeScript } from './typescript.mjs';

/** What pages of an allowed origin may do, as settings of osls. The emulator applies them too. */
export const CORS = {
  allowCredentials: true,
  allowedMethods: ['GET', 'POST', 'PUT', 'DELETE'],
  allowedHeaders: ['content-type'],
  exposedResponseHeaders: ['x-request-id', 'retry-after'],
  /** Seconds for which a browser remembers the answer. Chromium accepts no more than this. */
  maxAge: 7200,
};

/**
 * The parts of osls that this plugin uses.
 *
 * @typedef {object} Serverless
 * @property {string} serviceDir
 * @property {{ Error: new (message: string, code: string) => Error }} classes
 * @property {{ provider: Provider }} service
 *
 * @typedef {{ stage: string, environment: Record<string, unknown>, httpApi?: object }} Provider
 */

/**
 * Makes API Gateway allow browsers to call the API from pages of the origins in the setting
 * `allowedOrigins`. Without origins it changes nothing.
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
    const { provider } = this.#serverless.service;
    // The stage of the emulator is not deployed.
    if (provider.stage === 'local') return;
    const allowedOrigins = await this.#readOrigins(String(provider.environment['ALLOWED_ORIGINS']));
    if (allowedOrigins.length === 0) return;
    provider.httpApi = { ...provider.httpApi, cors: { ...CORS, allowedOrigins } };
  }

  /** @param {string} ALLOWED_ORIGINS */
  async #readOrigins(ALLOWED_ORIGINS) {
    const { classes, serviceDir } = this.#serverless;
    const { readOrigins } = /** @type {typeof import('../config.ts')} */ (
      await importTypeScript(join(serviceDir, 'lib', 'config.ts'))
    );
    try {
      const origins = readOrigins({ ALLOWED_ORIGINS });
      if (!origins.includes('localhost')) return origins;
      throw new Error(
        'API Gateway does not know "localhost": give each origin, such as http://localhost:5173',
      );
    } catch (error) {
      // osls prints its own errors without a stack.
      throw new classes.Error(error instanceof Error ? error.message : String(error), 'ORIGINS');
    }
  }
}
