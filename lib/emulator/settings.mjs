import { once } from 'node:events';
import { createServer } from 'node:net';
import { StartError } from './dynamodb-local.mjs';
import { toVariables } from '../deploy/settings.mjs';
import { importTypeScript } from '../deploy/typescript.mjs';

const DEFAULT_PORT = 3000;

/**
 * Reads the number of a port, or returns the default port if there is no value.
 *
 * @param {string | undefined} value
 * @param {string} [name] the name of the setting, for the error
 * @returns {number}
 * @throws {StartError}
 */
export function readPort(value, name = 'PORT') {
  if (!value) return DEFAULT_PORT;
  const port = /^\d{1,5}$/.test(value) ? Number(value) : NaN;
  if (port >= 1 && port <= 65_535) return port;
  throw new StartError(`${name} is "${value}", but must be a whole number from 1 to 65535.`);
}

/**
 * Checks that nothing listens on the port.
 *
 * @param {number} port
 * @param {string} host
 * @param {string} [instead] the command that uses another port
 * @returns {Promise<void>}
 * @throws {StartError}
 */
export async function assertPortFree(port, host, instead = 'PORT=3001 npm start') {
  const server = createServer();
  try {
    await once(server.listen(port, host), 'listening');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    const why = code === 'EADDRINUSE' ? 'is in use' : `cannot be opened (${code})`;
    throw new StartError(
      `Port ${String(port)} of ${host} ${why}: choose another, for example ${instead}.`,
      { cause: error },
    );
  }
  server.close();
  await once(server, 'close');
}

/**
 * Reads the environment of the functions with the same code as the functions.
 *
 * @param {string} path the path of lib/config.ts
 * @param {Record<string, unknown>} environment the environment in serverless.yml
 * @returns {Promise<import('../config.ts').Config>}
 * @throws {StartError}
 */
export async function loadConfig(path, environment) {
  const { readConfig } = /** @type {typeof import('../config.ts')} */ (
    await importTypeScript(path)
  );
  try {
    return readConfig(toVariables(environment));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new StartError(message, { cause: error });
  }
}
