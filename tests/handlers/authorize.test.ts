/** The authorizer of other HTTP APIs: which of their requests it authorizes. */
import fc from 'fast-check';
import { describe, expect, inject, it } from 'vitest';
import { handler, type Authorized } from '../../handlers/authorize.ts';
import { TIME_LIMITS } from '../../lib/aws/limits.ts';
import {
  askForToken,
  authorize,
  isLive,
  logIn,
  register,
  request,
  withSession,
} from '../support/client.ts';
import { advance, AROUND_A_LIMIT, stopClock } from '../support/clock.ts';
import {
  authorizerEvent,
  emulatedAuthorizerEvent,
  type AuthorizerEvent,
  type EventParts,
} from '../support/events.ts';
import { createLibrary, newEmail } from '../support/library.ts';
import { logOf } from '../support/log.ts';
import { startProxy } from '../support/proxy.ts';
import { readServerless } from '../support/serverless.ts';
import { clientWith } from '../support/settings.ts';

const HOUR = 60 * 60;
const DAY = 24 * HOUR;
const REFUSED = { isAuthorized: false };

const { db } = createLibrary();

const ask = (parts: EventParts, route = 'GET /orders') => handler(authorizerEvent(route, parts));

/** Returns whether the authorizer accepts the session. */
async function isLetIn(session_id: string): Promise<boolean> {
  const verdict = await authorize(session_id);
  if (!verdict.isAuthorized) expect(verdict).toStrictEqual(REFUSED);
  return verdict.isAuthorized;
}

/** Returns the answer that the authorizer has to give, from other sources. */
async function verdictOf(email: string, session_id: string) {
  const { id } = await db.findUserBy({ email });
  const { body } = await withSession('GET /sessions', session_id);
  const { sessions } = body as { sessions: { id: string; current: boolean }[] };
  const session_handle = sessions.find(({ current }) => current)?.id;
  return {
    isAuthorized: true,
    context: { user_id: id, email, email_verified: 'false', session_handle },
  };
}

describe('the authorizer', () => {
  it('accepts a valid session, and returns only its user, email and handle', async () => {
    const user = await register();
    const session_id = await logIn(user);
    expect(await authorize(session_id)).toStrictEqual(await verdictOf(user.email, session_id));
  });

  it('returns the normalised address, whatever the spelling at registration', async () => {
    const email = newEmail();
    const session_id = await logIn(await register({ email: email.toUpperCase() }));
    expect(await authorize(session_id)).toMatchObject({ context: { email } });
  });

  it('distinguishes users and the sessions of one user', async () => {
    const [ann, bob] = [await register(), await register()];
    for (const user of [ann, bob, ann]) {
      const session_id = await logIn(user);
      expect(await authorize(session_id)).toStrictEqual(await verdictOf(user.email, session_id));
    }
  });

  it('returns nothing that works as a session cookie', async () => {
    const session_id = await logIn(await register());
    const { context } = (await authorize(session_id)) as { context: Authorized };
    const secret = session_id.split('.')[1] ?? expect.fail('no secret');
    for (const value of Object.values<string>({ ...context })) {
      expect(value).not.toContain(secret);
      expect(await isLetIn(value)).toBe(false);
      expect(await isLive(value)).toBe(false);
    }
  });

  it.each([
    ['no cookie', []],
    ['another cookie', ['theme=dark']],
    ['an empty session id', ['session_id=']],
    ['a malformed session id', ['session_id=%']],
    ['a session cookie without a value', ['session_id']],
    [
      'an unknown session id',
      [`session_id=11111111-1111-4111-8111-111111111111.${'a'.repeat(43)}`],
    ],
    ['a session id that names nobody', ['session_id=x']],
  ])('refuses a request with %s', async (_, cookies) => {
    expect(await ask({ cookies })).toStrictEqual(REFUSED);
    const emulated = emulatedAuthorizerEvent(authorizerEvent('GET /orders', { cookies }));
    expect(await handler(emulated)).toStrictEqual(REFUSED);
  });

  it('refuses a session id with one changed character', async () => {
    const session_id = await logIn(await register());
    const last = session_id.at(-2) === 'A' ? 'B' : 'A';
    expect(await isLetIn(`${session_id.slice(0, -2)}${last}${session_id.slice(-1)}`)).toBe(false);
    expect(await isLetIn(session_id)).toBe(true);
  });

  it('finds the cookie among others, and takes the only good one, as the endpoints do', async () => {
    const session_id = await logIn(await register());
    const [good, bad] = [`session_id=${session_id}`, 'session_id=x'];
    const others = `session_id=${await logIn(await register())}`;
    for (const [cookies, isAuthorized] of [
      [['a=%', '=', good, 'xsession_id=c', '__proto__=d'], true],
      [[good, bad], true],
      [[bad, good], true],
      [[good, others], false],
    ] as const) {
      const parts = { cookies: [...cookies] };
      expect(await ask(parts)).toMatchObject({ isAuthorized });
      expect((await request('GET /profile', parts)).status).toBe(isAuthorized ? 200 : 403);
    }
  });

  it('takes a session id only from the cookie', async () => {
    const session_id = await logIn(await register());
    const headers = { authorization: `Bearer ${session_id}`, session_id };
    const asked = {
      ...authorizerEvent('GET /orders', { headers }),
      rawQueryString: `session_id=${session_id}`,
      queryStringParameters: { session_id },
      identitySource: [session_id],
    };
    expect(await handler(asked)).toStrictEqual(REFUSED);
  });

  it('refuses a reset token in place of a session id', async () => {
    const user = await register();
    await logIn(user);
    expect(await isLetIn(await askForToken(user))).toBe(false);
  });

  // The emulator sends header names in any case, no `cookies` and no address of the client.
  it('accepts a valid session under the emulator', async () => {
    const user = await register();
    const session_id = await logIn(user);
    const cookies = ['a=b', `session_id=${session_id}`];
    const asked = emulatedAuthorizerEvent(authorizerEvent('GET /orders', { cookies }));
    expect(asked.headers).toMatchObject({ Cookie: `a=b; session_id=${session_id}` });
    expect(await handler(asked)).toStrictEqual(await verdictOf(user.email, session_id));
    expect(await handler({ ...asked, headers: null } as unknown as AuthorizerEvent)).toStrictEqual(
      REFUSED,
    );
  });

  it('never throws, whatever a client sends', async () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string().map((value) => `session_id=${value}`),
      fc.uuid().chain((id) => fc.base64String().map((secret) => `session_id=${id}.${secret}`)),
    );
    const parts = fc.record(
      { cookies: fc.array(text), headers: fc.dictionary(fc.string(), text) },
      { requiredKeys: [] },
    );
    const route = fc.constantFrom('GET /orders', 'POST /orders', 'OPTIONS /orders');
    await fc.assert(
      fc.asyncProperty(route, parts, async (asked, sent) => {
        expect(await ask(sent as EventParts, asked)).toStrictEqual(REFUSED);
      }),
    );
  });
});

describe('the authorizer refuses a session that has ended', () => {
  it('by a logout, which ends only that session', async () => {
    const user = await register();
    const [ended, other] = [await logIn(user), await logIn(user)];
    await withSession('DELETE /sessions', ended);
    expect(await isLetIn(ended)).toBe(false);
    expect(await isLetIn(other)).toBe(true);
  });

  it('by a request of its user with the handle that the other API was given', async () => {
    const user = await register();
    const [ended, other] = [await logIn(user), await logIn(user)];
    const { context } = (await authorize(ended)) as { context: Authorized };
    const parts = { id: context.session_handle, cookies: [`session_id=${other}`] };
    expect((await request('DELETE /sessions/{id}', parts)).status).toBe(200);
    expect(await isLetIn(ended)).toBe(false);
    expect(await isLetIn(other)).toBe(true);
  });

  it('with all sessions of its user', async () => {
    const user = await register();
    const sessions = [await logIn(user), await logIn(user)];
    await withSession('DELETE /sessions/all', sessions[0] ?? '');
    expect(await Promise.all(sessions.map(isLetIn))).toEqual([false, false]);
    expect(await isLetIn(await logIn(user))).toBe(true);
  });

  it('by a new password', async () => {
    const user = await register();
    const session_id = await logIn(user);
    const form = { email: user.email, reset_token: await askForToken(user), new_password: 'new' };
    await request('PUT /reset_password', { form });
    expect(await isLetIn(session_id)).toBe(false);
  });

  it('with the account of its user', async () => {
    const { password, ...rest } = await register();
    const session_id = await logIn({ password, ...rest });
    const parts = { form: { password }, cookies: [`session_id=${session_id}`] };
    expect((await request('DELETE /profile', parts)).status).toBe(200);
    expect(await isLetIn(session_id)).toBe(false);
  });
});

describe('a session that another API uses', () => {
  stopClock();

  it.each(AROUND_A_LIMIT)('%s its idle limit', async (_, good, offset) => {
    const session_id = await logIn(await register());
    advance(7 * DAY + offset);
    expect(await isLetIn(session_id)).toBe(good);
  });

  it.each(AROUND_A_LIMIT)(
    '%s the idle limit that such a use restarted',
    async (_, good, offset) => {
      const session_id = await logIn(await register());
      advance(HOUR + 1);
      expect(await isLetIn(session_id)).toBe(true);
      advance(7 * DAY + offset);
      expect(await isLetIn(session_id)).toBe(good);
      expect(await isLive(session_id)).toBe(good);
    },
  );

  it.each(AROUND_A_LIMIT)('%s its absolute limit', async (_, good, offset) => {
    const session_id = await logIn(await register());
    for (let day = 6; day < 30; day += 6) {
      advance(6 * DAY);
      expect(await isLetIn(session_id)).toBe(true);
    }
    advance(6 * DAY + offset);
    expect(await isLetIn(session_id)).toBe(good);
  });
});

describe('a request to another API', () => {
  const API = 'https://abc123.execute-api.eu-west-1.amazonaws.com';
  const FOREIGN: Record<string, string>[] = [
    { origin: 'https://evil.example' },
    { origin: API, 'sec-fetch-site': 'cross-site' },
    { origin: 'null', 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
  ];
  const OURS: Record<string, string>[] = [
    { origin: API },
    { origin: API, host: `${API.slice('https://'.length)}:443` },
    { origin: 'null', 'sec-fetch-site': 'same-origin' },
    { origin: 'http://localhost:5173', 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'none' },
  ];
  const UNSAFE = ['POST', 'PUT', 'PATCH', 'DELETE', 'WHATEVER'];

  it.each(FOREIGN)(
    'is refused from a page of another site if it may change something: %j',
    async (headers) => {
      const cookies = [`session_id=${await logIn(await register())}`];
      for (const method of UNSAFE) {
        const asked = authorizerEvent(`${method} /orders`, { cookies, headers });
        expect(await handler(asked)).toStrictEqual(REFUSED);
        expect(await handler(emulatedAuthorizerEvent(asked))).toStrictEqual(REFUSED);
      }
      expect(await ask({ cookies, headers })).toMatchObject({ isAuthorized: true });
    },
  );

  it.each(OURS)('is accepted from our own and listed pages: %j', async (headers) => {
    const cookies = [`session_id=${await logIn(await register())}`];
    for (const method of UNSAFE) {
      const asked = authorizerEvent(`${method} /orders`, { cookies, headers });
      expect(await handler(asked)).toMatchObject({ isAuthorized: true });
      expect(await handler(emulatedAuthorizerEvent(asked))).toMatchObject({ isAuthorized: true });
    }
  });
});

describe('the log of the authorizer', () => {
  it('has the request and the source of each refusal, and of what the client sent only an origin', async () => {
    const asked = authorizerEvent('POST /orders', { cookies: ['session_id=canary'] });
    const { requestId } = asked.requestContext;
    const line = { level: 'WARN', request_id: requestId, source_ip: '192.0.2.7' };
    const refused = await logOf(() => handler(asked));
    expect(refused).toMatchObject([{ ...line, event: 'authz_fail', outcome: 'failure' }]);
    const headers = { ...asked.headers, origin: 'https://canary.example' };
    const foreign = await logOf(() => handler({ ...asked, headers }));
    const event = { event: 'malicious_cors', outcome: 'failure', origin: headers.origin };
    expect(foreign).toMatchObject([{ ...line, ...event }]);
    expect(JSON.stringify([refused, foreign]).replace(headers.origin, '')).not.toContain('canary');
  });

  it('has no line about accepted requests', async () => {
    const session_id = await logIn(await register());
    expect(await logOf(() => authorize(session_id))).toEqual([]);
  });
});

describe('the authorizer without DynamoDB', () => {
  const withoutDynamoDB = async () => {
    const proxy = await startProxy(inject('dynamodb'), (_, forward) => forward());
    const client = await clientWith({ AWS_ENDPOINT_URL_DYNAMODB: proxy.url });
    await proxy.stop();
    return client;
  };

  // API Gateway answers 500 if an authorizer fails. 403 would tell users that they are logged out.
  it('fails, and accepts nobody', async () => {
    const session_id = await logIn(await register());
    const client = await withoutDynamoDB();
    const log = await logOf(() =>
      expect(client.authorize(session_id)).rejects.toMatchObject({ code: 'unavailable' }),
    );
    expect(log).toMatchObject([{ level: 'ERROR', message: 'A session could not be checked' }]);
    expect(await isLetIn(session_id)).toBe(true);
  });

  // https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
  it('fails within the 10 seconds that API Gateway waits', () => {
    const { timeout = NaN } = readServerless().functions['authorize'] ?? {};
    const { maxAttempts, requestHandler } = TIME_LIMITS;
    const { connectionTimeout, requestTimeout } = requestHandler;
    expect(timeout).toBeLessThanOrEqual(10);
    expect(maxAttempts * (connectionTimeout + requestTimeout)).toBeLessThan(timeout * 1000);
  });

  it('refuses a request without a cookie', async () => {
    const { authorize: authorizeWithout } = await withoutDynamoDB();
    expect(await authorizeWithout('')).toStrictEqual(REFUSED);
  });
});
