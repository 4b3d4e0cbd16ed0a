/**
 * The role of each function allows exactly what the function does. The test makes every function do
 * everything it can, in all settings, and compares its calls of AWS with its role. The roles of the
 * template are those of roles.cjs: a package of each of the settings would take most of the time.
 */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import type { Route } from '../support/client.ts';
import type { EventParts } from '../support/events.ts';
import { toVariables } from '../../lib/deploy/settings.mjs';
import { generateToken } from '../../lib/core/token.ts';
import { loginOf } from '../../lib/limits/attempts.ts';
import { almostLock, createLibrary, newEmail, tableName } from '../support/library.ts';
import { startLaggingIndex } from '../support/lagging-index.ts';
import { bounceOf } from '../support/mail-events.ts';
import { startLambda, startMailbox } from '../support/mail.ts';
import { functionOf, packageInto, type Statement, type Template } from '../support/package.ts';
import {
  allows,
  ATTRIBUTES,
  attributesOf,
  LEADING_KEYS,
  requestsOf,
  resourcesOf,
  type Request,
} from '../support/policy.ts';
import { startProxy } from '../support/proxy.ts';
import { makeRoles, statementsOfRole, type Role } from '../support/roles.ts';
import { readServerless } from '../support/serverless.ts';
import { clientWith } from '../support/settings.ts';

const { functions } = readServerless();
const names = Object.keys(functions);
const functionAt = Object.fromEntries(
  Object.entries(functions).flatMap(([name, { events = [] }]) =>
    events.map(({ httpApi }) => [httpApi === '*' ? '$default' : httpApi, name]),
  ),
) as Record<Route, string>;

const ARN = 'arn:${AWS::Partition}:';
const IN_ACCOUNT = '${AWS::Region}:${AWS::AccountId}:';
const PASSWORD = 'a fine long password';

const tableArn = (name: string) => (name === tableName ? '${UsersTable.Arn}' : name);

/** A request to another service than DynamoDB. */
const requestTo = (
  action: string,
  resource: string,
  context: Request['context'] = {},
): Request => ({
  ...{ action, resource, context },
});

/** Returns the requests that Lambda itself makes to run a function. */
function requestsOfLambda(name: string): Request[] {
  const log = `\${${name.charAt(0).toUpperCase()}${name.slice(1)}LogGroup.Arn}`;
  return [
    requestTo('logs:CreateLogStream', log),
    requestTo('logs:PutLogEvents', log),
    ...(name === 'sendMail' ? [requestTo('sqs:SendMessage', '${UnsentMailQueue.Arn}')] : []),
  ];
}

/** Returns what a role lacks for these requests, and what it has beyond them: each with what to do. */
function findFaults(statements: Statement[], requests: Request[]): string[] {
  const lacking = requests
    .filter((each) => !statements.some((statement) => allows(statement, each)))
    .map((each) => `It may not do this. Add it to lib/deploy/roles.cjs: ${describeRequest(each)}`);
  const excessive = statements.flatMap((statement) => {
    const { Sid = '', Action } = statement;
    const used = requests.filter((each) => allows(statement, each));
    const isNeeded = used.some(
      (each) => !statements.some((other) => other !== statement && allows(other, each)),
    );
    if (!isNeeded) return [`It needs no right "${Sid}". Remove it from its line in roles.cjs.`];
    const named = new Set(used.flatMap(({ context }) => context[ATTRIBUTES] ?? []));
    return [
      ...[Action].flat().filter((action) => !used.some((each) => each.action === action)),
      ...resourcesOf(statement).filter((on) => !used.some(({ resource }) => resource === on)),
      ...attributesOf(statement).filter((attribute) => !named.has(attribute)),
    ].map((unused) => `Its right "${Sid}" allows what it does not use: ${unused}`);
  });
  return [...new Set([...lacking, ...excessive])];
}

function describeRequest({ action, resource, context }: Request): string {
  const [key = ''] = context[LEADING_KEYS] ?? [];
  const attributes = context[ATTRIBUTES] ?? [];
  return [
    `${action} on ${resource}`,
    key.includes('#') ? `, in the partition ${key.replace(/#.*/, '#*')}` : '',
    attributes.length > 0 ? `, with the attributes ${attributes.join(' ')}` : '',
  ].join('');
}

let folder: string;
const [lambda, ses] = await Promise.all([startLambda(), startMailbox()]);
const behind = await startLaggingIndex(inject('dynamodb'), 'empty');

// The SDK reads the environment at the first call.
process.env['AWS_ENDPOINT_URL_LAMBDA'] = lambda.url;
process.env['AWS_ENDPOINT_URL_SESV2'] = ses.url;

/** The requests that each function makes. Calls of the test itself do not count. */
let requests: Record<string, Request[]>;
let running: string | undefined;

const [recorder, recorderBehind] = await Promise.all(
  [inject('dynamodb'), behind.url].map((target) =>
    startProxy(target, (call, forward) => {
      if (running !== undefined) requests[running]?.push(...requestsOf(call, tableArn));
      return forward();
    }),
  ),
);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'roles-'));
});

afterAll(async () => {
  await Promise.all([recorder?.stop(), recorderBehind?.stop(), behind.stop(), lambda.down()]);
  await ses.down();
  await rm(folder, { recursive: true });
});

async function as<T>(name: string, action: () => Promise<T>): Promise<T> {
  running = name;
  try {
    return await action();
  } finally {
    running = undefined;
  }
}

async function doEverything(variables: Record<string, unknown>): Promise<void> {
  expect(variables['TABLE_NAME']).toEqual({ Ref: 'UsersTable' });
  const packaged = toVariables(variables);
  const mailed = packaged['MAIL_FROM'] !== '';
  const answered = packaged['RESET_TOKEN_DELIVERY'] === 'response';
  const mustVerify = packaged['REQUIRE_VERIFIED_EMAIL'] === 'true';

  /** Starts the functions with the settings of the package, except those given. */
  const start = async (settings: Record<string, string> = {}) => {
    const { request } = await clientWith({
      ...packaged,
      TABLE_NAME: tableName,
      INSECURE: 'true',
      BCRYPT_COST: '4',
      AWS_ENDPOINT_URL_DYNAMODB: String(recorder?.url),
      ...settings,
    });
    return async (route: Route, parts: EventParts, status: number) => {
      const name = functionAt[route];
      const received = await as(name, () => request(route, parts));
      expect({ route, status: received.status }).toEqual({ route, status });
      return received;
    };
  };

  const send = await start();
  // Imported after the start, so that it has the same settings.
  const client = await import('../support/client.ts');
  const authorize = async ({ cookies }: { cookies: string[] }, isAuthorized: boolean) => {
    const [, session_id = ''] = cookies[0]?.split('=') ?? [];
    const verdict = await as('authorize', () => client.authorize(session_id));
    expect(verdict.isAuthorized).toBe(isAuthorized);
  };
  const { handler: markBounce } = await import('../../handlers/mark-bounce.ts');
  const { handler: sendMail } = mailed
    ? await import('../../handlers/send-mail.ts')
    : { handler: undefined };

  /** Runs sendMail for each invocation, and returns the token in the last mail to the address. */
  const deliver = async (name: string, email: string) => {
    for (const { functionName, type, payload } of lambda.invocations()) {
      expect(type).toBe('Event');
      const mailFunction = `${ARN}lambda:${IN_ACCOUNT}function:${functionName}`;
      requests[name]?.push(requestTo('lambda:InvokeFunction', mailFunction));
      const sent = (await ses.mailsTo(email)).length;
      await as('sendMail', async () => sendMail?.(payload, { awsRequestId: payload.request_id }));
      const mails = await ses.mailsTo(email);
      if (mails.length === sent) continue;
      const context = { 'ses:FromAddress': [String(mails.at(-1)?.from)] };
      // SES requires the right to the identity of the sender and to its configuration set, if any.
      for (const kind of ['identity', 'configuration-set']) {
        const on = `${ARN}ses:${IN_ACCOUNT}${kind}/*`;
        requests['sendMail']?.push(requestTo('ses:SendEmail', on, context));
      }
    }
    const text = (await ses.mailsTo(email)).at(-1)?.body.text ?? '';
    return /token=(\S+)/.exec(text)?.[1];
  };
  /** Asks for a token in each way that the settings allow, by mail last. */
  const askFor = async (
    route: 'POST /email_verification' | 'POST /reset_password' | 'PUT /email',
    { form, ...parts }: EventParts & { form: Record<string, string> },
    status: { answer: number; mail: number },
  ) => {
    let body: unknown;
    if (answered) ({ body } = await send(route, { ...parts, form }, status.answer));
    if (!mailed) return body;
    // The longest wait after many requests.
    if (answered) vi.setSystemTime(Date.now() + 15 * 60 * 1000);
    const asking = answered ? { ...form, delivery: 'email' } : form;
    return (await send(route, { ...parts, form: asking }, status.mail)).body;
  };
  const verify = (token: unknown, status = 200) =>
    send('PUT /email_verification', { form: { token: String(token), password: PASSWORD } }, status);

  const askForVerification = async (email: string, answer = 200) => {
    const status = { answer, mail: 200 };
    const body = await askFor('POST /email_verification', { form: { email } }, status);
    const token = await deliver('requestEmailVerification', email);
    return mailed ? token : (body as { token?: string }).token;
  };
  const ask = async (email: string, answer = 200) => {
    const status = { answer, mail: 200 };
    const body = await askFor('POST /reset_password', { form: { email } }, status);
    const token = await deliver('requestPasswordReset', email);
    return mailed ? String(token) : (body as { reset_token: string }).reset_token;
  };
  const redeem = async (email: string, token: string, status: number, parts: EventParts = {}) => {
    const form = { email, reset_token: token, new_password: PASSWORD };
    await send('PUT /reset_password', { ...parts, form }, status);
    await deliver('updatePassword', email);
  };
  const logIn = async (email: string, to = send, parts: EventParts = {}) => {
    const form = { email, password: PASSWORD };
    const { cookies } = await to('POST /sessions', { ...parts, form }, 200);
    return { cookies: [String(cookies?.[0]?.split(';')[0])] };
  };
  const fail = (email: string, status: number, to = send) =>
    to('POST /sessions', { form: { email, password: 'no' } }, status);
  const register = async (to = send) => {
    const email = newEmail();
    const headers = { 'accept-language': 'de' };
    await to('POST /users', { form: { email, password: PASSWORD }, headers }, 200);
    const mail = await deliver('registerUser', email);
    if (mustVerify) await verify(mail ?? (await askForVerification(email)));
    return email;
  };

  await send('GET /', {}, 200);
  await send('$default', {}, 404);

  const email = await register();
  await send('POST /users', { form: { email, password: PASSWORD } }, mustVerify ? 200 : 400);
  await deliver('registerUser', email);

  // Sessions: used, used after an hour, ended, and used after the end.
  const session = await logIn(email);
  await send('GET /profile', session, 200);
  await authorize(session, true);
  vi.setSystemTime(Date.now() + 3601 * 1000);
  await send('GET /profile', session, 200);
  vi.setSystemTime(Date.now() + 3601 * 1000);
  await authorize(session, true);
  await send('DELETE /sessions', session, 302);
  await send('DELETE /sessions', session, 403);
  await send('GET /profile', session, 403);
  await authorize(session, false);

  // Logins: failed, refused during a wait, successful after it, and with an upgrade of the hash.
  await fail(newEmail(), 401);
  for (let i = 0; i < 5; i++) await fail(email, 401);
  await fail(email, 429);
  await deliver('login', email);
  vi.setSystemTime(Date.now() + 2 * 1000);
  await logIn(email);
  await logIn(email, await start({ BCRYPT_COST: '5' }));
  const limited = await start({ FAILED_LOGINS_PER_SOURCE: '1' });
  await fail(email, 429, limited);

  // A login while the index does not have the email yet.
  const trailing = await start({ AWS_ENDPOINT_URL_DYNAMODB: String(recorderBehind?.url) });
  await logIn(await register(trailing), trailing);

  // The hundredth failure in a row. A reset lets the user log in again.
  await almostLock(loginOf(email));
  await fail(email, 401);
  await deliver('login', email);

  // Resets: requested, for an unknown email, redeemed, redeemed twice, and requested again.
  const reset_token = await ask(email);
  await ask(newEmail(), 403);
  await redeem(email, reset_token, 200);
  await redeem(email, reset_token, 403);
  await ask(email);

  // A reset of a user whose email is not verified.
  const unverified = newEmail();
  await send('POST /users', { form: { email: unverified, password: PASSWORD } }, 200);
  await deliver('registerUser', unverified);
  await redeem(unverified, await ask(unverified), 200);

  // Listing and ending sessions, each an hour after the last use of the session that asks.
  const owner = await register();
  const own = await logIn(owner);
  const list = async () => {
    const { body } = await send('GET /sessions', own, 200);
    return (body as { sessions: { id: string; current: boolean }[] }).sessions;
  };
  await list();
  await logIn(owner);
  const other = (await list()).find(({ current }) => !current)?.id ?? '';
  for (const act of [
    list,
    () => send('DELETE /sessions/{id}', { ...own, id: 'none' }, 404),
    () => send('DELETE /sessions/others', own, 200),
  ]) {
    vi.setSystemTime(Date.now() + 3601 * 1000);
    await act();
  }
  await logIn(owner);
  await send('DELETE /sessions/{id}', { ...own, id: other }, 404);
  const [latest] = await list();
  await send('DELETE /sessions/{id}', { ...own, id: String(latest?.id) }, 200);
  await send('DELETE /sessions/all', own, 200);

  // A change of password and a deletion of the account, with a wrong and with the right password.
  const change = async (parts: EventParts, password: string, status: number) => {
    const form = { password, new_password: PASSWORD };
    const { cookies } = await send('PUT /password', { ...parts, form }, status);
    await deliver('changePassword', owner);
    return { cookies: [String(cookies?.[0]?.split(';')[0])] };
  };
  const remove = async (parts: EventParts, password: string, status: number) => {
    await send('DELETE /profile', { ...parts, form: { password } }, status);
    await deliver('deleteUser', owner);
  };
  const before = await logIn(owner);
  await change(before, 'no', 403);
  const after = await change(before, PASSWORD, 200);
  await remove(after, 'no', 403);
  // Only the owner of a verified address is told.
  if (!mustVerify) await verify(await askForVerification(owner));
  await remove(after, PASSWORD, 200);

  // A verification, a change to a free address and a change to one that is taken.
  const mover = await register();
  vi.setSystemTime(Date.now() + 300 * 1000);
  await askForVerification(newEmail(), 403);
  const verification = await askForVerification(mover);
  if (!mustVerify) await verify(verification);
  await verify('none', 403);
  const moved = newEmail();
  const move = { form: { email: moved, password: PASSWORD }, ...(await logIn(mover)) };
  const body = await askFor('PUT /email', move, { answer: 200, mail: 200 });
  const token = await deliver('changeEmail', moved);
  await verify(mailed ? token : (body as { token: string }).token);
  await deliver('verifyEmail', mover);
  // A change to an address that a user has who never verified it.
  const held = newEmail();
  await send('POST /users', { form: { email: held, password: PASSWORD } }, 200);
  await deliver('registerUser', held);
  if (mailed) {
    const changeByMail = ({ form, ...parts }: typeof move) =>
      send('PUT /email', { ...parts, form: { ...form, delivery: 'email' } }, 200);
    vi.setSystemTime(Date.now() + 300 * 1000);
    const over = { form: { email: held, password: PASSWORD }, ...(await logIn(moved)) };
    await changeByMail(over);
    await verify(await deliver('changeEmail', held));
    await deliver('verifyEmail', moved);
    const back = { form: { email: moved, password: PASSWORD }, ...(await logIn(held)) };
    await changeByMail(back);
    await verify(await deliver('changeEmail', moved));
    await deliver('verifyEmail', held);
  }
  const taken = { form: { email, password: PASSWORD }, ...(await logIn(moved)) };
  await askFor('PUT /email', taken, { answer: 400, mail: 200 });
  await deliver('changeEmail', email);

  // A bounce. Without the setting, nothing invokes the function.
  if (packaged['MAIL_EVENTS'] === 'true' && mailed) {
    await as('markBounce', () => markBounce(bounceOf(newEmail()), { awsRequestId: 'x' }));
  }

  // A session id and a reset token that do not name their owner.
  const { db } = createLibrary({
    client: new DynamoDBClient({ endpoint: inject('dynamodb') }),
    now: () => Date.now() / 1000,
  });
  const { id } = await db.findUserBy({ email });
  const value = newEmail();
  await db.updateUser(id, { session_id: `s-${value}`, reset_token: `r-${value}` });
  const unnamed = { cookies: [`session_id=s-${value}`] };
  await send('GET /profile', unnamed, 200);
  await send('GET /sessions', unnamed, 200);
  await send('DELETE /sessions/{id}', { ...unnamed, id: 'none' }, 404);
  await send('DELETE /sessions/others', unnamed, 200);
  await change(unnamed, 'no', 403);
  await remove(unnamed, 'no', 403);
  await authorize(unnamed, true);
  await send('PUT /email', { form: { email: newEmail(), password: PASSWORD }, ...unnamed }, 200);
  await deliver('changeEmail', email);
  await send('PUT /email_verification', { form: { token: generateToken(id) }, ...unnamed }, 403);
  await send('DELETE /sessions', unnamed, 302);
  await db.updateUser(id, { session_id: `s-${value}` });
  await send('DELETE /sessions/all', unnamed, 200);
  const { cookies } = await logIn(email, send, unnamed);
  const presented = { cookies: [...cookies, ...unnamed.cookies] };
  await redeem(email, `r-${value}`, 200, presented);
}

/** The settings on which the roles depend, with which the service is packaged. */
const PACKAGED = ['email', true, true] as const;
const MAIL_FROM = 'no-reply@example.com';
let template: Template;

/** Makes the roles, and resolves in them what osls does. */
async function rolesFor(
  delivery: string,
  hasMail: boolean,
  mustVerify: boolean,
): Promise<Record<string, Role>> {
  const roles = await makeRoles({
    'param:resetTokenDelivery': delivery,
    'param:mailFrom': hasMail ? MAIL_FROM : '',
    'param:requireVerifiedEmail': String(mustVerify),
    'param:mailEvents': String(mustVerify),
  });
  const { Variables } = functionOf(template, 'login').Environment;
  const text = JSON.stringify(roles)
    .replaceAll('${self:provider.environment.MAIL_FUNCTION}', String(Variables['MAIL_FUNCTION']))
    .replaceAll('${param:mailFrom}', MAIL_FROM);
  return JSON.parse(text) as Record<string, Role>;
}

beforeAll(async () => {
  const [delivery, , mustVerify] = PACKAGED;
  const params = [
    `resetTokenDelivery=${delivery}`,
    `requireVerifiedEmail=${String(mustVerify)}`,
    `mailEvents=${String(mustVerify)}`,
  ];
  ({ template } = await packageInto(join(folder, 'project'), { params, code: false }));
}, 120_000);

it('the roles of a package are those that roles.cjs makes of its settings', async () => {
  const ofType = Object.entries(template.Resources).filter(
    ([, { Type }]) => Type === 'AWS::IAM::Role',
  );
  expect(Object.fromEntries(ofType)).toEqual(await rolesFor(...PACKAGED));
});

describe.each([
  ['email', true, false],
  ['response', false, false],
  PACKAGED,
  ['response', true, true],
] as const)(
  'with the delivery `%s`, mail: %s, and with login only for verified emails: %s,',
  (delivery, hasMail, mustVerify) => {
    let roles: Record<string, Role>;

    beforeAll(async () => {
      roles = await rolesFor(delivery, hasMail, mustVerify);
      requests = Object.fromEntries(names.map((name) => [name, []]));
      // A later time than the real one, as DynamoDB Local deletes expired items by the real clock.
      vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2100, 0, 1) });
      await doEverything({
        ...functionOf(template, 'login').Environment.Variables,
        RESET_TOKEN_DELIVERY: delivery,
        MAIL_FROM: hasMail ? MAIL_FROM : '',
        REQUIRE_VERIFIED_EMAIL: String(mustVerify),
        MAIL_EVENTS: String(mustVerify),
      }).finally(() => vi.useRealTimers());
    }, 120_000);

    it.each(names)('the role of %s allows exactly what the function does', (name) => {
      const needed = [...(requests[name] ?? []), ...requestsOfLambda(name)];
      const statements = statementsOfRole(roles[String(functions[name]?.role)]);
      expect(findFaults(statements, needed)).toEqual([]);
    });
  },
);
