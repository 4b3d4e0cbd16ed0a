/** What a deployment would find out too late: the template of a plain package, and of one with all settings. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  functionOf,
  packageInto,
  roleOf,
  statementsOf,
  type Package,
  type Resource,
} from '../support/package.ts';
import { readServerless } from '../support/serverless.ts';
import { diagnose } from '../support/validator.ts';

const names = Object.keys(readServerless().functions);

const SETTINGS = {
  'without settings': [],
  'with all settings': [
    'mailFrom=no-reply@example.com',
    'passwordResetPage=https://app.example.com/reset-password',
    'emailVerificationPage=https://app.example.com/verify-email',
    'requireVerifiedEmail=true',
    'allowedOrigins=https://app.example.com',
    'alarmEmail=ops@example.com',
  ],
};

/** What of the validator's findings is no fault, by its rules' ids and what they are found at. */
const HARMLESS: Record<string, RegExp> = {
  // osls names dependencies that CloudFormation sees by itself ...
  W3005: /^AWS::(Lambda::Function|ApiGatewayV2::(Route|Stage))$/,
  // ... and joins what could be substituted.
  I1022: /^(AWS::(Lambda::Permission|S3::BucketPolicy)|HttpApiUrl)$/,
  // Logs, and mails that were given up, may go with the service: they would have gone in 30 days.
  I3011: /^AWS::(Logs::LogGroup|SQS::Queue)$/,
  // Properties whose change makes another resource: of a new service none changes.
  I9001: /^AWS::/,
  // Tags are for those to choose who deploy it (provider.tags).
  I9040: /^AWS::/,
  // Whether there are alarms is known when it is packaged.
  W8003: /^HasAlarms$/,
};

describe.each(Object.entries(SETTINGS))('a template %s', (_, params) => {
  let folder: string;
  let made: Package;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'template-'));
    made = await packageInto(join(folder, 'project'), { params });
  });

  afterAll(() => rm(folder, { recursive: true }));

  /** Those that a deployment makes. */
  const resources = (type = /^/): Resource[] => {
    const { Conditions, Resources } = made.template;
    const [email, none] = Conditions.HasAlarms['Fn::Not'][0]['Fn::Equals'];
    return Object.values(Resources)
      .filter(({ Condition }) => Condition === undefined || email !== none)
      .filter(({ Type }) => type.test(Type));
  };
  const propertiesOf = (type: RegExp) => resources(type).map(({ Properties }) => Properties);
  const stage = () => made.template.Resources['HttpApiStage'];

  it('has no fault that the validator of CloudFormation finds', () => {
    const diagnostics = diagnose(made.templatePath);
    const faults = diagnostics.filter(({ ruleId, entity }) => {
      const at = entity?.resourceType ?? entity?.logicalId ?? '';
      return !HARMLESS[ruleId]?.test(at);
    });
    expect(faults).toEqual([]);
    // It has looked, and nothing is excused in vain.
    const excused = new Set(diagnostics.map(({ ruleId }) => ruleId));
    expect([...excused].sort()).toEqual(Object.keys(HARMLESS).sort());
  }, 180_000);

  // https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
  it('allows actions that there are, on nothing less than a named resource', () => {
    const actions = names.flatMap((name) =>
      statementsOf(made.template, name).flatMap(({ Action }) => Action),
    );
    expect([...new Set(actions)].sort()).toEqual([
      'dynamodb:BatchGetItem',
      'dynamodb:DeleteItem',
      'dynamodb:GetItem',
      'dynamodb:PutItem',
      'dynamodb:Query',
      'dynamodb:UpdateItem',
      'lambda:InvokeFunction',
      'logs:CreateLogStream',
      'logs:PutLogEvents',
      'ses:SendEmail',
      'sqs:SendMessage',
    ]);
    const wide = names
      .flatMap((name) => statementsOf(made.template, name))
      .filter(({ Resource }) => JSON.stringify(Resource).includes('*'));
    // To which identity of the account the sender belongs is not known; see the condition.
    expect(wide).toMatchObject([
      {
        Action: 'ses:SendEmail',
        Condition: { StringEquals: { 'ses:FromAddress': expect.any(String) } },
      },
    ]);
  });

  it('lets Lambda alone take a role, each of which is one function’s', () => {
    expect(resources(/^AWS::IAM::/).map(({ Type }) => Type)).toEqual(
      names.map(() => 'AWS::IAM::Role'),
    );
    const roles = names.map((name) => roleOf(made.template, name));
    expect(new Set(roles).size).toBe(names.length);
    for (const role of roles) {
      expect(Object.keys(role).sort()).toEqual(['AssumeRolePolicyDocument', 'Policies']);
      expect(role.AssumeRolePolicyDocument.Statement).toEqual([
        {
          Effect: 'Allow',
          Principal: { Service: 'lambda.amazonaws.com' },
          Action: 'sts:AssumeRole',
        },
      ]);
    }
  });

  it('gives a whole CPU to the functions that hash, and little memory to the others', () => {
    const memory = names.map((name) => [name, functionOf(made.template, name).MemorySize]);
    expect(Object.fromEntries(memory)).toEqual({
      index: 256,
      registerUser: 1769,
      login: 1769,
      logout: 512,
      getProfile: 512,
      requestPasswordReset: 512,
      updatePassword: 1769,
      listSessions: 512,
      endSession: 512,
      endOtherSessions: 512,
      endAllSessions: 512,
      changePassword: 1769,
      deleteUser: 1769,
      requestEmailVerification: 512,
      verifyEmail: 512,
      changeEmail: 1769,
      notFound: 256,
      authorize: 512,
      sendMail: 512,
    });
  });

  it('throttles every route, and those the most that hash or send mail', () => {
    const { DefaultRouteSettings, RouteSettings } = stage()?.Properties ?? {};
    const limit = (ThrottlingRateLimit: number, ThrottlingBurstLimit: number) => ({
      ThrottlingRateLimit,
      ThrottlingBurstLimit,
    });
    // No more than the limits: metrics of each route would cost something.
    expect(DefaultRouteSettings).toEqual(limit(500, 1000));
    expect(RouteSettings).toEqual({
      'POST /users': limit(20, 40),
      'POST /sessions': limit(20, 40),
      'PUT /reset_password': limit(20, 40),
      'PUT /password': limit(20, 40),
      'DELETE /profile': limit(20, 40),
      'POST /reset_password': limit(10, 20),
      'PUT /email': limit(20, 40),
      'POST /email_verification': limit(10, 20),
    });
  });

  it('makes the routes before it sets what is theirs', () => {
    const { Properties, DependsOn = [] } = stage() ?? expect.fail('no stage');
    const first = [DependsOn].flat().map((id) => made.template.Resources[id]?.Properties);
    for (const route of Object.keys(Properties['RouteSettings'] as object)) {
      expect(first).toContainEqual(expect.objectContaining({ RouteKey: route }));
    }
  });

  it('logs each request, without anything secret, under the id of the functions’ log', () => {
    const { AccessLogSettings } = stage()?.Properties ?? {};
    const { DestinationArn, Format } = AccessLogSettings as Record<'Format', string> & {
      DestinationArn: unknown;
    };
    expect(DestinationArn).toEqual({ 'Fn::GetAtt': ['HttpApiLogGroup', 'Arn'] });
    // API Gateway takes one line only.
    expect(Format).not.toContain('\n');
    expect(JSON.parse(Format)).toEqual({
      time: '$context.requestTime',
      request_id: '$context.requestId',
      route: '$context.routeKey',
      status: '$context.status',
      latency_ms: '$context.responseLatency',
      source_ip: '$context.identity.sourceIp',
      error: '$context.error.message',
      integration_error: '$context.integrationErrorMessage',
    });
  });

  it('keeps every log for 30 days: one of each function, and one of the requests', () => {
    const groups = propertiesOf(/^AWS::Logs::LogGroup$/);
    expect(groups.map(({ LogGroupName }) => LogGroupName)).toEqual(
      expect.arrayContaining([
        '/aws/http-api/user-authentication-prod',
        ...names.map((name) => `/aws/lambda/${functionOf(made.template, name).FunctionName}`),
      ]),
    );
    expect(groups).toHaveLength(names.length + 1);
    for (const group of groups) expect(group).toMatchObject({ RetentionInDays: 30 });
  });

  it('tells nobody but whom it is asked to tell, of what fails', () => {
    const email = params.find((param) => param.startsWith('alarmEmail='))?.split('=')[1];
    const endpoints = propertiesOf(/^AWS::SNS::/).map(({ Subscription }) => Subscription);
    expect(endpoints).toEqual(
      email === undefined ? [] : [[{ Protocol: 'email', Endpoint: email }]],
    );
    const alarms = propertiesOf(/^AWS::CloudWatch::/);
    const sendMail = [{ Name: 'FunctionName', Value: { Ref: 'SendMailLambdaFunction' } }];
    const authorize = [{ Name: 'FunctionName', Value: { Ref: 'AuthorizeLambdaFunction' } }];
    const queue = { 'Fn::GetAtt': ['UnsentMailQueue', 'QueueName'] };
    const watched = [
      ['AWS/ApiGateway', '5xx', [{ Name: 'ApiId', Value: { Ref: 'HttpApi' } }]],
      ['AWS/Lambda', 'Errors', sendMail],
      ['AWS/Lambda', 'Throttles', sendMail],
      ['AWS/Lambda', 'Errors', authorize],
      ['AWS/SQS', 'ApproximateNumberOfMessagesVisible', [{ Name: 'QueueName', Value: queue }]],
    ];
    expect(
      alarms.map((alarm) => [alarm['Namespace'], alarm['MetricName'], alarm['Dimensions']]),
    ).toEqual(email === undefined ? [] : watched);
    for (const alarm of alarms) {
      expect(alarm).toMatchObject({
        Period: 300,
        EvaluationPeriods: 1,
        Threshold: 1,
        ComparisonOperator: 'GreaterThanOrEqualToThreshold',
        TreatMissingData: 'notBreaching',
        AlarmActions: [{ Ref: 'AlarmTopic' }],
      });
    }
  });

  it('lets other stacks import which function authorizes, by the stage', () => {
    expect(made.template.Outputs['AuthorizeFunctionArn']).toEqual({
      Value: { 'Fn::GetAtt': ['AuthorizeLambdaFunction', 'Arn'] },
      Export: { Name: 'user-authentication-prod-authorize' },
    });
    expect(functionOf(made.template, 'authorize').FunctionName).toBe(
      'user-authentication-prod-authorize',
    );
  });

  it('costs nothing while nobody calls it, but for alarms', () => {
    // Paid for by use, or by the byte that is kept; alarms by the month.
    const used = [
      'AWS::ApiGatewayV2::Api',
      'AWS::ApiGatewayV2::Integration',
      'AWS::ApiGatewayV2::Route',
      'AWS::ApiGatewayV2::Stage',
      'AWS::DynamoDB::Table',
      'AWS::IAM::Role',
      'AWS::Lambda::EventInvokeConfig',
      'AWS::Lambda::Function',
      'AWS::Lambda::Permission',
      'AWS::Logs::LogGroup',
      'AWS::S3::Bucket',
      'AWS::S3::BucketPolicy',
      'AWS::SQS::Queue',
    ];
    const alarms = ['AWS::CloudWatch::Alarm', 'AWS::SNS::Topic'];
    const asked = params.some((param) => param.startsWith('alarmEmail='));
    expect([...new Set(resources().map(({ Type }) => Type))].sort()).toEqual(
      [...used, ...(asked ? alarms : [])].sort(),
    );
    expect(JSON.stringify(made.template)).not.toMatch(
      /Provisioned(Throughput|Concurren)|Kms|DetailedMetrics|VpcConfig|SnapStart/,
    );
  });
});
