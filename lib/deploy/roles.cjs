/**
 * Defines what each function may do on AWS: one line for each function.
 *
 * To add a function:
 * 1. Write handlers/<action>.ts.
 * 2. Add the function to `functions` in serverless.yml, with its route under `events` and with
 *    `role: <Function>Role`, such as `role: LoginRole` for the function `login`.
 * 3. Add its line below. The test tests/handlers/roles.test.ts compares the line with the calls that
 *    the function makes, and fails on a right that is missing or not used.
 * 4. If it hashes a password or sends mail, add its route to throttled-routes.cjs.
 *
 * serverless.yml loads this file by `${file(...)}`. osls cannot load ES modules that way.
 *
 * @typedef {{ byEmail: boolean, mustVerify: boolean }} Settings byEmail: tokens are delivered by
 *   email, and not in the response; mustVerify: login requires a verified email
 * @typedef {Record<string, (string | false)[]>} Roles `false` grants nothing
 * @typedef {{ Action: string | string[], Resource: unknown, Condition?: object }} Grant
 */

/**
 * The rights of each function. A right is an entry of RIGHTS, or a list of operations on the items of
 * the table (OPERATIONS). Every function may also write its own log.
 *
 * @type {(settings: Settings) => Roles}
 */
const roles = ({ byEmail, mustVerify }) => ({
  index: [],
  notFound: [],

  registerUser: mustVerify ? ['put', byEmail && 'invoke sendMail'] : ['get put'],
  login: ['find by email', 'get put update delete'],
  logout: ['find by session', 'batch-get delete'],
  getProfile: ['find by session', 'batch-get update'],
  deleteUser: ['find by session', 'batch-get update delete'],

  requestPasswordReset: byEmail ? ['invoke sendMail'] : ['find by email', 'get update'],
  updatePassword: ['find by reset token', 'get update delete', byEmail && 'invoke sendMail'],
  changePassword: ['find by session', 'batch-get put update delete', byEmail && 'invoke sendMail'],

  listSessions: ['find by session', 'batch-get query update'],
  endSession: ['find by session', 'batch-get query update delete'],
  endOtherSessions: ['find by session', 'batch-get update'],
  endAllSessions: ['find by session', 'batch-get update'],

  requestEmailVerification: byEmail ? ['invoke sendMail'] : ['find by email', 'get put'],
  verifyEmail: ['batch-get put update delete'],
  changeEmail: [
    'find by session',
    'batch-get update delete',
    byEmail ? 'invoke sendMail' : 'get put',
  ],

  authorize: ['find by session', 'batch-get update'],
  // Lambda requires the right to the queue of a function, even of one that is never invoked.
  sendMail: byEmail
    ? ['keep unsent mail', 'find by email', 'get update', 'put', 'send mail']
    : ['keep unsent mail'],
});

/** @type {Record<string, Grant>} */
const RIGHTS = {
  'find by email': queryOf('email-index'),
  'find by session': queryOf('session_id-index'),
  'find by reset token': queryOf('reset_token-index'),
  'invoke sendMail': {
    Action: 'lambda:InvokeFunction',
    // By name. The ARN of the function would make a circular dependency of the resources.
    Resource: inRegion('lambda', 'function:${self:provider.environment.MAIL_FUNCTION}'),
  },
  'keep unsent mail': { Action: 'sqs:SendMessage', Resource: arnOf('UnsentMailQueue') },
  // SES checks the right to the identity (the sender's address or its domain) and to the
  // configuration set that the identity may have. In its sandbox, the recipient is an identity too.
  'send mail': {
    Action: 'ses:SendEmail',
    Resource: [inRegion('ses', 'identity/*'), inRegion('ses', 'configuration-set/*')],
    Condition: { StringEquals: { 'ses:FromAddress': '${param:mailFrom}' } },
  },
};

/** @type {Record<string, string>} A transaction needs the rights to each of its operations. */
const OPERATIONS = {
  get: 'dynamodb:GetItem',
  'batch-get': 'dynamodb:BatchGetItem',
  query: 'dynamodb:Query',
  put: 'dynamodb:PutItem',
  update: 'dynamodb:UpdateItem',
  delete: 'dynamodb:DeleteItem',
};

/**
 * Makes an error that osls prints without a stack.
 *
 * @param {string} message
 */
function refusal(message) {
  const error = new Error(message);
  delete error.stack;
  return error;
}

/** @param {string} index */
function queryOf(index) {
  return { Action: 'dynamodb:Query', Resource: { 'Fn::Sub': `\${UsersTable.Arn}/index/${index}` } };
}

/** @param {string} resource */
function arnOf(resource) {
  return { 'Fn::GetAtt': [resource, 'Arn'] };
}

/**
 * @param {string} service
 * @param {string} resource
 */
function inRegion(service, resource) {
  const account = '${AWS::Region}:${AWS::AccountId}';
  return { 'Fn::Sub': `arn:\${AWS::Partition}:${service}:${account}:${resource}` };
}

/**
 * Turns a right into a statement of a policy.
 *
 * @param {string} right
 */
function allow(right) {
  return { Effect: 'Allow', ...(RIGHTS[right] ?? operationsOnTable(right)) };
}

/**
 * @param {string} right
 * @returns {Grant}
 */
function operationsOnTable(right) {
  const actions = right.split(' ').map((word) => {
    const action = OPERATIONS[word];
    if (action === undefined) throw refusal(`roles.cjs: "${right}" is not a right that it knows`);
    return action;
  });
  const [first = '', ...more] = actions;
  return { Action: more.length === 0 ? first : actions, Resource: arnOf('UsersTable') };
}

/** @param {string} name of a function, as osls and `roles` spell it */
function prefixOf(name) {
  return `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}

/**
 * @param {string} name
 * @param {Roles[string]} rights
 */
function roleOf(name, rights) {
  const writeLog = {
    Effect: 'Allow',
    Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    Resource: arnOf(`${prefixOf(name)}LogGroup`),
  };
  const granted = rights.filter((right) => right !== false);
  return {
    Type: 'AWS::IAM::Role',
    Properties: {
      AssumeRolePolicyDocument: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { Service: 'lambda.amazonaws.com' },
            Action: 'sts:AssumeRole',
          },
        ],
      },
      Policies: [
        {
          PolicyName: 'endpoint',
          PolicyDocument: { Version: '2012-10-17', Statement: [writeLog, ...granted.map(allow)] },
        },
      ],
    },
  };
}

/**
 * Makes sure that every function has its own role and every line is a function's.
 *
 * @param {Roles} table
 * @param {Record<string, { role?: string }>} functions of serverless.yml
 */
function check(table, functions) {
  for (const [name, { role }] of Object.entries(functions)) {
    if (!table[name]) throw refusal(`roles.cjs has no line for the function ${name}`);
    const right = `${prefixOf(name)}Role`;
    if (role !== right) throw refusal(`The function ${name} needs role: ${right}`);
  }
  for (const name of Object.keys(table)) {
    if (!functions[name]) throw refusal(`roles.cjs has a line for ${name}, which is no function`);
  }
}

/**
 * Reads a setting that decides on rights. The command line gives text where serverless.yml may give
 * true or false.
 *
 * @param {unknown} value
 * @param {string} name
 * @param {[yes: string, no: string]} values
 */
function isSet(value, name, [yes, no]) {
  const text = String(value);
  if (text === yes || text === no) return text === yes;
  throw refusal(`The setting ${name} is "${text}", and has to be ${yes} or ${no}`);
}

/**
 * Returns the roles as resources of CloudFormation.
 *
 * @param {{ resolveVariable: (variable: string) => Promise<unknown> }} osls
 */
module.exports = async ({ resolveVariable }) => {
  const delivery = await resolveVariable('param:resetTokenDelivery');
  const verified = await resolveVariable('param:requireVerifiedEmail');
  const functions = await resolveVariable('self:functions');
  const table = roles({
    byEmail: isSet(delivery, 'resetTokenDelivery', ['email', 'response']),
    mustVerify: isSet(verified, 'requireVerifiedEmail', ['true', 'false']),
  });
  check(table, /** @type {Record<string, { role?: string }>} */ (functions));
  /** @type {Record<string, object>} */
  const Resources = {};
  for (const [name, rights] of Object.entries(table)) {
    Resources[`${prefixOf(name)}Role`] = roleOf(name, rights);
  }
  return { Resources };
};
