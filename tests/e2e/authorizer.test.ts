/** A second service (tests/example-api) whose API asks ours who is logged in. */
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../lib/emulator/ports.mjs';
import { copyProject, ROOT, runServerless } from '../support/emulator.ts';
import { startExampleApi, type Running } from '../support/example.ts';
import type { Template } from '../support/package.ts';
import { freshEmail, sharedEmulator, type SharedEmulator } from '../support/shared.ts';
import { diagnose } from '../support/validator.ts';

const EXAMPLE = join('tests', 'example-api');
const ANN = new URLSearchParams({ email: freshEmail('ann'), password: 'a password' });

describe('an API of another service, through the emulators of both', () => {
  let ours: SharedEmulator;
  let example: Running;
  // Stands between the two: while it does not listen, our service does not run.
  let port: number;
  const relay = createServer((incoming) => {
    const outgoing = connect(Number(new URL(ours.lambda).port), 'localhost');
    incoming.pipe(outgoing).pipe(incoming);
    for (const socket of [incoming, outgoing]) socket.on('error', () => incoming.destroy());
  });

  beforeAll(async () => {
    port = await freePort();
    [ours, example] = await Promise.all([
      sharedEmulator('response'),
      startExampleApi(`http://localhost:${String(port)}`),
    ]);
  });

  afterAll(async () => {
    await example.stop();
    relay.close();
  });

  const post = (path: string, body: URLSearchParams) =>
    fetch(new URL(path, ours.url), { method: 'POST', body });

  /** Logs in, and returns the session id. */
  const logIn = async () => {
    const { headers } = await post('/sessions', ANN);
    return /^session_id=([^;]+)/.exec(headers.get('set-cookie') ?? '')?.[1] ?? expect.fail();
  };

  const whoAmI = async (headers: Record<string, string> = {}, method = 'GET') => {
    const response = await fetch(new URL('/whoami', example.url), { method, headers });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  const withCookie = (session_id: string) => whoAmI({ cookie: `a=b; session_id=${session_id}` });

  it('is closed while our service does not run, and says how to start it', async () => {
    // 500 on AWS.
    expect((await whoAmI()).status).toBe(401);
    expect(example.output()).toContain(
      `start user-authentication with npm start -- --lambdaPort=${String(port)}`,
    );
    relay.listen(port, 'localhost');
    await once(relay, 'listening');
  });

  it('is closed to requests without a cookie, or with a wrong one', async () => {
    const user_id = '11111111-1111-4111-8111-111111111111';
    expect((await whoAmI()).status).toBe(403);
    for (const wrong of ['', '%', 'x', `${user_id}.${'a'.repeat(43)}`]) {
      expect((await withCookie(wrong)).status).toBe(403);
    }
  });

  it('is open to a user who is logged in, knows the user, and is closed after the logout', async () => {
    expect((await post('/users', ANN)).status).toBe(200);
    const [ended, session_id] = [await logIn(), await logIn()];
    const headers = { cookie: `session_id=${session_id}` };
    const listed = await fetch(new URL('/sessions', ours.url), { headers });
    const { sessions } = (await listed.json()) as { sessions: { id: string; current: boolean }[] };
    const session_handle = sessions.find(({ current }) => current)?.id;
    expect(await withCookie(session_id)).toEqual({
      status: 200,
      body: {
        user_id: session_id.split('.')[0],
        email: ANN.get('email'),
        email_verified: 'false',
        session_handle,
      },
    });

    expect((await withCookie(ended)).status).toBe(200);
    const logout = { method: 'DELETE', headers: { cookie: `session_id=${ended}` } };
    await fetch(new URL('/sessions', ours.url), { ...logout, redirect: 'manual' });
    expect((await withCookie(ended)).status).toBe(403);
    expect((await withCookie(session_id)).status).toBe(200);
  });

  it('is closed to requests of other sites that might change something', async () => {
    const cookie = `session_id=${await logIn()}`;
    const origin = 'https://evil.example';
    expect((await whoAmI({ cookie, origin }, 'POST')).status).toBe(403);
    expect((await whoAmI({ cookie, origin: example.url }, 'POST')).status).toBe(200);
  });
});

describe('what is deployed of an API of another service', () => {
  let folder: string;
  let path: string;
  let template: Template;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'example-'));
    const project = join(folder, 'project');
    await copyProject(project);
    const cwd = join(project, EXAMPLE);
    await cp(join(ROOT, EXAMPLE), cwd, { recursive: true });
    const { status, stdout, stderr } = await runServerless(['package', '--stage', 'prod'], { cwd })
      .exited;
    expect(status, stdout + stderr).toBe(0);
    path = join(cwd, '.serverless', 'cloudformation-template-update-stack.json');
    template = JSON.parse(await readFile(path, 'utf8')) as Template;
  });

  afterAll(() => rm(folder, { recursive: true }));

  it('passes the validator of CloudFormation', () => {
    // Advice, and what osls does by itself: dependencies that are seen without, versions not kept.
    const harmless = /^(I\d+|W3005|W3011)$/;
    expect(diagnose(path).filter(({ ruleId }) => !harmless.test(ruleId))).toEqual([]);
  });

  const AUTHORIZER = { 'Fn::ImportValue': 'user-authentication-prod-authorize' };
  const ofType = (type: string) =>
    Object.values(template.Resources)
      .filter(({ Type }) => Type === type)
      .map(({ Properties }) => Properties);

  it('asks our authorizer at every request, and caches nothing', () => {
    expect(ofType('AWS::ApiGatewayV2::Authorizer')).toEqual([
      {
        ApiId: { Ref: 'HttpApi' },
        Name: 'session',
        AuthorizerType: 'REQUEST',
        AuthorizerPayloadFormatVersion: '2.0',
        EnableSimpleResponses: true,
        AuthorizerResultTtlInSeconds: 0,
        // One that a request has not is 401, and the authorizer is not asked.
        IdentitySource: [],
        AuthorizerUri: { 'Fn::Join': ['', expect.arrayContaining([AUTHORIZER, '/invocations'])] },
      },
    ]);
    const routes = ofType('AWS::ApiGatewayV2::Route');
    expect(routes).toHaveLength(2);
    for (const route of routes) {
      expect(route).toMatchObject({
        AuthorizationType: 'CUSTOM',
        AuthorizerId: { Ref: 'HttpApiAuthorizerSession' },
      });
    }
  });

  it('lets its API, and no other, invoke our authorizer', () => {
    const permissions = ofType('AWS::Lambda::Permission').filter(
      ({ FunctionName }) => JSON.stringify(FunctionName) === JSON.stringify(AUTHORIZER),
    );
    expect(permissions).toEqual([
      {
        FunctionName: AUTHORIZER,
        Action: 'lambda:InvokeFunction',
        Principal: 'apigateway.amazonaws.com',
        SourceArn: { 'Fn::Join': ['', expect.arrayContaining([{ Ref: 'HttpApi' }, '/*'])] },
      },
    ]);
  });
});
