import { readFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

/**
 * What is used of osls.
 *
 * @typedef {object} Serverless
 * @property {string} serviceDir
 * @property {object} service
 * @property {{ httpApi?: { authorizers?: Record<string, { functionArn?: unknown }> } }} service.provider
 * @property {Record<string, object>} service.functions
 * @property {{ 'serverless-offline'?: { location?: string } }} [service.custom]
 */

const FILE = fileURLToPath(import.meta.url);
const SERVICE = nameOfService();
/** Where `npm start -- --lambdaPort=3002` takes invocations. */
const LAMBDA = 'http://localhost:3002';

/**
 * A plugin for another service, whose API has our authorizer by its `functionArn`: serverless-offline
 * knows its own service's functions only, and would stop. There, it gets one of the authorizer's name,
 * which has ours answer, through the emulator of this service, at AWS_ENDPOINT_URL_LAMBDA. It comes
 * before serverless-offline in `plugins`, and does nothing to a deployment.
 */
export default class AuthorizerPlugin {
  #serverless;

  hooks = {
    'offline:start': () => {
      this.#addFunctions();
    },
    'offline:start:init': () => {
      this.#addFunctions();
    },
  };

  /** @param {Serverless} serverless */
  constructor(serverless) {
    this.#serverless = serverless;
  }

  #addFunctions() {
    const { serviceDir, service } = this.#serverless;
    // Where handlers are looked for: bundlers have them elsewhere.
    const folder = resolve(serviceDir, service.custom?.['serverless-offline']?.location ?? '');
    const lambda = process.env['AWS_ENDPOINT_URL_LAMBDA'] ?? LAMBDA;
    const path = `/2015-03-31/functions/${SERVICE}-local-authorize/invocations`;
    for (const [name, { functionArn }] of Object.entries(
      service.provider.httpApi?.authorizers ?? {},
    )) {
      if (!isOurs(functionArn)) continue;
      service.functions[name] = {
        name,
        handler: relative(folder, FILE).replace(/\.mjs$/, '.handler'),
        events: [],
        runtime: 'nodejs24.x',
        timeout: 10,
        environment: { AUTHORIZER_URL: new URL(path, lambda).href },
      };
    }
  }
}

/**
 * The function that the plugin adds.
 *
 * @param {unknown} event of an authorizer
 * @returns {Promise<unknown>} the verdict
 */
export async function handler(event) {
  const url = String(process.env['AUTHORIZER_URL']);
  const response = await invoke(url, JSON.stringify(event));
  const verdict = /** @type {unknown} */ (await response.json());
  if (response.ok && !response.headers.has('x-amz-function-error')) return verdict;
  throw new Error(`The authorizer at ${url} has failed: ${JSON.stringify(verdict)}`);
}

/**
 * @param {string} url
 * @param {string} body
 */
async function invoke(url, body) {
  try {
    return await fetch(url, { method: 'POST', body });
  } catch (error) {
    const { port } = new URL(url);
    throw new Error(
      `Nothing answers at ${url}: start ${SERVICE} by npm start -- --lambdaPort=${port}.`,
      { cause: error },
    );
  }
}

/**
 * Whether it names our authorizer, of whichever stage: as an ARN, or as the import of one.
 *
 * @param {unknown} functionArn
 */
function isOurs(functionArn) {
  return new RegExp(`\\b${SERVICE}-[\\w-]+-authorize\\b`).test(JSON.stringify(functionArn ?? ''));
}

/** As serverless.yml has it. */
function nameOfService() {
  const text = readFileSync(new URL('../../serverless.yml', import.meta.url), 'utf8');
  return String(/^service: (\S+)$/m.exec(text)?.[1]);
}
