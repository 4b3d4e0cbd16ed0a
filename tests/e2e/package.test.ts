/** What `serverless package` makes for production. */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readServerless } from '../support/serverless.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { functions } = readServerless();

interface Resource {
  Type: string;
  DeletionPolicy?: string;
  UpdateReplacePolicy?: string;
  Properties: Record<string, unknown>;
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

  it('gives every function a handler file, a route and a role of its own', () => {
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
      expect(new Set(values).size).toBe(routes.length);
    }
    expect(ofType('AWS::IAM::Role')).toHaveLength(routes.length);
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
          .flatMap(({ events }) => events.map(({ httpApi }) => httpApi.split(' ')[0]))
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
