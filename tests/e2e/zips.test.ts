/** Runs the deployed zips as Lambda does: each alone, on the deployed version of Node. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createTable } from '../../lib/emulator/table.mjs';
import type { Answer } from '../../lib/http/answer.ts';
import { authorizerEvent, event, type EventParts } from '../support/events.ts';
import { bounceOf } from '../support/mail-events.ts';
import { deployedNode, startFunction, type DeployedFunction } from '../support/lambda-runtime.ts';
import {
  startLambda,
  startMailbox,
  type Lambda,
  type Mailbox,
  type SentMail,
} from '../support/mail.ts';
import { ALL_SETTINGS, type Template } from '../support/package.ts';
import { readServerless, tableProperties } from '../support/serverless.ts';
import { sharedDynamoDB, sharedPackage } from '../support/shared.ts';
import { unzip } from '../support/zip.ts';

const { functions } = readServerless();
const ANN = { email: 'ann@example.com', password: 'twelve little lambs' };
const MOVED = 'anna@example.com';
/** In place of what the template says. */
const SETTINGS = { INSECURE: 'true', BCRYPT_COST: '4', REQUIRE_VERIFIED_EMAIL: 'false' };
const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' };

let node: string;
let folder: string;
let resources: Template['Resources'];
let lambda: Lambda;
let ses: Mailbox;
/** The URLs of what stands in for AWS. */
let endpoints: Record<string, string>;
const running: Record<string, DeployedFunction> = {};
const stops: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zips-'));
  stops.unshift(() => rm(folder, { recursive: true }));
  // The settings are in the template alone: the zips are the same with any.
  const [made, { template }] = await Promise.all([
    sharedPackage(),
    sharedPackage({ params: ALL_SETTINGS, code: false }),
  ]);
  resources = template.Resources;
  for (const name of Object.keys(functions)) {
    await unzip(join(made.folder, `${name}.zip`), join(folder, name));
  }
  const [endpoint, ...others] = await Promise.all([
    sharedDynamoDB(),
    startLambda(),
    startMailbox(),
    deployedNode(),
  ]);
  [lambda, ses, node] = others;
  stops.unshift(lambda.down, ses.down);
  endpoints = {
    AWS_ENDPOINT_URL_DYNAMODB: endpoint,
    AWS_ENDPOINT_URL_LAMBDA: lambda.url,
    AWS_ENDPOINT_URL_SESV2: ses.url,
  };
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = new DynamoDBClient({ endpoint, region: 'local', credentials });
  await createTable(client, 'UsersTable', tableProperties());
  client.destroy();
  // On a new machine, this downloads Node.
});

// Each test stops the functions that it has started.
afterEach(() => {
  for (const name of Object.keys(running)) Reflect.deleteProperty(running, name);
});

afterAll(async () => {
  for (const stop of stops) await stop();
});

/**
 * Starts a function.
 *
 * @param changes of the environment that the template and Lambda give the function
 */
async function start(name: string, changes: Record<string, string | undefined> = {}) {
  const lambdas = Object.values(resources).map(({ Properties }) => Properties);
  const handler = functions[name]?.handler;
  const { Environment } = lambdas.find((each) => each['Handler'] === handler) as {
    Environment: { Variables: Record<string, string | { Ref: string }> };
  };
  const settings = Object.entries(Environment.Variables).map(([key, value]) => [
    key,
    typeof value === 'string' ? value : value.Ref,
  ]);
  const started = await startFunction(node, join(folder, name), String(handler), {
    ...(Object.fromEntries(settings) as Record<string, string>),
    ...{ AWS_REGION: 'local', ...CREDENTIALS, ...endpoints, ...SETTINGS, ...changes },
  });
  onTestFinished(started.stop);
  return started;
}

async function request(name: string, parts: EventParts = {}, route = routeOf(name)) {
  running[name] ??= await start(name);
  const answer = (await running[name].invoke(event(route, parts))) as Answer;
  expect(answer.headers).toHaveProperty('x-request-id');
  return { status: answer.statusCode, body: answer.body, cookies: answer.cookies };
}

const routeOf = (name: string) => String(functions[name]?.events?.[0]?.httpApi);

async function logIn(password: string, email = ANN.email) {
  const { status, cookies } = await request('login', { form: { email, password } });
  return { status, cookies: [String(cookies?.[0]?.split(';')[0])] };
}

async function authorize(parts: EventParts) {
  running['authorize'] ??= await start('authorize');
  return running['authorize'].invoke(authorizerEvent('GET /orders', parts));
}

/** Runs sendMail on its last invocation, and returns the mail. */
async function mail(email = ANN.email) {
  const [invocation, ...more] = lambda.invocations();
  // A notice to the old address comes after the link to a new one.
  expect(more).toHaveLength(email === ANN.email ? 0 : 1);
  running['sendMail'] ??= await start('sendMail');
  expect(await running['sendMail'].invoke(invocation?.payload)).toBe(null);
  return (await ses.mailsTo(email)).at(-1);
}

/** The fields in the link of a mail. */
function fieldsIn(sent: SentMail | undefined): Record<string, string> {
  const link = /https:\/\/app\.example\.com\/[\w-]+#\S+/.exec(String(sent?.body.text));
  return Object.fromEntries(new URLSearchParams(new URL(String(link)).hash.slice(1)));
}

describe('the zips', () => {
  it('serve an account through its whole life, each with only its own files', async () => {
    expect(await request('index')).toMatchObject({ status: 200, body: '{"message":"Bienvenue"}' });
    expect((await request('notFound', {}, 'GET /nowhere')).status).toBe(404);
    const page = await request('getPage', { page: 'sign-in' });
    expect(page.body).toContain('<form id="sign-in"');
    running['markBounce'] = await start('markBounce');
    expect(await running['markBounce'].invoke(bounceOf('bounced@example.com'))).toBe(null);

    expect((await request('registerUser', { form: ANN })).status).toBe(200);
    expect((await request('registerUser', { json: ANN })).status).toBe(400);
    const ben = { email: 'ben@example.com', password: 'password1' };
    expect((await request('registerUser', { form: ben })).body).toContain('most common');

    expect((await logIn('a wrong one')).status).toBe(401);
    const [first, second] = [await logIn(ANN.password), await logIn(ANN.password)];
    expect((await request('getProfile', first)).body).toBe(JSON.stringify({ email: ANN.email }));
    expect(await authorize(first)).toMatchObject({
      isAuthorized: true,
      context: { email: ANN.email },
    });
    expect((await request('logout', first)).status).toBe(302);
    expect((await request('getProfile', first)).status).toBe(403);
    expect(await authorize(first)).toEqual({ isAuthorized: false });
    expect((await request('getProfile', second)).status).toBe(200);

    const verification = { form: { email: ANN.email } };
    expect((await request('requestEmailVerification', verification)).status).toBe(200);
    const proof = { ...fieldsIn(await mail()), password: ANN.password };
    const verified = await request('verifyEmail', { json: proof });
    expect(verified.body).toBe(JSON.stringify({ email: ANN.email, message: 'email verified' }));

    const asked = await request('requestPasswordReset', { form: { email: ANN.email } });
    expect(asked.status).toBe(200);
    const reset = { ...fieldsIn(await mail()), new_password: 'twelve big lambs' };
    expect((await request('updatePassword', { json: reset })).status).toBe(200);
    expect((await mail())?.subject).toBe('Your password has been changed');
    expect((await request('updatePassword', { json: reset })).status).toBe(403);
    expect((await request('getProfile', second)).status).toBe(403);
    expect((await logIn(ANN.password)).status).toBe(401);

    const password = reset.new_password;
    const [third, fourth] = [await logIn(password), await logIn(password)];
    const list = async () => {
      const { body } = await request('listSessions', third);
      return (JSON.parse(String(body)) as { sessions: { id: string; current: boolean }[] })
        .sessions;
    };
    expect(await list()).toHaveLength(2);
    const id = String((await list()).find(({ current }) => !current)?.id);
    expect((await request('endSession', { ...third, id })).status).toBe(200);
    expect((await request('getProfile', fourth)).status).toBe(403);
    await logIn(password);
    expect((await request('endOtherSessions', third)).status).toBe(200);
    expect(await list()).toMatchObject([{ current: true }]);

    const common = { password, new_password: 'password1' };
    expect((await request('changePassword', { ...third, form: common })).body).toContain('common');
    const form = { password, new_password: ANN.password };
    expect((await request('changePassword', { ...third, form })).status).toBe(200);
    expect((await mail())?.subject).toBe('Your password has been changed');
    const fifth = await logIn(ANN.password);
    expect((await request('endAllSessions', fifth)).status).toBe(200);
    expect((await request('endAllSessions', fifth)).status).toBe(403);

    const sixth = await logIn(ANN.password);
    const move = { ...sixth, form: { email: MOVED, password: ANN.password } };
    expect((await request('changeEmail', move)).status).toBe(200);
    const moved = await request('verifyEmail', { ...sixth, form: fieldsIn(await mail(MOVED)) });
    expect(moved.body).toBe(JSON.stringify({ email: MOVED, message: 'email verified' }));
    expect((await request('getProfile', sixth)).status).toBe(403);
    expect((await logIn(ANN.password)).status).toBe(401);

    const last = { ...(await logIn(ANN.password, MOVED)), form: { password: ANN.password } };
    expect((await request('deleteUser', last)).status).toBe(200);
    expect((await logIn(ANN.password, MOVED)).status).toBe(401);

    expect(Object.keys(running).sort()).toEqual(Object.keys(functions).sort());
    for (const [name, { log }] of Object.entries(running)) {
      expect(log(), name).not.toMatch(/"level":"ERROR"|[wW]arning:/);
    }
  });

  const cookies = [`session_id=11111111-1111-4111-8111-111111111111.${'a'.repeat(43)}`];

  it.each([
    ['credentials', 'AWS_SECRET_ACCESS_KEY', 'Unable to find environment variable credentials'],
    ['region', 'AWS_REGION', 'Region is missing'],
  ])('report that they have no %s', async (_, variable, complaint) => {
    const getProfile = await start('getProfile', { [variable]: undefined });
    expect(await getProfile.invoke(event('GET /profile', { cookies }))).toMatchObject({
      statusCode: 500,
    });
    expect(getProfile.log()).toContain(complaint);
  });

  const withSettings = Object.keys(functions).filter(
    (name) => !['index', 'notFound', 'getPage'].includes(name),
  );

  it('do not start with a wrong setting of the pages, and name it', async () => {
    const broken = await start('getPage', { BRAND_COLOR: 'blue' });
    await expect(broken.invoke(event(routeOf('getPage')))).rejects.toMatchObject({
      phase: 'init',
      message: expect.stringContaining('The setting brandColor is "blue"'),
    });
  });

  it.each(withSettings)('do not start with a wrong setting, and name it: %s', async (name) => {
    const broken = await start(name, { BCRYPT_COST: 'twelve' });
    await expect(broken.invoke(event(routeOf(name)))).rejects.toMatchObject({
      phase: 'init',
      message: expect.stringContaining('The setting bcryptCost is "twelve"'),
    });
  });

  it('fail an invocation that sent no mail, so that Lambda repeats it', async () => {
    const sendMail = await start('sendMail', { AWS_ENDPOINT_URL_SESV2: 'http://127.0.0.1:9' });
    const eve = { email: 'eve@example.com', password: 'twelve big lambs' };
    expect((await request('registerUser', { form: eve })).status).toBe(200);
    const payload = { kind: 'password_reset', email: eve.email, request_id: 'the request' };
    await expect(sendMail.invoke(payload)).rejects.toMatchObject({ phase: 'invocation' });
  });
});
