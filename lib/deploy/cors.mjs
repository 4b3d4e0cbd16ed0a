import { join } from 'node:path';
import { importTypeScript } from './typescript.mjs';

/** What pages of a listed origin may do, in osls's words. The emulator keeps to it too. */
export const CORS = {
  allowCredentials: true,
  allowedMethods: ['GET', 'POST', 'PUT', 'DELETE'],
  allowedHeaders: ['content-type'],
  exposedResponseHeaders: ['x-request-id', 'retry-after'],
  /** Seconds for which a browser may go without asking; Chromium takes no more. */
  maxAge: 7200,
};

/**
 * What is used of osls.
 *
 * @typedef {object} Serverless
 * @property {string} serviceDir
 * @property {{ Error: new (message: string, code: string) => Error }} classes
 * @property {{ provider: Provider }} service
 *
 * @typedef {{ stage: string, environment: Record<string, unknown>, httpApi?: object }} Provider
 */

/**
 * Has API Gateway tell browsers that pages of the origins in the param `allowedOrigins` may read its
 * answers; where there are none, nothing. Not in serverless.yml, as a param of the command line is
 * one text and no list, and as a bad origin, such as `*`, must not be deployed.
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
    // Not deployed.
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
      // One that osls prints without a stack.
      throw new classes.Error(error instanceof Error ? error.message : String(error), 'ORIGINS');
    }
  }
}
