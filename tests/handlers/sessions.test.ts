/** GET /sessions, and the endpoints that end sessions. */
import { describe, expect, it } from 'vitest';
import {
  answer,
  askForToken,
  expectRefusal,
  farewell,
  isLive,
  logIn,
  register,
  request,
  withSession,
  type Credentials,
  type Route,
} from '../support/client.ts';
import { advance, stopClock } from '../support/clock.ts';
import { scanTable } from '../support/library.ts';

interface Listed {
  id: string;
  user_agent: string;
  current: boolean;
}

async function list(session_id: string): Promise<Listed[]> {
  const { status, body } = await withSession('GET /sessions', session_id);
  expect(status).toBe(200);
  return (body as { sessions: Listed[] }).sessions;
}

/** @returns the handle of a session in the list of its user */
async function handleOf(session_id: string): Promise<string> {
  const own = (await list(session_id)).find(({ current }) => current);
  return own?.id ?? expect.fail('it is not listed');
}

/** Logs in the given number of times. */
async function logInTimes(times: number, user: Credentials): Promise<string[]> {
  const sessions = [];
  for (let i = 0; i < times; i++) sessions.push(await logIn(user));
  return sessions;
}

const areLive = (sessions: string[]): Promise<boolean[]> => Promise.all(sessions.map(isLive));

const end = (session_id: string, id: string) =>
  request('DELETE /sessions/{id}', { id, cookies: [`session_id=${session_id}`] });

describe.each<Route>([
  'GET /sessions',
  'DELETE /sessions/{id}',
  'DELETE /sessions/others',
  'DELETE /sessions/all',
])('%s', (route) => {
  it('refuses a request without a valid session', async () => {
    const ended = await logIn(await register());
    await withSession('DELETE /sessions', ended);
    for (const cookies of [[], ['session_id='], ['session_id=%'], [`session_id=${ended}`]]) {
      expectRefusal(await request(route, { cookies, id: 'x' }), 403);
    }
  });
});

describe('GET /sessions', () => {
  stopClock();

  it('lists only the sessions of the user, the newest first', async () => {
    const user = await register();
    const headers = { 'user-agent': 'Firefox' };
    const older = await logIn(user);
    advance(2 * 60 * 60);
    await withSession('GET /profile', older);
    advance(60);
    await request('POST /sessions', { form: { ...user }, headers });
    await logIn(await register());
    expect(await withSession('GET /sessions', older)).toStrictEqual(
      answer(200, {
        sessions: [
          {
            id: expect.any(String),
            created_at: '2100-01-01T02:01:00.000Z',
            last_seen_at: '2100-01-01T02:01:00.000Z',
            expires_at: '2100-01-08T02:01:00.000Z',
            user_agent: 'Firefox',
            ip: '192.0.2.7',
            current: false,
          },
          {
            id: expect.any(String),
            created_at: '2100-01-01T00:00:00.000Z',
            last_seen_at: '2100-01-01T02:00:00.000Z',
            expires_at: '2100-01-08T02:00:00.000Z',
            user_agent: 'curl/8.5.0',
            ip: '192.0.2.7',
            current: true,
          },
        ],
      }),
    );
  });

  it('omits sessions that have ended or expired', async () => {
    const user = await register();
    const [expiring = '', loggedOut = ''] = await logInTimes(2, user);
    await withSession('DELETE /sessions', loggedOut);
    expect(await list(expiring)).toHaveLength(1);
    advance(7 * 24 * 60 * 60 - 1);
    const last = await logIn(user);
    expect(await list(last)).toHaveLength(2);
    advance(1);
    expect(await list(last)).toMatchObject([{ current: true }]);
  });

  it('names each session by a constant handle that does not work as a session id', async () => {
    const user = await register();
    const session = await logIn(user);
    const id = await handleOf(session);
    expect(await list(session)).toMatchObject([{ id }]);
    expect(await isLive(id)).toBe(false);
    expect(id).not.toContain(session.split('.')[1]);
    expect(JSON.stringify(await scanTable())).not.toContain(id.split('.')[1]);
  });

  it('keeps at most 256 characters of a user agent', async () => {
    const user = await register();
    const headers = { 'user-agent': 'x'.repeat(1000) };
    await request('POST /sessions', { form: { ...user }, headers });
    const agents = (await list(await logIn(user))).map(({ user_agent }) => user_agent);
    expect(agents).toContain('x'.repeat(256));
  });
});

describe('DELETE /sessions/{id}', () => {
  it('ends only that session', async () => {
    const sessions = await logInTimes(3, await register());
    const [one = '', two = '', three = ''] = sessions;
    const id = await handleOf(two);
    expect(await end(three, id)).toStrictEqual(answer(200, { message: 'session ended' }));
    expect(await areLive([one, two, three])).toEqual([true, false, true]);
    expectRefusal(await end(three, id), 404);
  });

  it('can end the session that sends the request', async () => {
    const session = await logIn(await register());
    const id = await handleOf(session);
    expect((await end(session, id)).status).toBe(200);
    expect(await isLive(session)).toBe(false);
  });

  it('answers 404 for the session of another user, a session id and anything else', async () => {
    const [mine, other] = [await logIn(await register()), await logIn(await register())];
    const others = await handleOf(other);
    for (const id of [others, mine, other, 'x', '', '%00', '__proto__']) {
      expectRefusal(await end(mine, id), 404);
    }
    expect(await areLive([mine, other])).toEqual([true, true]);
  });
});

describe('DELETE /sessions/others', () => {
  it('ends all other sessions of the user, and not later ones', async () => {
    const user = await register();
    const [one = '', two = '', three = ''] = await logInTimes(3, user);
    const stranger = await logIn(await register());
    expect(await withSession('DELETE /sessions/others', two)).toStrictEqual(
      answer(200, { message: 'other sessions ended' }),
    );
    expect(await areLive([one, two, three, stranger])).toEqual([false, true, false, true]);
    expect(await isLive(await logIn(user))).toBe(true);
    expect((await withSession('DELETE /sessions/others', two)).status).toBe(200);
    expect(await list(two)).toMatchObject([{ current: true }]);
  });

  it('keeps only the session of the last such request, which DELETE /sessions/all can still end', async () => {
    const user = await register();
    const [one = '', two = ''] = await logInTimes(2, user);
    await withSession('DELETE /sessions/others', one);
    const three = await logIn(user);
    expect(await areLive([one, two, three])).toEqual([true, false, true]);
    await withSession('DELETE /sessions/others', three);
    expect(await areLive([one, two, three])).toEqual([false, false, true]);
    const four = await logIn(user);
    await withSession('DELETE /sessions/all', four);
    expect(await areLive([one, two, three, four])).toEqual([false, false, false, false]);
  });

  it('keeps a session that a new password or a logout can still end', async () => {
    const user = await register();
    const [kept = '', other = ''] = await logInTimes(2, user);
    await withSession('DELETE /sessions/others', kept);
    const form = { email: user.email, reset_token: await askForToken(user), new_password: 'new' };
    expect((await request('PUT /reset_password', { form })).status).toBe(200);
    expect(await areLive([kept, other])).toEqual([false, false]);
    const again = await logIn({ ...user, password: 'new' });
    await withSession('DELETE /sessions/others', again);
    await withSession('DELETE /sessions', again);
    expect(await areLive([kept, other, again])).toEqual([false, false, false]);
  });

  describe('after some time', () => {
    stopClock();

    it('counts as a use of the session, which still has the usual idle limit', async () => {
      const session = await logIn(await register());
      advance(7 * 24 * 60 * 60 - 1);
      expect((await withSession('DELETE /sessions/others', session)).status).toBe(200);
      advance(1);
      expect(await isLive(session)).toBe(true);
      advance(7 * 24 * 60 * 60);
      expect(await isLive(session)).toBe(false);
    });
  });
});

describe('DELETE /sessions/all', () => {
  it('ends all sessions of the user but not later ones, and clears the cookie', async () => {
    const user = await register();
    const [one = '', two = ''] = await logInTimes(2, user);
    expect(await withSession('DELETE /sessions/all', one)).toStrictEqual(
      farewell({ message: 'all sessions ended' }),
    );
    expect(await areLive([one, two])).toEqual([false, false]);
    expect(await isLive(await logIn(user))).toBe(true);
  });
});
