import {
  CreateTableCommand,
  ResourceInUseException,
  UpdateTimeToLiveCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';

/**
 * The properties of the table in serverless.yml that DynamoDB Local supports.
 *
 * @typedef {Pick<import('@aws-sdk/client-dynamodb').CreateTableCommandInput, 'AttributeDefinitions'
 *   | 'BillingMode' | 'GlobalSecondaryIndexes' | 'KeySchema'> & { TimeToLiveSpecification:
 *   import('@aws-sdk/client-dynamodb').TimeToLiveSpecification }} TableProperties
 */

/**
 * Creates the table as serverless.yml defines it.
 *
 * @param {import('@aws-sdk/client-dynamodb').DynamoDBClient} client
 * @param {string} TableName
 * @param {TableProperties} properties
 * @returns {Promise<boolean>} false if the table exists; it is left unchanged
 */
export async function createTable(client, TableName, properties) {
  const { AttributeDefinitions, BillingMode, GlobalSecondaryIndexes, KeySchema } = properties;
  try {
    await client.send(
      new CreateTableCommand({
        TableName,
        AttributeDefinitions,
        BillingMode,
        GlobalSecondaryIndexes,
        KeySchema,
      }),
    );
  } catch (error) {
    if (error instanceof ResourceInUseException) return false;
    throw error;
  }
  await waitUntilTableExists({ client, maxWaitTime: 10, minDelay: 1 }, { TableName });
  const { TimeToLiveSpecification } = properties;
  await client.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification }));
  return true;
}
