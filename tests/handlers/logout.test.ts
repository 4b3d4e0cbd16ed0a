import { describe, expect, it } from 'vitest';
import {
  expectRefusal,
  isLive,
  logIn,
  redirect,
  register,
  request,
  send,
  withSession,
} from '../support/client.ts';
import { advance, AROUND_A_LIMIT, stopClock } from '../support/clock.ts';
import { emulated, event } from '../support/events.ts';
import { clientWith } from '../support/settings.ts';

const loggedOut = redirect('/', ['session_id=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax']);

describe('DELETE /sessions', () => {
  it('ends the session, clears the cookie and redirects to /', async () => {
    const session_id = await logIn(await register());
    expect(await withSession('DELETE /sessions', session_id)).toStrictEqual(loggedOut);
    expect(await isLive(session_id)).toBe(false);
  });

  it('leaves the cache and the storage of the origin alone', async () => {
    const { headers } = await withSession('DELETE /sessions', await logIn(await register()));
    expect(headers).not.toHaveProperty('clear-site-data');
  });

  it('ends only that session', async () => {
    const user = await register();
    const [here, elsewhere] = [await logIn(user), await logIn(user)];
    const someoneElses = await logIn(await register());
    expect((await withSession('DELETE /sessions', here)).status).toBe(302);
    expect(await isLive(here)).toBe(false);
    expect(await isLive(elsewhere)).toBe(true);
    expect(await isLive(someoneElses)).toBe(true);
  });

  it('lets the user log in again', async () => {
    const user = await register();
    await withSession('DELETE /sessions', await logIn(user));
    expect(await isLive(await logIn(user))).toBe(true);
  });

  it('refuses a session that has ended already', async () => {
    const session_id = await logIn(await register());
    await withSession('DELETE /sessions', session_id);
    expectRefusal(await withSession('DELETE /sessions', session_id), 403);
  });

  it('refuses a request without a session cookie', async () => {
    expectRefusal(await request('DELETE /sessions'), 403);
    expectRefusal(await request('DELETE /sessions', { cookies: ['theme=dark'] }), 403);
  });

  it('gives the same answer for every refusal', async () => {
    const session_id = await logIn(await register());
    await withSession('DELETE /sessions', session_id);
    expect(await withSession('DELETE /sessions', session_id)).toStrictEqual(
      await request('DELETE /sessions'),
    );
  });

  it('clears the cookie with the attributes with which it was set, including Secure', async () => {
    const secure = await clientWith({ COOKIE_SECURE: 'true' });
    const user = await register();
    const form = { ...user };
    const { cookies: set } = await secure.request('POST /sessions', { form });
    const session_id = await secure.logIn(user);
    const { cookies: cleared } = await secure.withSession('DELETE /sessions', session_id);
    expect(cleared).toEqual(['session_id=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax']);
    const neutral = (cookie = '') => cookie.replace(/=[^;]*; Max-Age=\d+/, '');
    expect(neutral(cleared?.[0])).toBe(neutral(set?.[0]));
  });

  it.each([{ cookies: null }, { cookies: [] as [] }])(
    'ends the session under the emulator, which passes $cookies as `cookies`',
    async ({ cookies }) => {
      const session_id = await logIn(await register());
      const sent = event('DELETE /sessions', { cookies: ['a=b', `session_id=${session_id}`] });
      expect(await send(emulated(sent, cookies))).toStrictEqual(loggedOut);
      expect(await isLive(session_id)).toBe(false);
      expectRefusal(await send(emulated(event('DELETE /sessions'), cookies)), 403);
    },
  );

  describe('with a session that expires', () => {
    stopClock();

    it.each(AROUND_A_LIMIT)('%s its idle limit', async (_, good, offset) => {
      const session_id = await logIn(await register());
      advance(604_800 + offset);
      const received = await withSession('DELETE /sessions', session_id);
      if (good) expect(received).toStrictEqual(loggedOut);
      else expectRefusal(received, 403);
    });
  });
});
