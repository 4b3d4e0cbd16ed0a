import process from 'node:process';
import { startDynamoDBLocal, StartError } from './dynamodb-local.mjs';

/** DynamoDB Local asks for credentials, and takes any. */
const ENVIRONMENT = {
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
};

/**
 * @typedef {object} Database
 * @property {string} endpoint its URL
 * @property {boolean} isOurs whether it was started here
 * @property {() => Promise<void>} stop ends it, if it was started here
 */

/**
 * Rids the environment, which reaches the functions, of whatever may stand for an AWS account.
 * Endpoints remain: they are how to use another service in place of AWS.
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
 * The DynamoDB of AWS_ENDPOINT_URL_DYNAMODB or else DynamoDB Local, which takes a second or two.
 *
 * @returns {Promise<Database>}
 * @throws {StartError}
 */
export async function startDatabase() {
  const endpoint = process.env['AWS_ENDPOINT_URL_DYNAMODB'];
  if (endpoint) return { endpoint, isOurs: false, stop: () => Promise.resolve() };
  const path = process.env['DYNAMODB_LOCAL_PATH'];
  return { ...(await startDynamoDBLocal(path ? { path } : {})), isOurs: true };
}

/**
 * Creates the table, if there is none.
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
    // Takes a while, and only the emulator needs it.
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
        ? `DynamoDB Local does not create the table (${message}): ` +
            'correct it in serverless.yml, or choose another DYNAMODB_LOCAL_PATH.'
        : `The DynamoDB at ${endpoint} is of no use (${message}): start one there, ` +
            'or unset AWS_ENDPOINT_URL_DYNAMODB to have one started.',
      { cause: error },
    );
  }
  return database;
}
