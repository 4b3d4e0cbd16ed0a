/** The templates of a package without settings and of one with all, checked before a deployment. */
import { beforeAll, describe, expect, it } from 'vitest';
import {
  ALL_SETTINGS,
  functionOf,
  holds,
  KEY_REFERENCE,
  roleOf,
  statementsOf,
  type Package,
  type Resource,
} from '../support/package.ts';
import { readServerless } from '../support/serverless.ts';
import { sharedPackage } from '../support/shared.ts';
import { diagnose } from '../support/validator.ts';

const names = Object.keys(readServerless().functions);

const SETTINGS = {
  'without settings': [],
  'with all settings': ALL_SETTINGS,
};

/** Findings of the validator that are no faults: the rule's id, and where it may be found. */
const HARMLESS: Record<string, RegExp> = {
  // osls names dependencies that CloudFormation sees by itself,
  W3005: /^AWS::(Lambda::Function|ApiGatewayV2::(Route|Stage))$/,
  // and joins strings that could be substituted.
  I1022: /^(AWS::(Lambda::Permission|S3::BucketPolicy)|HttpApiUrl)$/,
  // Logs and failed mails may be deleted with the service: they expire within 30 days anyway.
  I3011: /^AWS::(Logs::LogGroup|SQS::Queue)$/,
  // Some properties replace the resource when they change. In a new service none changes.
  I9001: /^AWS::/,
  // Whoever deploys the service chooses its tags (provider.tags).
  I9040: /^AWS::/,
  // The package already knows whether there are alarms and mail events.
  W8003: /^(HasAlarms|HasMailEvents|HasAlarmsAndMailEvents)$/,
};

describe.each(Object.entries(SETTINGS))('a template %s', (_, params) => {
  let made: Package;

  beforeAll(async () => {
    made = await sharedPackage({ params, code: false });
  });

  /** The resources that a deployment makes. */
  const resources = (type = /^/): Resource[] => {
    return Object.values(made.template.Resources)
      .filter(({ Condition }) => !Condition || holds(made.template, { Condition }))
      .filter(({ Type }) => type.test(Type));
  };
  const propertiesOf = (type: RegExp) => resources(type).map(({ Properties }) => Properties);
  /** The functions that a deployment makes. */
  const deployed = () =>
    names.filter((name) =>
      propertiesOf(/^AWS::Lambda::Function$/).includes(functionOf(made.template, name)),
    );
  const stage = () => made.template.Resources['HttpApiStage'];

  it('passes the validator of CloudFormation', () => {
    const diagnostics = diagnose(made.templatePath);
    const faults = diagnostics.filter(({ ruleId, entity }) => {
      const at = entity?.resourceType ?? entity?.logicalId ?? '';
      return !HARMLESS[ruleId]?.test(at);
    });
    expect(faults).toEqual([]);
    // The validator ran, and every excuse is needed.
    const excused = new Set(diagnostics.map(({ ruleId }) => ruleId));
    expect([...excused].sort()).toEqual(Object.keys(HARMLESS).sort());
  });

  // https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
  it('allows existing actions only, and only on named resources', () => {
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
    // The identity that the sender belongs to is unknown. The condition limits the sender.
    expect(wide).toMatchObject([
      {
        Action: 'ses:SendEmail',
        Condition: { StringEquals: { 'ses:FromAddress': expect.any(String) } },
      },
    ]);
  });

  it('gives every function its own role, which only Lambda may assume', () => {
    expect(resources(/^AWS::IAM::/).map(({ Type }) => Type)).toEqual(
      deployed().map(() => 'AWS::IAM::Role'),
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

  it('has the key of imported passwords only as a reference, in the functions that verify a password', () => {
    const key = params.length > 0 ? KEY_REFERENCE : '';
    const having = names
      .map((name) => [name, functionOf(made.template, name).Environment.Variables] as const)
      .filter(([, variables]) => 'IMPORTED_PASSWORD_KEY' in variables)
      .map(([name, variables]) => [name, variables['IMPORTED_PASSWORD_KEY']]);
    expect(Object.fromEntries(having)).toEqual({
      login: key,
      changePassword: key,
      deleteUser: key,
      verifyEmail: key,
      changeEmail: key,
    });
  });

  it('gives the functions that hash a whole CPU, and the others less memory', () => {
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
      verifyEmail: 1769,
      changeEmail: 1769,
      getPage: 256,
      notFound: 256,
      authorize: 512,
      sendMail: 512,
      markBounce: 512,
    });
  });

  it('throttles every route, and most of all the routes that hash or send mail', () => {
    const { DefaultRouteSettings, RouteSettings } = stage()?.Properties ?? {};
    const limit = (ThrottlingRateLimit: number, ThrottlingBurstLimit: number) => ({
      ThrottlingRateLimit,
      ThrottlingBurstLimit,
    });
    // Only the limits: metrics for each route would cost money.
    expect(DefaultRouteSettings).toEqual(limit(500, 1000));
    expect(RouteSettings).toEqual({
      'POST /users': limit(100, 200),
      'POST /sessions': limit(100, 200),
      'PUT /reset_password': limit(100, 200),
      'PUT /password': limit(100, 200),
      'DELETE /profile': limit(100, 200),
      'POST /profile/deletion': limit(100, 200),
      'POST /reset_password': limit(100, 200),
      'PUT /email': limit(100, 200),
      'POST /email_verification': limit(100, 200),
      'PUT /email_verification': limit(100, 200),
    });
  });

  it('makes the routes before it sets their limits', () => {
    const { Properties, DependsOn = [] } = stage() ?? expect.fail('no stage');
    const first = [DependsOn].flat().map((id) => made.template.Resources[id]?.Properties);
    for (const route of Object.keys(Properties['RouteSettings'] as object)) {
      expect(first).toContainEqual(expect.objectContaining({ RouteKey: route }));
    }
  });

  it('logs every request without secrets, under the request id that the functions log', () => {
    const { AccessLogSettings } = stage()?.Properties ?? {};
    const { DestinationArn, Format } = AccessLogSettings as Record<'Format', string> & {
      DestinationArn: unknown;
    };
    expect(DestinationArn).toEqual({ 'Fn::GetAtt': ['HttpApiLogGroup', 'Arn'] });
    // API Gateway accepts a single line only.
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

  it('keeps the logs of every function and of the requests for 30 days', () => {
    const groups = propertiesOf(/^AWS::Logs::LogGroup$/);
    expect(groups.map(({ LogGroupName }) => LogGroupName)).toEqual(
      expect.arrayContaining([
        '/aws/http-api/user-authentication-prod',
        ...deployed().map((name) => `/aws/lambda/${functionOf(made.template, name).FunctionName}`),
      ]),
    );
    expect(groups).toHaveLength(deployed().length + 1);
    for (const group of groups) expect(group).toMatchObject({ RetentionInDays: 30 });
  });

  it('sends alarms to the given address only', () => {
    const email = params.find((param) => param.startsWith('alarmEmail='))?.split('=')[1];
    const endpoints = propertiesOf(/^AWS::SNS::/).map(({ Subscription }) => Subscription);
    expect(endpoints).toEqual(
      email === undefined ? [] : [[{ Protocol: 'email', Endpoint: email }]],
    );
    const alarms = propertiesOf(/^AWS::CloudWatch::/);
    const sendMail = [{ Name: 'FunctionName', Value: { Ref: 'SendMailLambdaFunction' } }];
    const authorize = [{ Name: 'FunctionName', Value: { Ref: 'AuthorizeLambdaFunction' } }];
    const markBounce = [{ Name: 'FunctionName', Value: { Ref: 'MarkBounceLambdaFunction' } }];
    const queue = { 'Fn::GetAtt': ['UnsentMailQueue', 'QueueName'] };
    const watched = [
      ['AWS/ApiGateway', '5xx', [{ Name: 'ApiId', Value: { Ref: 'HttpApi' } }]],
      ['AWS/Lambda', 'Errors', sendMail],
      ['AWS/Lambda', 'Throttles', sendMail],
      ['AWS/Lambda', 'Errors', authorize],
      ['AWS/Lambda', 'Errors', markBounce],
      ['AWS/SQS', 'ApproximateNumberOfMessagesVisible', [{ Name: 'QueueName', Value: queue }]],
      ['user-authentication-prod', 'RefusedRequests', undefined],
    ];
    expect(
      alarms.map((alarm) => [alarm['Namespace'], alarm['MetricName'], alarm['Dimensions']]),
    ).toEqual(email === undefined ? [] : watched);
    for (const alarm of alarms) {
      expect(alarm).toMatchObject({
        Period: 300,
        EvaluationPeriods: 1,
        Threshold: alarm['MetricName'] === 'RefusedRequests' ? 300 : 1,
        ComparisonOperator: 'GreaterThanOrEqualToThreshold',
        TreatMissingData: 'notBreaching',
        AlarmActions: [{ Ref: 'AlarmTopic' }],
      });
    }
  });

  it('counts the requests that were answered 429, in the access log, if there are alarms', () => {
    const asked = params.some((param) => param.startsWith('alarmEmail='));
    expect(propertiesOf(/^AWS::Logs::MetricFilter$/)).toEqual(
      asked
        ? [
            {
              LogGroupName: { Ref: 'HttpApiLogGroup' },
              FilterPattern: '{ $.status = "429" }',
              MetricTransformations: [
                {
                  MetricNamespace: 'user-authentication-prod',
                  MetricName: 'RefusedRequests',
                  MetricValue: '1',
                },
              ],
            },
          ]
        : [],
    );
  });

  it('has SES tell markBounce of bounces and complaints of its own mails, if that is asked for', () => {
    const watched = resources(/^AWS::(SES|Events)::/).map(({ Type, Properties }) => [
      Type,
      Properties,
    ]);
    const permissions = propertiesOf(/^AWS::Lambda::Permission$/).filter(
      ({ Principal }) => Principal === 'events.amazonaws.com',
    );
    const name = 'user-authentication-prod';
    const asked = params.length > 0;
    expect(deployed()).toEqual(asked ? names : names.filter((each) => each !== 'markBounce'));
    expect(functionOf(made.template, 'sendMail').Environment.Variables).toMatchObject({
      MAIL_EVENTS: String(asked),
      MAIL_CONFIGURATION_SET: name,
    });
    if (!asked) {
      expect([...watched, ...permissions]).toEqual([]);
      return;
    }
    const target = { 'Fn::GetAtt': ['MarkBounceLambdaFunction', 'Arn'] };
    const set = { Ref: 'MailConfigurationSet' };
    expect(watched).toEqual([
      ['AWS::SES::ConfigurationSet', { Name: name }],
      [
        'AWS::SES::ConfigurationSetEventDestination',
        {
          ConfigurationSetName: set,
          EventDestination: {
            Name: 'default-bus',
            Enabled: true,
            MatchingEventTypes: ['bounce', 'complaint'],
            EventBridgeDestination: {
              EventBusArn: {
                'Fn::Sub':
                  'arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:event-bus/default',
              },
            },
          },
        },
      ],
      [
        'AWS::Events::Rule',
        {
          EventPattern: {
            source: ['aws.ses'],
            'detail-type': ['Email Bounced', 'Email Complaint Received'],
            detail: { mail: { tags: { 'ses:configuration-set': [set] } } },
          },
          Targets: [{ Id: 'markBounce', Arn: target }],
        },
      ],
    ]);
    expect(permissions).toEqual([
      {
        Action: 'lambda:InvokeFunction',
        FunctionName: target,
        Principal: 'events.amazonaws.com',
        SourceArn: { 'Fn::GetAtt': ['MailEventRule', 'Arn'] },
      },
    ]);
  });

  it('links in mails to the pages of the settings, or else to its own at the address of the API', () => {
    const own = (page: string) => {
      const host = [{ Ref: 'HttpApi' }, 'execute-api', { Ref: 'AWS::Region' }];
      const name = { 'Fn::Join': ['.', [...host, { Ref: 'AWS::URLSuffix' }]] };
      return { 'Fn::Join': ['', ['https://', name, `/account/${page}`]] };
    };
    const asked = params.length > 0;
    expect(functionOf(made.template, 'sendMail').Environment.Variables).toMatchObject({
      PASSWORD_RESET_PAGE: asked ? 'https://app.example.com/reset-password' : own('reset'),
      EMAIL_VERIFICATION_PAGE: asked ? 'https://app.example.com/verify-email' : own('verify'),
    });
    // A resource that the API depended on, and that depended on the API, would be a circle.
    expect(made.template.Resources['HttpApi']).not.toHaveProperty('DependsOn');
    expect(JSON.stringify(made.template.Resources['HttpApi'])).not.toContain('LambdaFunction');
  });

  it('reserves no concurrency, which a new account does not have', () => {
    expect(JSON.stringify(made.template)).not.toContain('ReservedConcurrentExecutions');
  });

  it('exports the function that authorizes, under a name with the stage, to other stacks', () => {
    expect(made.template.Outputs['AuthorizeFunctionArn']).toEqual({
      Value: { 'Fn::GetAtt': ['AuthorizeLambdaFunction', 'Arn'] },
      Export: { Name: 'user-authentication-prod-authorize' },
    });
    expect(functionOf(made.template, 'authorize').FunctionName).toBe(
      'user-authentication-prod-authorize',
    );
  });

  it('has no standing charge but that of the alarms', () => {
    // AWS charges these by use or by stored byte, and alarms by the month.
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
    const alarms = ['AWS::CloudWatch::Alarm', 'AWS::Logs::MetricFilter', 'AWS::SNS::Topic'];
    const events = [
      'AWS::Events::Rule',
      'AWS::SES::ConfigurationSet',
      'AWS::SES::ConfigurationSetEventDestination',
    ];
    const asked = params.length > 0;
    expect([...new Set(resources().map(({ Type }) => Type))].sort()).toEqual(
      [...used, ...(asked ? [...alarms, ...events] : [])].sort(),
    );
    expect(JSON.stringify(made.template)).not.toMatch(
      /Provisioned(Throughput|Concurren)|Kms|DetailedMetrics|VpcConfig|SnapStart/,
    );
  });
});
