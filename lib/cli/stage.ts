/** What commands have to know beside what they are to do: which table it is about, and who asks. */
import { userInfo } from 'node:os';
import process from 'node:process';
import { TIME_LIMITS } from '../aws.ts';
import { isOnThisMachine, UsageError } from './command.ts';

/** As in serverless.yml, which names stacks, and the emulator's table, after it. */
const SERVICE = 'user-authentication';

/** The options by which a command is told on which table to work. */
export const TABLE_OPTIONS = {
  stage: { type: 'string' },
  table: { type: 'string' },
  region: { type: 'string' },
} as const;

/**
 * The name of that table. The region is the environment's from now on.
 *
 * @throws UsageError
 */
export async function readTableName({
  stage,
  table,
  region,
}: Partial<Record<keyof typeof TABLE_OPTIONS, string>>): Promise<string> {
  if (region !== undefined) process.env['AWS_REGION'] = region;
  if (stage !== undefined && table !== undefined) {
    throw new UsageError('Name the table by --stage or by --table, not by both.');
  }
  if (stage !== undefined) return findTable(stage);
  const name = table ?? process.env['TABLE_NAME'];
  if (!name)
    throw new UsageError('Name the table: --stage <stage>, --table <name>, or TABLE_NAME.');
  return name;
}

/** For `local`, the emulator's; for any other, what its stack says. */
async function findTable(stage: string): Promise<string> {
  const StackName = `${SERVICE}-${stage}`;
  if (stage === 'local') {
    if (isOnThisMachine()) return StackName;
    throw new UsageError('Set AWS_ENDPOINT_URL_DYNAMODB to the endpoint that npm start prints.');
  }
  const { CloudFormationClient, DescribeStackResourceCommand } =
    await import('@aws-sdk/client-cloudformation');
  const command = new DescribeStackResourceCommand({ StackName, LogicalResourceId: 'UsersTable' });
  try {
    const { StackResourceDetail } = await new CloudFormationClient(TIME_LIMITS).send(command);
    return String(StackResourceDetail?.PhysicalResourceId);
  } catch (error) {
    if (!(error instanceof Error && error.name === 'ValidationError')) throw error;
    throw new UsageError(
      `There is no stack ${StackName} with a table, in that account and region.`,
    );
  }
}

/** Who runs the command: an ARN or, where DynamoDB is on this machine, the machine's user. */
export async function whoAmI(): Promise<string> {
  if (isOnThisMachine()) return userInfo().username;
  const { GetCallerIdentityCommand, STSClient } = await import('@aws-sdk/client-sts');
  const { Arn } = await new STSClient(TIME_LIMITS).send(new GetCallerIdentityCommand());
  if (Arn === undefined) throw new Error('AWS does not say who you are');
  return Arn;
}
