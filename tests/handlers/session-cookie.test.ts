/** What the endpoints make of several session cookies, and of another name for the cookie. */
import { describe, expect, it } from 'vitest';
import {
  answer,
  expectRefusal,
  isLive,
  logIn,
  register,
  request,
  type Route,
} from '../support/client.ts';
import { clientWith } from '../support/settings.ts';

const named = (...sessions: string[]) => sessions.map((session_id) => `session_id=${session_id}`);

describe('of several session cookies', () => {
  it('the only good one counts, wherever it stands', async () => {
    const user = await register();
    const [stale, good] = [await logIn(user), await logIn(user)];
    await request('DELETE /sessions', { cookies: named(stale) });
    for (const cookies of [
      named(stale, good),
      named(good, stale),
      named('', 'x', stale, good),
      named(good, good, good, good, good),
    ]) {
      expect(await request('GET /profile', { cookies })).toStrictEqual(
        answer(200, { email: user.email }),
      );
    }
  });

  it.each<Route>(['GET /profile', 'GET /sessions', 'DELETE /sessions', 'DELETE /sessions/all'])(
    'two good ones of different users are refused: %s',
    async (route) => {
      const sessions = [await logIn(await register()), await logIn(await register())];
      expectRefusal(await request(route, { cookies: named(...sessions) }), 403);
      expectRefusal(await request(route, { cookies: named(...sessions.reverse()) }), 403);
      for (const session_id of sessions) expect(await isLive(session_id)).toBe(true);
    },
  );

  it('more than four are refused', async () => {
    const good = await logIn(await register());
    const isAccepted = async (...others: string[]) =>
      (await request('GET /profile', { cookies: named(...others, good) })).status === 200;
    expect(await isAccepted('a', 'b', 'c')).toBe(true);
    expect(await isAccepted('a', 'b', 'c', 'd')).toBe(false);
  });

  it('two good ones of one user are both ended by a logout', async () => {
    const user = await register();
    const [one, two, other] = [await logIn(user), await logIn(user), await logIn(user)];
    const { status } = await request('DELETE /sessions', { cookies: named(one, two) });
    expect(status).toBe(302);
    expect([await isLive(one), await isLive(two)]).toEqual([false, false]);
    expect(await isLive(other)).toBe(true);
  });
});

describe('a service that changes the name of the cookie to __Host-session_id', async () => {
  const COOKIE_SECURE = 'true';
  const attributes = 'Path=/; HttpOnly; Secure; SameSite=Lax';
  const both = '__Host-session_id,session_id';
  const changing = await clientWith({ COOKIE_SECURE, SESSION_COOKIES: both });
  const changed = await clientWith({ COOKIE_SECURE, SESSION_COOKIES: '__Host-session_id' });

  it.each([
    ['lists both names', changing],
    ['lists the new name', changed],
  ])('sets the cookie under the new name: it %s', async (_, client) => {
    const { cookies = [] } = await client.request('POST /sessions', {
      form: { ...(await register()) },
    });
    expect(cookies).toEqual([
      expect.stringMatching(/^__Host-session_id=[\w.-]{80}; Max-Age=2592000; /),
    ]);
    expect(cookies[0]).toContain(attributes);
    const [pair = ''] = cookies[0]?.split(';') ?? [];
    expect((await client.request('GET /profile', { cookies: [pair] })).status).toBe(200);
    // Until the new name is listed, it is no session cookie.
    expect((await request('GET /profile', { cookies: [pair] })).status).toBe(403);
  });

  it('accepts the old name until it is not listed any more', async () => {
    const cookies = named(await logIn(await register()));
    expect((await changing.request('GET /profile', { cookies })).status).toBe(200);
    expect((await changed.request('GET /profile', { cookies })).status).toBe(403);
  });

  it('ends the session of the old name at the next login', async () => {
    const user = await register();
    const session_id = await logIn(user);
    const parts = { form: { ...user }, cookies: named(session_id) };
    expect((await changing.request('POST /sessions', parts)).status).toBe(200);
    expect(await isLive(session_id)).toBe(false);
  });

  it('clears the cookie under each name that is listed', async () => {
    const { cookies } = await changing.request('DELETE /sessions', {
      cookies: named(await logIn(await register())),
    });
    expect(cookies).toEqual([
      `__Host-session_id=; Max-Age=0; ${attributes}`,
      `session_id=; Max-Age=0; ${attributes}`,
    ]);
  });
});
