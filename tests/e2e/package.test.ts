/** What `serverless package` makes for production. */
import { build } from 'esbuild';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../support/emulator.ts';
import { functionOf, packageInto, type Package, type Resource } from '../support/package.ts';
import { readServerless } from '../support/serverless.ts';

const { functions, custom } = readServerless();

let folder: string;
let made: Package;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'package-'));
  made = await packageInto(join(folder, 'default'));
});

afterAll(() => rm(folder, { recursive: true }));

const ofType = (type: string): Resource[] =>
  Object.values(made.template.Resources).filter(({ Type }) => Type === type);

describe('serverless package --stage prod', () => {
  it('warns of nothing', () => {
    expect(made.output).toMatch(/Service packaged/);
    expect(made.output).not.toMatch(/warn|deprecat|error/i);
  });

  it('makes one zip per function, and tiny ones where there is nothing to do', async () => {
    const zips = (await readdir(made.folder)).filter((file) => file.endsWith('.zip'));
    expect(zips.sort()).toEqual(
      Object.keys(functions)
        .map((name) => `${name}.zip`)
        .sort(),
    );
    for (const name of ['index', 'notFound']) {
      expect((await stat(join(made.folder, `${name}.zip`))).size).toBeLessThan(1000);
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
    expect(JSON.stringify(made.template)).not.toMatch(/CorsConfiguration|AllowOrigins/);
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

  it('tells the functions which one sends mail', () => {
    const { FunctionName, Environment } = functionOf(made.template, 'sendMail');
    expect(Environment.Variables['MAIL_FUNCTION']).toBe(FunctionName);
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
          ...{ entryPoints, absWorkingDir: ROOT, write: false, metafile: true },
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
  const packageWith = async (origins: string) =>
    packageInto(await mkdtemp(join(folder, 'cors-')), { params: [`allowedOrigins=${origins}`] });

  it('has API Gateway let their pages use every route, with the cookie', async () => {
    const origins = 'https://app.example.com, http://localhost:5173';
    const { template } = await packageWith(origins);
    expect(template.Resources['HttpApi']?.Properties['CorsConfiguration']).toEqual({
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
    expect(functionOf(template, 'login')).toMatchObject({
      Environment: { Variables: { ALLOWED_ORIGINS: origins } },
    });
  });

  it.each([
    ['*', 'The setting ALLOWED_ORIGINS is "*", '],
    ['localhost', 'API Gateway does not know "localhost"'],
  ])('refuses %s', async (origins, why) => {
    await expect(packageWith(origins)).rejects.toThrow(why);
  });
});
