/** What `serverless package` makes for production. */
import { build } from 'esbuild';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readServerless } from '../support/serverless.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { functions, custom } = readServerless();

interface Resource {
  Type: string;
  DeletionPolicy?: string;
  UpdateReplacePolicy?: string;
  Properties: Record<string, unknown>;
}

interface Statement {
  Effect: string;
  Action: string | string[];
  Resource: unknown;
}

let folder: string;
let output: string;
let resources: Record<string, Resource>;

async function packageInto(into: string, ...more: string[]) {
  const cli = join(root, 'node_modules', '.bin', 'serverless');
  const args = ['package', '--stage', 'prod', '--package', into, ...more];
  const { stdout, stderr } = await promisify(execFile)(cli, args, { cwd: root });
  const template = await readFile(join(into, 'cloudformation-template-update-stack.json'), 'utf8');
  const { Resources } = JSON.parse(template) as { Resources: Record<string, Resource> };
  return { output: stdout + stderr, resources: Resources };
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'package-'));
  ({ output, resources } = await packageInto(folder));
});

afterAll(() => rm(folder, { recursive: true }));

/** What a role may do, less its own log. */
function actionsOf(role: string, all = resources): string[] {
  const { Policies } = all[role]?.Properties as {
    Policies: { PolicyDocument: { Statement: Statement[] } }[];
  };
  return Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement)
    .flatMap(({ Action }) => Action)
    .filter((action) => !action.startsWith('logs:'));
}

const ofType = (type: string): Resource[] =>
  Object.values(resources).filter(({ Type }) => Type === type);

describe('serverless package --stage prod', () => {
  it('warns of nothing', () => {
    expect(output).toMatch(/Service packaged/);
    expect(output).not.toMatch(/warn|deprecat|error/i);
  });

  it('makes one zip per function, and tiny ones where there is nothing to do', async () => {
    const zips = (await readdir(folder)).filter((file) => file.endsWith('.zip'));
    expect(zips.sort()).toEqual(
      Object.keys(functions)
        .map((name) => `${name}.zip`)
        .sort(),
    );
    for (const name of ['index', 'notFound']) {
      expect((await stat(join(folder, `${name}.zip`))).size).toBeLessThan(1000);
    }
  });

  it('gives every function a handler file and a role, and every endpoint a route, of its own', () => {
    const routes = ofType('AWS::ApiGatewayV2::Route').map(
      ({ Properties }) => Properties['RouteKey'],
    );
    expect(routes.sort()).toEqual([
      '$default',
      'DELETE /sessions',
      'GET /',
      'GET /profile',
      'POST /reset_password',
      'POST /sessions',
      'POST /users',
      'PUT /reset_password',
    ]);
    const lambdas = ofType('AWS::Lambda::Function').map(({ Properties }) => Properties);
    for (const own of ['Handler', 'Role']) {
      const values = lambdas.map((properties) => JSON.stringify(properties[own]));
      expect(new Set(values).size).toBe(lambdas.length);
    }
    // And one that is only invoked by others.
    expect(lambdas).toHaveLength(routes.length + 1);
    expect(ofType('AWS::IAM::Role')).toHaveLength(lambdas.length);
  });

  it('has the settings of a deployed stage', () => {
    for (const { Properties } of ofType('AWS::Lambda::Function')) {
      expect(Properties).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        Environment: {
          Variables: {
            TABLE_NAME: { Ref: 'UsersTable' },
            RESET_TOKEN_DELIVERY: 'email',
            PASSWORD_MIN_LENGTH: '8',
            BCRYPT_COST: '12',
            COOKIE_SECURE: 'true',
          },
        },
      });
    }
  });

  it('tells browsers of no other origin', () => {
    expect(ofType('AWS::ApiGatewayV2::Api')).toHaveLength(1);
    expect(JSON.stringify(resources)).not.toMatch(/CorsConfiguration|AllowOrigins/);
    for (const { Properties } of ofType('AWS::Lambda::Function')) {
      expect(Properties).toMatchObject({ Environment: { Variables: { ALLOWED_ORIGINS: '' } } });
    }
  });

  it('invokes sendMail three times, and keeps what failed for 14 days, encrypted', () => {
    const [queue, ...others] = ofType('AWS::SQS::Queue');
    expect(others).toEqual([]);
    expect(queue?.Properties).toEqual({
      SqsManagedSseEnabled: true,
      MessageRetentionPeriod: 14 * 24 * 60 * 60,
    });
    expect(ofType('AWS::Lambda::EventInvokeConfig').map(({ Properties }) => Properties)).toEqual([
      {
        FunctionName: { Ref: 'SendMailLambdaFunction' },
        Qualifier: '$LATEST',
        MaximumRetryAttempts: 2,
        DestinationConfig: {
          OnFailure: { Destination: { 'Fn::GetAtt': ['UnsentMailQueue', 'Arn'] } },
        },
      },
    ]);
  });

  it('lets sendMail alone send mail, and who asks for a reset do nothing but invoke it', () => {
    expect(actionsOf('RequestPasswordResetRole')).toEqual(['lambda:InvokeFunction']);
    expect(actionsOf('UpdatePasswordRole')).toEqual([
      'dynamodb:Query',
      'dynamodb:GetItem',
      'dynamodb:UpdateItem',
      'dynamodb:DeleteItem',
      'lambda:InvokeFunction',
    ]);
    expect(actionsOf('SendMailRole')).toEqual([
      'dynamodb:Query',
      'dynamodb:GetItem',
      'dynamodb:UpdateItem',
      'ses:SendEmail',
      'sqs:SendMessage',
    ]);
    const mails = Object.entries(resources).filter(([, { Type, Properties }]) =>
      Type === 'AWS::IAM::Role' ? /"(?:ses|sqs|lambda):/.test(JSON.stringify(Properties)) : false,
    );
    expect(mails.map(([name]) => name).sort()).toEqual([
      'RequestPasswordResetRole',
      'SendMailRole',
      'UpdatePasswordRole',
    ]);
    const { Environment, FunctionName } = resources['SendMailLambdaFunction']?.Properties as {
      Environment: { Variables: Record<string, string> };
      FunctionName: string;
    };
    expect(Environment.Variables['MAIL_FUNCTION']).toBe(FunctionName);
    for (const role of ['RequestPasswordResetRole', 'UpdatePasswordRole']) {
      const arn = `arn:\${AWS::Partition}:lambda:\${AWS::Region}:\${AWS::AccountId}:function:${FunctionName}`;
      expect(JSON.stringify(resources[role])).toContain(JSON.stringify({ 'Fn::Sub': arn }));
    }
  });

  it('lets nobody invoke sendMail where the token is in the answer', async () => {
    const other = await mkdtemp(join(tmpdir(), 'package-'));
    const args = ['--param', 'resetTokenDelivery=response'];
    const { resources: without } = await packageInto(other, ...args);
    await rm(other, { recursive: true });
    const table = ['dynamodb:Query', 'dynamodb:GetItem', 'dynamodb:UpdateItem'];
    expect(actionsOf('RequestPasswordResetRole', without)).toEqual(table);
    expect(actionsOf('UpdatePasswordRole', without)).toEqual([...table, 'dynamodb:DeleteItem']);
  });

  it.each([
    [
      '@aws-sdk/client-dynamodb',
      Object.keys(functions).filter((name) => name !== 'index' && name !== 'notFound'),
    ],
    ['@aws-sdk/client-lambda', ['requestPasswordReset', 'updatePassword']],
    ['@aws-sdk/client-sesv2', ['sendMail']],
  ])('puts %s into the bundles that use it, and no others', async (client, users) => {
    const { format, mainFields, alias } = custom.esbuild;
    const holders = await Promise.all(
      Object.entries(functions).map(async ([name, { handler }]) => {
        const entryPoints = [handler.replace(/\.handler$/, '.ts')];
        const { metafile } = await build({
          ...{ bundle: true, platform: 'node', format, mainFields, alias },
          ...{ entryPoints, absWorkingDir: root, write: false, metafile: true },
        });
        const [output] = Object.values(metafile.outputs);
        const inputs = Object.entries(output?.inputs ?? {});
        return inputs.some(
          ([path, { bytesInOutput }]) => path.includes(client) && bytesInOutput > 0,
        )
          ? [name]
          : [];
      }),
    );
    expect(holders.flat()).toEqual(users);
  });

  it('keeps the table: on demand, retained, protected, restorable', () => {
    const [table, ...others] = ofType('AWS::DynamoDB::Table');
    expect(others).toEqual([]);
    expect(table).toMatchObject({
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
      Properties: {
        BillingMode: 'PAY_PER_REQUEST',
        DeletionProtectionEnabled: true,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        TimeToLiveSpecification: { AttributeName: 'expires_at', Enabled: true },
        KeySchema: [
          { AttributeName: 'id', KeyType: 'HASH' },
          { AttributeName: 'item', KeyType: 'RANGE' },
        ],
        GlobalSecondaryIndexes: ['email', 'session_id', 'reset_token'].map((attribute) => ({
          IndexName: `${attribute}-index`,
          KeySchema: [{ AttributeName: attribute, KeyType: 'HASH' }],
          Projection: { ProjectionType: 'KEYS_ONLY' },
        })),
      },
    });
    // A fixed name and Retain would block the deployment that follows a removal.
    expect(table?.Properties).not.toHaveProperty('TableName');
  });
});

describe('serverless package with allowedOrigins', () => {
  const packageWith = (origins: string) =>
    packageInto(join(folder, 'cors'), `--param=allowedOrigins=${origins}`);

  it('has API Gateway let their pages use every route, with the cookie', async () => {
    const origins = 'https://app.example.com, http://localhost:5173';
    const { resources: made } = await packageWith(origins);
    expect(made['HttpApi']?.Properties['CorsConfiguration']).toEqual({
      AllowOrigins: ['https://app.example.com', 'http://localhost:5173'],
      AllowCredentials: true,
      AllowMethods: expect.arrayContaining(
        Object.values(functions)
          .flatMap(({ events = [] }) => events.map(({ httpApi }) => httpApi.split(' ')[0]))
          .filter((method) => method !== '*'),
      ),
      AllowHeaders: ['content-type'],
      ExposeHeaders: ['x-request-id', 'retry-after'],
      MaxAge: 7200,
    });
    expect(made['LoginLambdaFunction']?.Properties).toMatchObject({
      Environment: { Variables: { ALLOWED_ORIGINS: origins } },
    });
  });

  it.each([
    ['*', 'The setting ALLOWED_ORIGINS is "*", '],
    ['localhost', 'API Gateway does not know "localhost"'],
  ])('refuses %s', async (origins, why) => {
    await expect(packageWith(origins)).rejects.toMatchObject({
      code: 1,
      stdout: expect.stringContaining(why),
    });
  });
});
