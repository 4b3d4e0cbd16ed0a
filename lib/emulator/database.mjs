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
 * The DynamoDB of AWS_ENDPOINT_URL_DYNAMODB or else DynamoDB Local, and the table in it.
 *
 * @param {object} table
 * @param {string} table.region
 * @param {string} table.name
 * @param {import('./table.mjs').TableProperties} table.properties
 * @returns {Promise<Database>}
 * @throws {StartError}
 */
export async function openDatabase({ region, name, properties }) {
  const given = process.env['AWS_ENDPOINT_URL_DYNAMODB'];
  const path = process.env['DYNAMODB_LOCAL_PATH'];
  const [database, { DynamoDBClient }, { createTable }] = await Promise.all([
    given
      ? { endpoint: given, stop: () => Promise.resolve() }
      : startDynamoDBLocal(path ? { path } : {}),
    // Takes a while, and only the emulator needs it.
    import('@aws-sdk/client-dynamodb'),
    import('./table.mjs'),
  ]);
  const { endpoint } = database;
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
      given
        ? `The DynamoDB at ${endpoint} is of no use (${message}): start one there, ` +
            'or unset AWS_ENDPOINT_URL_DYNAMODB to have one started.'
        : `DynamoDB Local does not create the table (${message}): ` +
            'correct it in serverless.yml, or choose another DYNAMODB_LOCAL_PATH.',
      { cause: error },
    );
  }
  return database;
}
