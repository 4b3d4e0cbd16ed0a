import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { openDoor } from './door.mjs';
import { makeWritable, startDynamoDBLocal, StartError } from './dynamodb-local.mjs';

/** DynamoDB Local requires credentials and accepts any. */
const ENVIRONMENT = {
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
};

/**
 * @typedef {object} Database
 * @property {string} endpoint its URL
 * @property {boolean} isOurs whether it was started here
 * @property {() => Promise<void>} stop stops it if it was started here
 */

/**
 * Removes from the environment, which the functions inherit, everything that belongs to an AWS account.
 * Endpoints remain: they name services that replace AWS.
 */
export function isolateFromAws() {
  for (const name of Object.keys(process.env)) {
    if (name.startsWith('AWS_') && !name.startsWith('AWS_ENDPOINT_URL_')) {
      Reflect.deleteProperty(process.env, name);
    }
  }
  Object.assign(process.env, ENVIRONMENT);
}

/**
 * Returns the DynamoDB of AWS_ENDPOINT_URL_DYNAMODB. If that is not set, starts DynamoDB Local, which
 * takes a second or two.
 *
 * @returns {Promise<Database>}
 * @throws {StartError}
 */
export async function startDatabase() {
  const endpoint = process.env['AWS_ENDPOINT_URL_DYNAMODB'];
  if (endpoint) return { endpoint, isOurs: false, stop: () => Promise.resolve() };
  const path = process.env['DYNAMODB_LOCAL_PATH'];
  if (path) await makeWritable(path);
  const accessKey = path ? await keptAccessKey(path) : newAccessKey();
  const { endpoint: hidden, stop } = await startDynamoDBLocal({
    ...(path && { path }),
    isShared: false,
  });
  return { endpoint: await openDoor(hidden, accessKey), isOurs: true, stop };
}

/** DynamoDB Local takes letters and digits alone. */
function newAccessKey() {
  return randomBytes(16).toString('hex');
}

/**
 * Returns the access key of the data in a folder, and makes one for a folder without.
 *
 * @param {string} path
 */
export async function keptAccessKey(path) {
  const file = join(path, 'access-key');
  const kept = await readFile(file, 'utf8').catch(() => '');
  const accessKey = /^[0-9a-f]{32}$/.test(kept) ? kept : newAccessKey();
  if (accessKey !== kept) await writeFile(file, accessKey, { mode: 0o600 });
  // Data that all access keys shared, as emulators of earlier versions kept it.
  const shared = join(path, 'shared-local-instance.db');
  const own = join(path, `${accessKey}_us-east-1.db`);
  if (existsSync(shared) && !existsSync(own)) await rename(shared, own);
  return accessKey;
}

/**
 * Creates the table if it does not exist.
 *
 * @param {Promise<Database>} starting
 * @param {object} table
 * @param {string} table.region
 * @param {string} table.name
 * @param {import('./table.mjs').TableProperties} table.properties
 * @returns {Promise<Database>}
 * @throws {StartError}
 */
export async function openTable(starting, { region, name, properties }) {
  const [database, { DynamoDBClient }, { createTable }] = await Promise.all([
    starting,
    // Imported here because it is slow and only the emulator needs it.
    import('@aws-sdk/client-dynamodb'),
    import('./table.mjs'),
  ]);
  const { endpoint, isOurs } = database;
  try {
    const client = new DynamoDBClient({
      endpoint,
      region,
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
      maxAttempts: 1,
      requestHandler: {
        connectionTimeout: 2000,
        requestTimeout: 5000,
        throwOnRequestTimeout: true,
      },
    });
    await createTable(client, name, properties);
    client.destroy();
  } catch (error) {
    const message = error instanceof Error ? error.message || error.name : String(error);
    throw new StartError(
      isOurs
        ? `DynamoDB Local cannot create the table (${message}): ` +
            'correct it in serverless.yml, or choose another DYNAMODB_LOCAL_PATH.'
        : `The DynamoDB at ${endpoint} cannot be used (${message}): start one there, ` +
            'or unset AWS_ENDPOINT_URL_DYNAMODB to start DynamoDB Local.',
      { cause: error },
    );
  }
  return database;
}
