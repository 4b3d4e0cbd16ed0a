import { readFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

/**
 * The part of osls that is used here.
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
/** The URL at which `npm start -- --lambdaPort=3002` takes invocations. */
const LAMBDA = 'http://localhost:3002';

/**
 * A plugin for another service whose API uses our authorizer by its `functionArn`. serverless-offline
 * knows only the functions of its own service and would stop. The plugin adds a function with the name
 * of the authorizer. It invokes ours through the emulator of this service, at AWS_ENDPOINT_URL_LAMBDA.
 * List the plugin before serverless-offline in `plugins`. It does not change a deployment.
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
    // The folder in which serverless-offline looks for handlers. Bundlers change it.
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
 * Handles the function that the plugin adds.
 *
 * @param {unknown} event the event of an authorizer
 * @returns {Promise<unknown>} the verdict
 */
export async function handler(event) {
  const url = String(process.env['AUTHORIZER_URL']);
  const response = await invoke(url, JSON.stringify(event));
  const verdict = /** @type {unknown} */ (await response.json());
  if (response.ok && !response.headers.has('x-amz-function-error')) return verdict;
  throw new Error(`The authorizer at ${url} failed: ${JSON.stringify(verdict)}`);
}

/**
 * @param {string} url
 * @param {string} body
 */
async function invoke(url, body) {
  try {
    const headers = { 'content-type': 'application/json' };
    return await fetch(url, { method: 'POST', headers, body });
  } catch (error) {
    const { port } = new URL(url);
    throw new Error(
      `Nothing answers at ${url}: start ${SERVICE} with npm start -- --lambdaPort=${port}.`,
      { cause: error },
    );
  }
}

/**
 * Tells whether it names our authorizer of any stage, as an ARN or as an import of one.
 *
 * @param {unknown} functionArn
 */
function isOurs(functionArn) {
  return new RegExp(`\\b${SERVICE}-[\\w-]+-authorize\\b`).test(JSON.stringify(functionArn ?? ''));
}

/** Reads the name of this service from serverless.yml. */
function nameOfService() {
  const text = readFileSync(new URL('../../serverless.yml', import.meta.url), 'utf8');
  return String(/^service: (\S+)$/m.exec(text)?.[1]);
}
