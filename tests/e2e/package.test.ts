/** What `serverless package` makes for production. */
import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import CorsPlugin from '../../lib/deploy/cors.mjs';
import { bundleAll, type Bundle } from '../support/bundles.ts';
import { ROOT } from '../support/emulator.ts';
import {
  ALL_SETTINGS,
  functionOf,
  ORIGINS,
  type Package,
  type Resource,
} from '../support/package.ts';
import { readServerless } from '../support/serverless.ts';
import { sharedPackage } from '../support/shared.ts';

const { functions } = readServerless();
const names = Object.keys(functions);
const handlers = Object.values(functions).map(({ handler }) => handler);

let made: Package;
let bundles: Record<string, Bundle>;
/** The same without what is counted separately. */
let own: Record<string, Bundle>;

beforeAll(async () => {
  made = await sharedPackage();
  bundles = byName(await bundleAll(handlers));
  own = byName(await bundleAll(handlers, { external }));
});

/** What is counted separately: esbuild leaves it out. */
const external = ['./common-passwords.ts', '@aws-sdk/client-lambda', '@aws-sdk/client-sesv2'];

const byName = (made: Bundle[]) =>
  Object.fromEntries(made.map((each, i): [string, Bundle] => [String(names[i]), each]));

const compressed = (code: Uint8Array) => deflateRawSync(code, { level: 9 }).length;

const ofType = (type: string): Resource[] =>
  Object.values(made.template.Resources).filter(({ Type }) => Type === type);

/** In bytes, of the zips of the functions without a database. A language of the pages takes 1.5 kB. */
const LIMITS: Record<string, number> = { index: 1000, notFound: 1000, getPage: 20_000 };

describe('serverless package --stage prod', () => {
  it('prints no warning', () => {
    expect(made.output).toMatch(/Service packaged/);
    expect(made.output).not.toMatch(/warn|deprecat|error/i);
  });

  it('makes one zip for each function', async () => {
    const zips = (await readdir(made.folder)).filter((file) => file.endsWith('.zip'));
    expect(zips.sort()).toEqual(
      Object.keys(functions)
        .map((name) => `${name}.zip`)
        .sort(),
    );
  });

  // Lambda reads every byte at every start. The list of common passwords and the clients for
  // invocation and mail are counted separately: only the functions that use them have them.
  it('keeps each zip below 80 kB, and those of functions without a database much smaller', async () => {
    const sizes: Record<string, { zip: number; apart: number; code: number; limit: number }> = {};
    for (const [name, whole] of Object.entries(bundles)) {
      const { size: zip } = await stat(join(made.folder, `${name}.zip`));
      const apart = compressed(whole.code) - compressed(own[name]?.code ?? expect.fail());
      const limit = LIMITS[name] ?? 80_000;
      sizes[name] = { zip, apart, code: zip - apart, limit };
    }
    // eslint-disable-next-line no-console -- shows which function grew
    console.table(sizes);
    for (const [name, { apart, code, limit }] of Object.entries(sizes)) {
      expect(code, name).toBeLessThan(limit);
      expect(apart, name).toBeLessThan(30_000);
    }
  });

  // That is what takes time at a start: node:crypto alone takes longer than all of the pages.
  it.each(['index', 'notFound', 'getPage'])(
    'loads nothing of Node at the start of %s',
    async (name) => {
      const folder = await mkdtemp(join(tmpdir(), 'start-'));
      onTestFinished(() => rm(folder, { recursive: true }));
      const [bundle, script] = [join(folder, 'bundle.cjs'), join(folder, 'start.cjs')];
      await writeFile(bundle, bundles[name]?.code ?? expect.fail());
      await writeFile(
        script,
        `const before = new Set(process.moduleLoadList);
      require('./bundle.cjs');
      console.log(JSON.stringify(process.moduleLoadList.filter((each) => !before.has(each))));`,
      );
      const { Variables } = functionOf(made.template, name).Environment;
      const settings = Object.entries(Variables).filter(([, value]) => typeof value === 'string');
      const env = Object.fromEntries(settings) as Record<string, string>;
      const loaded = execFileSync(process.execPath, [script], { env, encoding: 'utf8' });
      expect(JSON.parse(loaded)).toEqual([]);
    },
  );

  // With any other character, V8 takes two bytes for each, and compiles half as long again.
  it('puts only ASCII into the bundles', () => {
    for (const [name, { code }] of Object.entries(bundles)) {
      expect(
        code.findIndex((byte) => byte > 0x7f),
        name,
      ).toBe(-1);
    }
  });

  it('leaves no import but those of Node, and no credentials but those of the environment', () => {
    for (const { imports, modules } of Object.values(bundles)) {
      expect(imports.filter(({ path }) => !isBuiltin(path))).toEqual([]);
      expect(modules.filter((path) => /(?:credential|token)-provider|imds/.test(path))).toEqual(
        modules.some((path) => path.includes('client-dynamodb'))
          ? ['node_modules/@aws-sdk/credential-provider-env/dist-es/fromEnv.js']
          : [],
      );
    }
  });

  it('gives every function its own handler file and role, and every endpoint its own route', () => {
    const routes = ofType('AWS::ApiGatewayV2::Route').map(
      ({ Properties }) => Properties['RouteKey'],
    );
    expect(routes.sort()).toEqual([
      '$default',
      'DELETE /profile',
      'DELETE /sessions',
      'DELETE /sessions/all',
      'DELETE /sessions/others',
      'DELETE /sessions/{id}',
      'GET /',
      'GET /account/{page}',
      'GET /profile',
      'GET /sessions',
      'POST /email_verification',
      'POST /profile/deletion',
      'POST /reset_password',
      'POST /sessions',
      'POST /users',
      'PUT /email',
      'PUT /email_verification',
      'PUT /password',
      'PUT /reset_password',
    ]);
    const lambdas = ofType('AWS::Lambda::Function').map(({ Properties }) => Properties);
    for (const own of ['Handler', 'Role']) {
      const values = lambdas.map((properties) => JSON.stringify(properties[own]));
      expect(new Set(values).size).toBe(lambdas.length);
    }
    // sendMail, markBounce and authorize have no route, deleteUser has two.
    expect(lambdas).toHaveLength(routes.length + 3 - 1);
    expect(ofType('AWS::IAM::Role')).toHaveLength(lambdas.length);
  });

  it('gives the functions the settings of a deployed stage', () => {
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
            SESSION_COOKIES: 'session_id',
          },
        },
      });
    }
  });

  it('allows no other origin', () => {
    expect(ofType('AWS::ApiGatewayV2::Api')).toHaveLength(1);
    expect(JSON.stringify(made.template)).not.toMatch(/CorsConfiguration|AllowOrigins/);
    for (const { Properties } of ofType('AWS::Lambda::Function')) {
      expect(Properties).toMatchObject({ Environment: { Variables: { ALLOWED_ORIGINS: '' } } });
    }
  });

  it('makes Lambda invoke sendMail up to three times, and keeps failed invocations encrypted for 14 days', () => {
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

  it('gives the functions the name of the one that sends mail', () => {
    const { FunctionName, Environment } = functionOf(made.template, 'sendMail');
    expect(Environment.Variables['MAIL_FUNCTION']).toBe(FunctionName);
  });

  it.each([
    [
      '@aws-sdk/client-dynamodb',
      Object.keys(functions).filter((name) => LIMITS[name] === undefined),
    ],
    [
      '@aws-sdk/client-lambda',
      [
        'registerUser',
        'login',
        'requestPasswordReset',
        'updatePassword',
        'changePassword',
        'deleteUser',
        'requestEmailVerification',
        'verifyEmail',
        'changeEmail',
      ],
    ],
    ['@aws-sdk/client-sesv2', ['sendMail']],
  ])('puts %s only into the bundles that use it', (client, users) => {
    const holders = Object.entries(bundles)
      .filter(([, { modules }]) => modules.some((path) => path.includes(client)))
      .map(([name]) => name);
    expect(holders).toEqual(users);
  });

  it('makes a table that is on demand, retained, protected and restorable', () => {
    const [table, ...others] = ofType('AWS::DynamoDB::Table');
    expect(others).toEqual([]);
    expect(table).toMatchObject({
      // A first deployment that fails leaves no table behind.
      DeletionPolicy: 'RetainExceptOnCreate',
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
  it('lets pages of these origins use every route with the cookie', async () => {
    const { template } = await sharedPackage({ params: ALL_SETTINGS, code: false });
    expect(template.Resources['HttpApi']?.Properties['CorsConfiguration']).toEqual({
      AllowOrigins: ORIGINS.split(', '),
      AllowCredentials: true,
      AllowMethods: expect.arrayContaining(
        Object.values(functions)
          .flatMap(({ events = [] }) => events.map(({ httpApi }) => httpApi.split(' ')[0]))
          .filter((method) => method !== '*'),
      ),
      AllowHeaders: ['content-type', 'x-requested-with', 'traceparent'],
      ExposeHeaders: ['x-request-id', 'retry-after'],
      MaxAge: 7200,
    });
    expect(functionOf(template, 'login')).toMatchObject({
      Environment: { Variables: { ALLOWED_ORIGINS: ORIGINS } },
    });
  });

  it.each([
    ['*', '', 'The setting allowedOrigins is "*", '],
    ['', '*', 'The setting allowedHeaders is "*", '],
    ['', 'traceparent tracestate', 'The setting allowedHeaders is "traceparent tracestate", '],
  ])('refuses %s with the headers %j', async (ALLOWED_ORIGINS, allowedHeaders, why) => {
    const plugin = new CorsPlugin({
      serviceDir: ROOT,
      service: {
        provider: { stage: 'prod', environment: { ALLOWED_ORIGINS } },
        custom: { allowedHeaders },
      },
    });
    await expect(plugin.hooks['before:package:initialize']()).rejects.toThrow(why);
  });
});

describe('serverless package without code, with which other tests read templates', () => {
  it('makes the same template, but for the names of the zips, and no zip', async () => {
    const { template, folder } = await sharedPackage({ code: false });
    const comparable = (each: object) =>
      JSON.stringify(each).replaceAll(/(?<="serverless\/[\w-]+\/prod\/)\d+-[^"]+/g, 'zip');
    expect(comparable(template)).toBe(comparable(made.template));
    expect((await readdir(folder)).filter((file) => file.endsWith('.zip'))).toEqual([]);
  });
});
