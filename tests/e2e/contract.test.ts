/** The contract over HTTP, as public clients see it, through the emulator. */
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { startDynamoDBLocal } from '../../lib/emulator/dynamodb-local.mjs';
import { startEmulator } from '../support/emulator.ts';
import { startLaggingIndex } from '../support/lagging-index.ts';
import { expectDocumented, routeOf } from '../support/openapi.ts';
import { freshEmail, sharedEmulator } from '../support/shared.ts';

/** See vitest.config.ts. Absent: the shared emulator, whose indexes do not lag. */
const indexLag = inject('indexLag');

let emulator: { url: string };
const stops: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  if (indexLag === undefined) {
    emulator = await sharedEmulator('response');
    return;
  }
  const database = await startDynamoDBLocal();
  stops.unshift(database.stop);
  const index = await startLaggingIndex(database.endpoint, indexLag);
  stops.unshift(index.stop);
  const own = await startEmulator({ env: { AWS_ENDPOINT_URL_DYNAMODB: index.url } });
  stops.unshift(own.stop);
  emulator = own;
});

afterAll(async () => {
  for (const stop of stops) await stop();
});

type Fields = Record<string, string>;

const ENCODINGS = {
  form: (fields: Fields) => ({ body: new URLSearchParams(fields) }),
  JSON: (fields: Fields) => ({
    body: JSON.stringify(fields),
    headers: { 'content-type': 'application/json' },
  }),
};

async function request(method: string, path: string, init: RequestInit = {}) {
  const response = await fetch(new URL(path, emulator.url), {
    redirect: 'manual',
    ...init,
    method,
  });
  const text = await response.text();
  const { status, headers } = response;
  const body = text === '' ? undefined : (JSON.parse(text) as unknown);
  const route = routeOf(method, path);
  if (route) expectDocumented(route, { status, headers, body });
  return {
    status,
    body,
    headers,
    cookie: headers.getSetCookie()[0]?.split(';')[0] ?? '',
  };
}

describe.each(Object.entries(ENCODINGS))('a client that sends %s', (name, encode) => {
  const email = freshEmail(name.toLowerCase());
  const send = (method: string, path: string, fields: Fields, headers: Fields = {}) => {
    const { headers: type, ...body }: RequestInit = encode(fields);
    return request(method, path, { ...body, headers: { ...(type as Fields), ...headers } });
  };
  const profile = (cookie: string) => request('GET', '/profile', { headers: { cookie } });

  it('goes through the whole life of an account', async () => {
    const registration = await send('POST', '/users', { email, password: 'pwd' });
    expect(registration).toMatchObject({ status: 200, body: { email, message: 'user created' } });

    const again = await send('POST', '/users', { email, password: 'pwd' });
    expect(again).toMatchObject({ status: 400, body: { message: 'email already registered' } });

    const wrong = await send('POST', '/sessions', { email, password: 'wrong' });
    const nobody = { email: freshEmail('no'), password: 'pwd' };
    const unknown = await send('POST', '/sessions', nobody);
    expect(wrong.status).toBe(401);
    expect(unknown).toMatchObject({ status: 401, body: wrong.body });

    const login = await send('POST', '/sessions', { email, password: 'pwd' });
    expect(login).toMatchObject({ status: 200, body: { email, message: 'logged in' } });
    expect(login.headers.getSetCookie()).toEqual([
      `${login.cookie}; Max-Age=2592000; Path=/; HttpOnly; SameSite=Lax`,
    ]);
    expect(login.cookie).toMatch(/^session_id=[\w.-]+$/);
    expect(await profile(login.cookie)).toMatchObject({ status: 200, body: { email } });

    const other = await send('POST', '/sessions', { email, password: 'pwd' });
    const logout = await request('DELETE', '/sessions', { headers: { cookie: login.cookie } });
    expect(logout.status).toBe(302);
    expect(logout.headers.get('location')).toBe('/');
    expect(logout.headers.get('clear-site-data')).toBeNull();
    expect(logout.headers.getSetCookie()).toEqual([
      'session_id=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax',
    ]);
    expect(await profile(login.cookie)).toMatchObject({ status: 403 });
    expect(await profile(other.cookie)).toMatchObject({ status: 200 });

    const reset = await send('POST', '/reset_password', { email });
    expect(reset).toEqual(
      expect.objectContaining({ status: 200, body: { email, reset_token: expect.any(String) } }),
    );
    const { reset_token } = reset.body as { reset_token: string };
    const update = { email, reset_token, new_password: 'new pwd' };
    const updated = await send('PUT', '/reset_password', update);
    expect(updated).toMatchObject({ status: 200, body: { email, message: 'Password updated' } });
    expect(await send('PUT', '/reset_password', update)).toMatchObject({ status: 403 });
    expect(await profile(other.cookie)).toMatchObject({ status: 403 });
    expect(await send('POST', '/sessions', { email, password: 'pwd' })).toMatchObject({
      status: 401,
    });
    expect(await send('POST', '/sessions', { email, password: 'new pwd' })).toMatchObject({
      status: 200,
    });
  });

  it('verifies the email and changes it', async () => {
    const [email, next] = ['old', 'new'].map(freshEmail);
    const user = { email: String(email), password: 'pwd' };
    await send('POST', '/users', user);
    const tokenOf = ({ body }: { body: unknown }) => (body as { token: string }).token;
    const verified = (address = '') => ({
      status: 200,
      body: { email: address, message: 'email verified' },
    });

    const asked = await send('POST', '/email_verification', { email: user.email });
    expect(asked).toMatchObject({ status: 200, body: { email, token: expect.any(String) } });
    const verification = { token: tokenOf(asked), password: user.password };
    const stolen = { token: verification.token };
    expect(await send('PUT', '/email_verification', stolen)).toMatchObject({ status: 400 });
    const guess = { ...stolen, password: 'wrong' };
    expect(await send('PUT', '/email_verification', guess)).toMatchObject({ status: 403 });
    for (let i = 0; i < 2; i++) {
      expect(await send('PUT', '/email_verification', verification)).toMatchObject(verified(email));
    }
    const unknown = { email: freshEmail('no') };
    expect(await send('POST', '/email_verification', unknown)).toMatchObject({ status: 403 });

    const { cookie } = await send('POST', '/sessions', user);
    const change = { password: 'pwd', email: String(next) };
    expect(await send('PUT', '/email', change)).toMatchObject({ status: 403 });
    const wrong = { ...change, password: 'wrong' };
    expect(await send('PUT', '/email', wrong, { cookie })).toMatchObject({ status: 403 });
    const changing = await send('PUT', '/email', change, { cookie });
    expect(changing.status).toBe(200);
    expect(await profile(cookie)).toMatchObject({ status: 200, body: { email } });
    const redemption = { token: tokenOf(changing) };
    expect(await send('PUT', '/email_verification', redemption, { cookie })).toMatchObject(
      verified(next),
    );
    expect(await profile(cookie)).toMatchObject({ status: 403 });
    expect(await send('POST', '/sessions', user)).toMatchObject({ status: 401 });
    const moved = await send('POST', '/sessions', { ...change });
    expect(await profile(moved.cookie)).toMatchObject({ status: 200, body: { email: next } });
  });

  it('sees and ends sessions, changes the password and deletes the account', async () => {
    const email = freshEmail('own');
    const password = 'pwd';
    const headers = { 'user-agent': 'a client of the contract' };
    const logIn = async (form: Fields) => {
      const { status, cookie } = await send('POST', '/sessions', { email, ...form }, headers);
      expect(status).toBe(200);
      return { headers: { cookie } };
    };
    await send('POST', '/users', { email, password });
    const [here, elsewhere] = [await logIn({ password }), await logIn({ password })];

    const { status, body } = await request('GET', '/sessions', here);
    expect(status).toBe(200);
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/);
    const session = {
      ...{
        id: expect.stringMatching(/^[\w.-]+$/),
        ip: '127.0.0.1',
        user_agent: headers['user-agent'],
      },
      ...{ created_at: time, last_seen_at: time, expires_at: time },
    };
    const { sessions } = body as { sessions: { id: string; current: boolean }[] };
    expect(sessions).toHaveLength(2);
    for (const current of [true, false]) {
      expect(sessions).toContainEqual({ ...session, current });
    }

    const id = String(sessions.find(({ current }) => !current)?.id);
    const ended = { status: 200, body: { message: 'session ended' } };
    expect(await request('DELETE', `/sessions/${id}`, here)).toMatchObject(ended);
    expect(await request('DELETE', `/sessions/${id}`, here)).toMatchObject({ status: 404 });
    expect(await profile(elsewhere.headers.cookie)).toMatchObject({ status: 403 });

    const third = await logIn({ password });
    expect(await request('DELETE', '/sessions/others', here)).toMatchObject({
      status: 200,
      body: { message: 'other sessions ended' },
    });
    expect(await profile(third.headers.cookie)).toMatchObject({ status: 403 });
    expect(await profile(here.headers.cookie)).toMatchObject({ status: 200 });

    const { cookie } = here.headers;
    const fields = { password, new_password: 'new pwd' };
    expect(
      await send('PUT', '/password', { ...fields, password: 'wrong' }, { cookie }),
    ).toMatchObject({ status: 403, body: { message: 'The password is wrong' } });
    const updated = await send('PUT', '/password', fields, { cookie });
    expect(updated).toMatchObject({ status: 200, body: { email, message: 'Password updated' } });
    expect(updated.headers.getSetCookie()).toEqual([
      `${updated.cookie}; Max-Age=2592000; Path=/; HttpOnly; SameSite=Lax`,
    ]);
    expect(await profile(cookie)).toMatchObject({ status: 403 });
    expect(await profile(updated.cookie)).toMatchObject({ status: 200 });

    const last = await logIn({ password: 'new pwd' });
    const all = await request('DELETE', '/sessions/all', { headers: { cookie: updated.cookie } });
    expect(all).toMatchObject({ status: 200, body: { message: 'all sessions ended' } });
    expect(await profile(last.headers.cookie)).toMatchObject({ status: 403 });

    const again = await logIn({ password: 'new pwd' });
    const deleted = await send('DELETE', '/profile', { password: 'new pwd' }, again.headers);
    expect(deleted).toMatchObject({ status: 200, body: { email, message: 'user deleted' } });
    for (const answer of [all, deleted]) {
      expect(answer.headers.get('clear-site-data')).toBeNull();
      expect(answer.cookie).toBe('session_id=');
    }
    expect(await profile(again.headers.cookie)).toMatchObject({ status: 403 });
    expect(await send('POST', '/users', { email, password })).toMatchObject({ status: 200 });
  });
});

describe('a web page', () => {
  const LOCAL = 'http://localhost:5173';
  const FOREIGN = 'https://evil.example';
  const preflight = (path: string, origin: string) =>
    request('OPTIONS', path, {
      headers: {
        origin,
        'access-control-request-method': 'DELETE',
        'access-control-request-headers': 'content-type',
      },
    });
  const corsHeaders = (headers: Headers) =>
    Object.fromEntries([...headers].filter(([name]) => name.startsWith('access-control-')));

  it('on localhost may send a preflight request, send the cookie and read the answer', async () => {
    for (const path of ['/sessions', '/users', '/nothing']) {
      const { status, headers } = await preflight(path, LOCAL);
      expect(status).toBe(204);
      expect(corsHeaders(headers)).toEqual({
        'access-control-allow-origin': LOCAL,
        'access-control-allow-credentials': 'true',
        'access-control-allow-methods': 'GET,POST,PUT,DELETE',
        'access-control-allow-headers': 'content-type',
        'access-control-max-age': '7200',
      });
    }
    const body = new URLSearchParams({ email: freshEmail('page'), password: 'pwd' });
    for (const status of [200, 400]) {
      const answer = await request('POST', '/users', { body, headers: { origin: LOCAL } });
      expect(answer.status).toBe(status);
      expect(corsHeaders(answer.headers)).toEqual({
        'access-control-allow-origin': LOCAL,
        'access-control-allow-credentials': 'true',
        'access-control-expose-headers': 'x-request-id,retry-after',
      });
      expect(answer.headers.get('vary')).toMatch(/^Origin\b/);
    }
  });

  it('on another site may not, and learns nothing', async () => {
    const asked = await preflight('/sessions', FOREIGN);
    expect(corsHeaders(asked.headers)).toEqual({});
    expect(asked.headers.get('vary')).toMatch(/^Origin\b/);

    const body = new URLSearchParams({ email: freshEmail('victim'), password: 'pwd' });
    expect(await request('POST', '/users', { body })).toMatchObject({ status: 200 });
    for (const headers of [
      { origin: FOREIGN },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
    ] as Fields[]) {
      const login = await request('POST', '/sessions', { body, headers });
      expect(login).toMatchObject({ status: 403, body: { message: expect.any(String) } });
      expect(login.cookie).toBe('');
      expect(corsHeaders(login.headers)).toEqual({});
    }
    const welcome = await request('GET', '/', { headers: { origin: FOREIGN } });
    expect(welcome.status).toBe(200);
    expect(corsHeaders(welcome.headers)).toEqual({});
  });

  it('of the service itself may send anything', async () => {
    const body = new URLSearchParams({ email: freshEmail('own'), password: 'pwd' });
    const headers = { origin: emulator.url, 'sec-fetch-site': 'same-origin' };
    expect(await request('POST', '/users', { body, headers })).toMatchObject({ status: 200 });
  });
});

describe('anyone', () => {
  it('gets the same security headers with every answer, 404 included', async () => {
    const answers = [
      await request('GET', '/'),
      await request('GET', '/profile'),
      await request('POST', '/users'),
      await request('POST', '/users', { headers: { origin: 'https://evil.example' } }),
      await request('GET', '/nothing'),
      await request('HEAD', '/nothing'),
      await request('PATCH', '/users'),
      await request('OPTIONS', '/users'),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 403, 400, 403, 404, 404, 404, 204]);
    for (const { headers } of answers) {
      expect(Object.fromEntries(headers)).toMatchObject({
        'cache-control': 'no-store',
        'content-security-policy':
          "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        'cross-origin-resource-policy': 'same-site',
        'referrer-policy': 'no-referrer',
        'strict-transport-security': 'max-age=63072000; includeSubDomains',
        'x-content-type-options': 'nosniff',
        'x-request-id': expect.stringMatching(/./),
      });
    }
  });

  it('is welcomed', async () => {
    const welcome = await request('GET', '/');
    expect(welcome).toMatchObject({ status: 200, body: { message: 'Bienvenue' } });
    expect(welcome.headers.get('content-type')).toMatch(/^application\/json/);
  });

  it('is refused with 403 without a session or a known email', async () => {
    const body = new URLSearchParams({ password: 'pwd', new_password: 'new' });
    for (const [method, path, init] of [
      ['GET', '/profile', {}],
      ['DELETE', '/sessions', {}],
      ['GET', '/sessions', {}],
      ['DELETE', '/sessions/none', {}],
      ['DELETE', '/sessions/others', {}],
      ['DELETE', '/sessions/all', {}],
      ['PUT', '/password', { body }],
      ['DELETE', '/profile', { body }],
    ] as const) {
      for (const cookie of [
        '',
        'session_id=',
        'session_id=nope',
        'session_id="',
        'a;;==%;session_id=%',
      ]) {
        const answer = await request(method, path, { ...init, headers: { cookie } });
        expect(answer).toMatchObject({ status: 403, body: { message: expect.any(String) } });
      }
    }
    const unknown = { body: new URLSearchParams({ email: freshEmail('unknown') }) };
    expect(await request('POST', '/reset_password', unknown)).toMatchObject({ status: 403 });
  });

  it('gets a clear 4xx for bad input, and the service keeps running', async () => {
    const json = { 'content-type': 'application/json' };
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const bad: [number, RegExp, RequestInit][] = [
      [400, /^email is missing$/, {}],
      [400, /^password is missing$/, { body: new URLSearchParams({ email: 'a@b.c' }) }],
      [400, /^email is given more than once$/, { body: 'email=a&email=b', headers: form }],
      [400, /^email must be a string$/, { body: '{"email":["a@b.c"]}', headers: json }],
      [400, /JSON/, { body: '{"email":', headers: json }],
      [400, /JSON object/, { body: '[]', headers: json }],
      [
        400,
        /^email is not valid UTF-8$/,
        { body: Buffer.from('656d61696c3dff', 'hex'), headers: form },
      ],
      [400, /^email is not valid UTF-8$/, { body: 'email=%ff', headers: form }],
      [400, /^email /, { body: new URLSearchParams({ email: 'nobody', password: 'pwd' }) }],
      [400, /^password /, { body: new URLSearchParams({ email: 'a@b.c', password: 'a\0' }) }],
      [400, /JSON/, { body: '['.repeat(8000), headers: json }],
      [413, /8 kB/, { body: 'x'.repeat(300_000), headers: form }],
      [415, /application\/json/, { body: 'email=a', headers: { 'content-type': 'text/plain' } }],
    ];
    for (const [status, message, init] of bad) {
      const answer = await request('POST', '/users', init);
      expect(answer).toMatchObject({ status, body: { message: expect.stringMatching(message) } });
    }
    expect(await request('GET', '/')).toMatchObject({ status: 200 });
  });
});
