/** Finds what a command works on and who runs it: the table, a client for it, the operator. */
import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { userInfo } from 'node:os';
import { TIME_LIMITS } from '../aws/limits.ts';
import { SERVICE } from '../core/service.ts';
import { DYNAMODB_PORT } from '../emulator/door.mjs';
import { UsageError, type Io } from './command.ts';

/** Where `npm start` has DynamoDB, if the port is free then. */
const EMULATOR = `http://127.0.0.1:${String(DYNAMODB_PORT)}`;

/** The options that name the table of a command. */
export const TABLE_OPTIONS = {
  stage: { type: 'string' },
  table: { type: 'string' },
  region: { type: 'string' },
} as const;

/** The values of these options and the command's environment. Credentials are left to the SDK. */
export type Place = Partial<Record<keyof typeof TABLE_OPTIONS, string>> & Pick<Io, 'env'>;

/**
 * Finds the name of the table.
 *
 * @throws UsageError
 */
export async function findTableName(place: Place): Promise<string> {
  const { env, stage, table } = place;
  if (stage !== undefined && table !== undefined) {
    throw new UsageError('Give either --stage or --table, not both.');
  }
  if (stage !== undefined) return findTableOf(stage, place);
  const name = table ?? env['TABLE_NAME'];
  if (!name) throw new UsageError('Name the table with --stage, --table or TABLE_NAME.');
  return name;
}

/** Creates a client for the table. */
export function createClient(
  place: Place,
  limits: Pick<DynamoDBClientConfig, 'maxAttempts'> = TIME_LIMITS,
): DynamoDBClient {
  const { env } = place;
  const settings = { ...limits, ...clientSettings(place, 'DYNAMODB') };
  if (!isOnThisMachine(place)) return new DynamoDBClient(settings);
  // DynamoDB Local accepts any region and credentials, but the SDK requires some.
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const hasCredentials = env['AWS_ACCESS_KEY_ID'] ?? env['AWS_PROFILE'];
  return new DynamoDBClient({
    region: 'us-east-1',
    ...(!hasCredentials && { credentials }),
    ...settings,
  });
}

/** Finds who runs the command: an ARN or, if DynamoDB is on this machine, the machine's user. */
export async function findOperator(place: Place): Promise<string> {
  if (isOnThisMachine(place)) return userInfo().username;
  const { GetCallerIdentityCommand, STSClient } = await import('@aws-sdk/client-sts');
  const client = new STSClient({ ...TIME_LIMITS, ...clientSettings(place, 'STS') });
  const { Arn } = await client.send(new GetCallerIdentityCommand());
  if (Arn === undefined) throw new Error('AWS STS returned no identity.');
  return Arn;
}

/** Stage `local` is the emulator. The table of any other stage is named by its stack. */
async function findTableOf(stage: string, place: Place): Promise<string> {
  const StackName = `${SERVICE}-${stage}`;
  if (stage === 'local') {
    if (isOnThisMachine(place)) return StackName;
    throw new UsageError('Unset AWS_ENDPOINT_URL_DYNAMODB: it is not on this machine.');
  }
  const { CloudFormationClient, DescribeStackResourceCommand } =
    await import('@aws-sdk/client-cloudformation');
  const settings = { ...TIME_LIMITS, ...clientSettings(place, 'CLOUDFORMATION') };
  const command = new DescribeStackResourceCommand({ StackName, LogicalResourceId: 'UsersTable' });
  try {
    const { StackResourceDetail } = await new CloudFormationClient(settings).send(command);
    return String(StackResourceDetail?.PhysicalResourceId);
  } catch (error) {
    if (!(error instanceof Error && error.name === 'ValidationError')) throw error;
    throw new UsageError(
      `The stack ${StackName} does not exist in this account and region, or has no table.`,
    );
  }
}

type Service = 'CLOUDFORMATION' | 'DYNAMODB' | 'STS';

function clientSettings(place: Place, service: Service): { region?: string; endpoint?: string } {
  const { env, region = env['AWS_REGION'] } = place;
  const endpoint = endpointOf(service, place);
  return { ...(region && { region }), ...(endpoint && { endpoint }) };
}

function endpointOf(service: Service, { env, stage }: Place): string | undefined {
  const given = env[`AWS_ENDPOINT_URL_${service}`] ?? env['AWS_ENDPOINT_URL'];
  return given ?? (service === 'DYNAMODB' && stage === 'local' ? EMULATOR : undefined);
}

/** Whether DynamoDB runs on this machine, such as the one of `npm start`. */
function isOnThisMachine(place: Place): boolean {
  const endpoint = endpointOf('DYNAMODB', place) ?? '';
  if (!URL.canParse(endpoint)) return false;
  return /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(new URL(endpoint).hostname);
}
