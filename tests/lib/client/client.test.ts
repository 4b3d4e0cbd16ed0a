/** What the client makes of answers, those among them that only a browser or a broken network gives. */
import { describe, expect, it } from 'vitest';
import { createClient, type ClientOptions } from '../../../lib/client/client.ts';

const URL_ = 'https://api.example.com';
const CREDENTIALS = { email: 'ann@example.com', password: 'a password' };

type Sent = RequestInit & { url: string; headers: Record<string, string> };

/** A client that gets these answers, one after the other, and what it has sent for them. */
function clientOf(answers: Response[], options: Partial<ClientOptions> = {}) {
  const sent: Sent[] = [];
  const fetch = (url: unknown, init: unknown): Promise<Response> => {
    sent.push({ ...(init as Sent), url: String(url) });
    const answer = answers.shift();
    return answer ? Promise.resolve(answer) : Promise.reject(new TypeError('fetch failed'));
  };
  return { sent, client: createClient({ url: URL_, fetch, ...options }) };
}

const json = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), { status, headers });

const loggedIn = (...cookies: string[]) => {
  const answer = json(200, { email: CREDENTIALS.email, message: 'logged in' });
  for (const cookie of cookies) answer.headers.append('set-cookie', cookie);
  return answer;
};

/** As browsers give one that they were not to follow; no constructor makes it. */
const opaqueRedirect = () =>
  Object.defineProperties(Response.error(), { type: { value: 'opaqueredirect' } });

const NO_ANSWER = { ok: false, status: null, message: 'No answer from the service' };

describe('the client', () => {
  it('sends fields as JSON, with the cookies of a browser, and follows no redirect', async () => {
    const { client, sent } = clientOf([loggedIn()]);
    expect(await client.login(CREDENTIALS)).toEqual({
      ok: true,
      email: CREDENTIALS.email,
      message: 'logged in',
    });
    expect(sent).toEqual([
      {
        url: 'https://api.example.com/sessions',
        method: 'POST',
        credentials: 'include',
        redirect: 'manual',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(CREDENTIALS),
      },
    ]);
  });

  it('sends no body where there are no fields', async () => {
    const { client, sent } = clientOf([json(200, { email: CREDENTIALS.email })]);
    await client.getProfile();
    expect(sent).toEqual([
      {
        url: 'https://api.example.com/profile',
        method: 'GET',
        credentials: 'include',
        redirect: 'manual',
        headers: {},
      },
    ]);
  });

  it.each([
    ['https://api.example.com/', 'https://api.example.com/profile'],
    ['https://example.com/auth', 'https://example.com/auth/profile'],
    ['/auth/', '/auth/profile'],
    ['', '/profile'],
  ])('takes %j for the URL of the API', async (url, profile) => {
    const { client, sent } = clientOf([], { url });
    await client.getProfile();
    expect(sent[0]?.url).toBe(profile);
  });

  it('puts into the path what belongs there, as one part of it', async () => {
    const { client, sent } = clientOf([json(200, { message: 'session ended' })]);
    await client.endSession({ id: 'a/../b?c' });
    expect(sent[0]).toMatchObject({
      url: 'https://api.example.com/sessions/a%2F..%2Fb%3Fc',
      method: 'DELETE',
    });
    expect(sent[0]).not.toHaveProperty('body');
  });
});

describe('a value for the path', () => {
  it.each(['', '.', '..', 'all', 'others', undefined, null, 7, ['all'], '\ud800'])(
    'is not sent where it makes the path of another route: %j',
    async (id) => {
      const { client, sent } = clientOf([json(200, { message: 'session ended' })]);
      expect(await client.endSession({ id: id as string })).toEqual({
        ...NO_ANSWER,
        cause: expect.any(Error),
      });
      expect(sent).toEqual([]);
    },
  );

  it.each(['...', 'al', 'All', 'all ', 'all.', '%2e%2e', 'others/'])(
    'is sent in all other cases: %j',
    async (id) => {
      const { client, sent } = clientOf([json(200, { message: 'session ended' })]);
      expect(await client.endSession({ id })).toMatchObject({ ok: true });
      const { pathname } = new URL(String(sent[0]?.url));
      expect(decodeURIComponent(pathname)).toBe(`/sessions/${id}`);
    },
  );
});

describe('a session', () => {
  it('is kept where there is no browser, until its cookie is cleared', async () => {
    const { client, sent } = clientOf([
      loggedIn('other=1; Expires=Mon, 23 Nov 2026 10:00:00 GMT', 'session_id=a.b-c; Path=/'),
      json(403, { message: 'You are not logged in' }),
      new Response(null, {
        status: 302,
        headers: { location: '/', 'set-cookie': 'session_id=; Max-Age=0' },
      }),
    ]);
    expect(client.session_id).toBeUndefined();
    await client.login(CREDENTIALS);
    expect(client.session_id).toBe('a.b-c');
    await client.getProfile();
    expect(client.session_id).toBe('a.b-c');
    expect(await client.logout()).toEqual({ ok: true });
    expect(client.session_id).toBeUndefined();
    await client.getProfile();
    expect(sent.map(({ headers }) => headers['cookie'])).toEqual([
      undefined,
      'session_id=a.b-c',
      'session_id=a.b-c',
      undefined,
    ]);
  });

  it('goes on in another client', async () => {
    const { client, sent } = clientOf([], { session_id: 'kept' });
    expect(client.session_id).toBe('kept');
    await client.getProfile();
    expect(sent[0]?.headers).toEqual({ cookie: 'session_id=kept' });
  });

  it('is kept under another name of the cookie', async () => {
    const lines = ['__Host-session_id=x; Path=/', 'session_id=; Max-Age=0'];
    const { client, sent } = clientOf([loggedIn(...lines)], { cookieName: '__Host-session_id' });
    await client.login(CREDENTIALS);
    expect(client.session_id).toBe('x');
    await client.getProfile();
    expect(sent[1]?.headers).toEqual({ cookie: '__Host-session_id=x' });
  });

  it('is not taken from a cookie of another name', async () => {
    const { client } = clientOf([loggedIn('my_session_id=x', 'a=session_id=y')]);
    await client.login(CREDENTIALS);
    expect(client.session_id).toBeUndefined();
  });

  it('has ended in a browser, too, which tells no more than that there is a redirect', async () => {
    const { client } = clientOf([opaqueRedirect(), opaqueRedirect()]);
    expect(await client.logout()).toEqual({ ok: true });
    expect(await client.getProfile()).toMatchObject(NO_ANSWER);
  });

  it('has not ended where that is refused', async () => {
    const { client } = clientOf([json(403, { message: 'You are not logged in' })]);
    expect(await client.logout()).toMatchObject({ ok: false, status: 403 });
  });
});

describe('a refusal', () => {
  it('is a value, with its code, when to come back and the id of the request', async () => {
    const headers = { 'retry-after': '8', 'x-request-id': 'an id' };
    const body = { message: 'Too many', code: 'too_many_attempts' };
    const { client } = clientOf([json(429, body, headers)]);
    expect(await client.login(CREDENTIALS)).toEqual({
      ok: false,
      status: 429,
      ...body,
      retryAfterSeconds: 8,
      requestId: 'an id',
    });
  });

  it('has no code that is no string', async () => {
    const { client } = clientOf([json(403, { message: 'No', code: 7 })]);
    expect(await client.getProfile()).toEqual({ ok: false, status: 403, message: 'No' });
  });

  it.each([{}, { 'retry-after': 'Mon, 23 Nov 2026 10:00:00 GMT' }, { 'retry-after': '' }])(
    'says nothing of what it does not know: %j',
    async (headers) => {
      const { client } = clientOf([json(503, { message: 'Service Unavailable' }, headers)]);
      expect(await client.getProfile()).toEqual({
        ok: false,
        status: 503,
        message: 'Service Unavailable',
      });
    },
  );
});

describe('what is no answer of the service', () => {
  it.each([
    ['a page', new Response('<h1>Hello</h1>')],
    ['an error page', new Response('<h1>Bad Gateway</h1>', { status: 502 })],
    ['other JSON', json(500, { error: 'x' })],
    ['an error that is null', json(500, null)],
    ['a success that is null', json(200, null)],
    ['nothing', new Response(null, { status: 204 })],
    ['a redirect', new Response(null, { status: 302, headers: { location: '/elsewhere' } })],
  ])('is a value: %s', async (_, response) => {
    const { client } = clientOf([response]);
    const result = await client.getProfile();
    expect(result).toEqual({ ...NO_ANSWER, cause: expect.any(Error) });
  });

  it('is a value: no network', async () => {
    const { client } = clientOf([]);
    expect(await client.login(CREDENTIALS)).toEqual({
      ...NO_ANSWER,
      cause: expect.objectContaining({ message: 'fetch failed' }),
    });
  });

  it('is a value: a request that is given up', async () => {
    const reason = new Error('enough');
    const client = createClient({ url: 'http://127.0.0.1:9' });
    const signal = AbortSignal.abort(reason);
    expect(await client.getProfile({ signal })).toEqual({ ...NO_ANSWER, cause: reason });
    expect(await client.login({ ...CREDENTIALS, signal })).toEqual({ ...NO_ANSWER, cause: reason });
  });
});
