/**
 * Defines what each function may do on AWS: one line for each function.
 *
 * To add a function:
 * 1. Write handlers/<action>.ts.
 * 2. Add the function to `functions` in serverless.yml, with its route under `events` and with
 *    `role: <Function>Role`, such as `role: LoginRole` for the function `login`.
 * 3. Add its line below. The test tests/handlers/roles.test.ts compares the line with the calls that
 *    the function makes, and says which right is missing, too wide or not used.
 * 4. If it hashes a password or sends mail, add its route to throttled-routes.cjs.
 *
 * To add an attribute to an item, add it to the operations below that write it or have it in a
 * condition. The same test says which.
 *
 * serverless.yml loads this file by `${file(...)}`. osls cannot load ES modules that way.
 *
 * @typedef {{ hasMail: boolean, inAnswer: boolean, mustVerify: boolean, hasMailEvents: boolean }}
 *   Settings hasMail: mail is sent; inAnswer: tokens are in the answer, unless mail is asked for;
 *   mustVerify: login requires a verified email; hasMailEvents: bounces of mails are told
 * @typedef {Record<string, (string | false)[]>} Roles `false` grants nothing
 * @typedef {Record<string, { role?: string, condition?: string }>} Functions of serverless.yml
 * @typedef {{ Action: string | string[], Resource: unknown, Condition?: object }} Grant
 * @typedef {{ does: string, in: string, with?: string }} Operation does: an operation of DynamoDB; in:
 *   an entry of PARTITIONS; with: all attributes that a write names, beside the key
 */

/**
 * The rights of each function: entries of OPERATIONS and of RIGHTS. Every function may also write its
 * own log.
 *
 * @type {(settings: Settings) => Roles}
 */
const roles = ({ hasMail, inAnswer, mustVerify, hasMailEvents }) => ({
  index: [],
  getPage: [],
  notFound: [],

  registerUser: [
    ...['get marker', 'add user', 'add marker'],
    mustVerify && 'add decoy',
    mustVerify && hasMail && 'invoke sendMail',
  ],
  login: [
    ...['find by email', 'get user', 'get marker', 'count attempts', 'clear attempts'],
    ...['add session', 'upgrade hash', 'find by session', 'list items', 'delete items'],
    hasMail && 'invoke sendMail',
  ],
  logout: ['find by session', 'get items', 'delete items'],
  getProfile: ['find by session', 'get items', 'touch session'],
  deleteUser: [
    ...['find by session', 'get items', 'count attempts', 'clear attempts'],
    ...['delete items', 'delete marker'],
    ...(hasMail ? ['add deletion', 'invoke sendMail'] : []),
  ],

  requestPasswordReset: [
    ...(inAnswer ? ['find by email', 'get user', 'get marker', 'set reset token'] : []),
    hasMail && 'invoke sendMail',
  ],
  updatePassword: [
    ...['find by reset token', 'get user', 'clear attempts'],
    ...(hasMail ? ['redeem mailed token', 'invoke sendMail'] : ['redeem reset token']),
    ...['find by session', 'delete items'],
  ],
  changePassword: [
    ...['find by session', 'get items', 'count attempts', 'clear attempts'],
    ...['change password', 'add session'],
    hasMail && 'invoke sendMail',
  ],

  listSessions: ['find by session', 'get items', 'list items', 'touch session'],
  endSession: ['find by session', 'get items', 'list items', 'touch session', 'delete items'],
  endOtherSessions: ['find by session', 'get items', 'touch session', 'end other sessions'],
  endAllSessions: ['find by session', 'get items', 'end all sessions'],

  requestEmailVerification: [
    ...(inAnswer ? ['find by email', 'get user', 'get marker', 'add email token'] : []),
    hasMail && 'invoke sendMail',
  ],
  verifyEmail: [
    ...['find by session', 'get items', 'count attempts', 'clear attempts'],
    ...['set email', 'delete items', 'add marker', 'delete marker'],
    // A change to an address that somebody else has.
    ...(hasMail ? ['get marker', 'get user', 'add former email', 'invoke sendMail'] : []),
  ],
  changeEmail: [
    ...['find by session', 'get items', 'count attempts', 'clear attempts'],
    'set email change',
    inAnswer && 'get marker',
    hasMail && 'invoke sendMail',
  ],

  authorize: ['find by session', 'get items', 'touch session'],
  // Lambda requires the right to the queue of a function, even of one that is never invoked.
  sendMail: hasMail
    ? [
        ...['keep unsent mail', 'find by email', 'get user', 'get marker'],
        ...[
          'get attempts',
          'get recipient',
          'take mail turn',
          'mail reset token',
          'add email token',
        ],
        ...['set email change', 'send mail'],
        hasMailEvents && 'get mark',
      ]
    : ['keep unsent mail'],
  markBounce: [hasMail && hasMailEvents && 'add mark'],
});

/**
 * The partitions of the table, by the pattern of their key: see lib/db/items.ts. IAM cannot tell one
 * user from another, nor the items of one user from each other.
 *
 * @type {Record<string, string>}
 */
const PARTITIONS = {
  users: '????????-????-????-????-????????????',
  markers: 'email#*',
  attempts: 'attempts#*',
  decoys: 'decoy#*',
  recipients: 'recipient#*',
  marks: 'undeliverable#*',
};

/** The attributes of a reset token. A write that removes one names all. */
const RESET_TOKEN = 'reset_token reset_token_expires_at reset_token_mailed';

/**
 * What a function may do with items. A write may name its attributes and no others, whether it writes
 * them or has them in a condition: IAM does not distinguish the two. So a function that only notes the
 * last use of a session can write no password.
 *
 * A transaction needs the rights to each of its parts. Assumed, as it cannot be tried without AWS: IAM
 * decides about the keys and attributes of each part by itself. `npm run smoke` shows it: if IAM mixes
 * the parts, registration fails.
 *
 * Reads are not limited to attributes: a write may return the whole item if its condition fails, and
 * IAM cannot prevent that. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
 *
 * @type {Record<string, Operation>}
 */
const OPERATIONS = {
  'get user': { does: 'GetItem', in: 'users' },
  'get marker': { does: 'GetItem', in: 'markers' },
  'get attempts': { does: 'GetItem', in: 'attempts' },
  'get items': { does: 'BatchGetItem', in: 'users' },
  'list items': { does: 'Query', in: 'users' },

  'add user': {
    ...{ does: 'PutItem', in: 'users' },
    with: 'email hashed_password language session_epoch created_at updated_at',
  },
  'upgrade hash': { does: 'UpdateItem', in: 'users', with: 'hashed_password updated_at' },
  'change password': {
    ...{ does: 'UpdateItem', in: 'users' },
    with: `hashed_password password_changed_at session_epoch ${RESET_TOKEN} updated_at`,
  },
  'set reset token': {
    ...{ does: 'UpdateItem', in: 'users' },
    with: 'email reset_token reset_token_expires_at updated_at',
  },
  'mail reset token': {
    ...{ does: 'UpdateItem', in: 'users' },
    with: `email ${RESET_TOKEN} updated_at`,
  },
  'redeem reset token': {
    ...{ does: 'UpdateItem', in: 'users' },
    with: `email hashed_password password_changed_at session_epoch ${RESET_TOKEN} updated_at`,
  },
  'redeem mailed token': {
    ...{ does: 'UpdateItem', in: 'users' },
    with: `email email_verified_at hashed_password password_changed_at session_epoch ${RESET_TOKEN} updated_at`,
  },
  'set email change': {
    ...{ does: 'UpdateItem', in: 'users' },
    with: 'email session_epoch email_change',
  },
  'set email': {
    ...{ does: 'UpdateItem', in: 'users' },
    with: `email email_verified_at email_verified_by email_change session_epoch ${RESET_TOKEN} updated_at`,
  },
  'end all sessions': {
    ...{ does: 'UpdateItem', in: 'users' },
    with: 'session_epoch sessions_ended_at updated_at',
  },
  'end other sessions': {
    ...{ does: 'UpdateItem', in: 'users' },
    with: 'session_epoch kept_session kept_epoch sessions_ended_at updated_at',
  },

  'add session': {
    ...{ does: 'PutItem', in: 'users' },
    with: 'session_id epoch methods authenticated_at created_at last_seen expires_at user_agent ip',
  },
  'touch session': { does: 'UpdateItem', in: 'users', with: 'last_seen expires_at' },

  'add email token': { does: 'PutItem', in: 'users', with: 'address epoch expires_at' },

  'add former email': { does: 'PutItem', in: 'users', with: 'language expires_at' },
  'add deletion': { does: 'PutItem', in: 'users', with: 'address language expires_at' },
  'delete items': { does: 'DeleteItem', in: 'users' },
  'add marker': { does: 'PutItem', in: 'markers', with: 'user_id' },
  'delete marker': { does: 'DeleteItem', in: 'markers' },

  'count attempts': {
    does: 'UpdateItem',
    in: 'attempts',
    with: 'count failures last_at expires_at',
  },
  'clear attempts': { does: 'DeleteItem', in: 'attempts' },

  'add decoy': { does: 'PutItem', in: 'decoys', with: 'expires_at' },

  'get recipient': { does: 'GetItem', in: 'recipients' },
  'take mail turn': {
    ...{ does: 'PutItem', in: 'recipients' },
    with: 'sent_at last revision expires_at',
  },

  'get mark': { does: 'GetItem', in: 'marks' },
  'add mark': { does: 'PutItem', in: 'marks', with: 'reason at' },
};

/** @type {Record<string, Grant>} What a function may do beside OPERATIONS. */
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
  const operation = OPERATIONS[right];
  const grant = operation ? onItems(operation) : RIGHTS[right];
  if (!grant) throw refusal(`roles.cjs: "${right}" is not a right that it knows`);
  const Sid = right.split(' ').map(prefixOf).join('');
  return { Sid, Effect: 'Allow', ...grant };
}

/**
 * @param {Operation} operation
 * @returns {Grant}
 */
function onItems({ does, in: partitions, with: attributes }) {
  return {
    Action: `dynamodb:${does}`,
    Resource: arnOf('UsersTable'),
    Condition: {
      'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': PARTITIONS[partitions] },
      ...(attributes !== undefined && {
        'ForAllValues:StringEquals': {
          'dynamodb:Attributes': ['id', 'item', ...attributes.split(' ')],
        },
      }),
    },
  };
}

/** @param {string} name such as that of a function, as osls and `roles` spell it */
function prefixOf(name) {
  return `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}

/**
 * @param {string} name
 * @param {Roles[string]} rights
 * @param {string} [condition] of CloudFormation, on which the function and its log exist
 */
function roleOf(name, rights, condition) {
  const writeLog = {
    Effect: 'Allow',
    Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    Resource: arnOf(`${prefixOf(name)}LogGroup`),
  };
  const granted = rights.filter((right) => right !== false);
  return {
    Type: 'AWS::IAM::Role',
    ...(condition !== undefined && { Condition: condition }),
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
 * @param {Functions} functions
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
 * Returns the roles as resources of CloudFormation.
 *
 * @param {{ resolveVariable: (variable: string) => Promise<unknown> }} osls
 */
module.exports = async ({ resolveVariable }) => {
  const delivery = await resolveVariable('param:resetTokenDelivery');
  const mailFrom = await resolveVariable('param:mailFrom');
  const verified = await resolveVariable('param:requireVerifiedEmail');
  const mailEvents = await resolveVariable('param:mailEvents');
  const functions = /** @type {Functions} */ (await resolveVariable('self:functions'));
  // The command line gives text where serverless.yml may give true or false. settings.mjs refuses all
  // other values.
  const table = roles({
    hasMail: String(mailFrom) !== '',
    inAnswer: String(delivery) === 'response',
    mustVerify: String(verified) === 'true',
    hasMailEvents: String(mailEvents) === 'true',
  });
  check(table, functions);
  /** @type {Record<string, object>} */
  const Resources = {};
  for (const [name, rights] of Object.entries(table)) {
    Resources[`${prefixOf(name)}Role`] = roleOf(name, rights, functions[name]?.condition);
  }
  return { Resources };
};
