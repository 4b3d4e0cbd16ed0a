import { describe, expect, it } from 'vitest';
import {
  answer,
  askForToken,
  expectRefusal,
  isLive,
  logIn,
  register,
  request,
  send,
  withSession,
} from '../support/client.ts';
import { advance, AROUND_A_LIMIT, stopClock } from '../support/clock.ts';
import { emulated, event } from '../support/events.ts';
import { newEmail, scanTable } from '../support/library.ts';

const HOUR = 60 * 60;
const DAY = 24 * HOUR;

describe('GET /profile', () => {
  it('returns only the email of the user', async () => {
    const user = await register();
    const session_id = await logIn(user);
    expect(await withSession('GET /profile', session_id)).toStrictEqual(
      answer(200, { email: user.email }),
    );
  });

  it('returns the normalised address, whatever the spelling at registration', async () => {
    const email = newEmail();
    const user = await register({ email: email.toUpperCase() });
    expect((await withSession('GET /profile', await logIn(user))).body).toEqual({ email });
  });

  it('returns the email of the right user', async () => {
    const [ann, bob] = [await register(), await register()];
    const [annsSession, bobsSession] = [await logIn(ann), await logIn(bob)];
    expect((await withSession('GET /profile', annsSession)).body).toEqual({ email: ann.email });
    expect((await withSession('GET /profile', bobsSession)).body).toEqual({ email: bob.email });
  });

  it('finds the session cookie among any other cookies', async () => {
    const user = await register();
    const cookies = [
      'a=%',
      '=',
      'b',
      `session_id=${await logIn(user)}`,
      'xsession_id=c',
      '__proto__=d',
    ];
    expect(await request('GET /profile', { cookies })).toStrictEqual(
      answer(200, { email: user.email }),
    );
  });

  it('refuses a request without a session cookie', async () => {
    expectRefusal(await request('GET /profile'), 403);
    expectRefusal(await request('GET /profile', { cookies: ['theme=dark'] }), 403);
  });

  it('takes a session id only from the cookie', async () => {
    const session_id = await logIn(await register());
    const sent = event('GET /profile', {
      headers: { authorization: `Bearer ${session_id}`, session_id },
    });
    const query = {
      rawQueryString: `session_id=${session_id}`,
      queryStringParameters: { session_id },
    };
    expectRefusal(await send({ ...sent, ...query }), 403);
  });

  it('refuses a reset token in place of a session id', async () => {
    const user = await register();
    await logIn(user);
    expectRefusal(await withSession('GET /profile', await askForToken(user)), 403);
  });

  it('refuses the digest that the table holds in place of a session id', async () => {
    const session_id = await logIn(await register());
    const [owner = ''] = session_id.split('.');
    const stored = (await scanTable()).find(
      ({ id, item }) => id === owner && String(item).startsWith('session#'),
    );
    const digest = String(stored?.['session_id']);
    expect(digest).toMatch(/^[\w-]{43}$/);
    for (const value of [digest, `${owner}.${digest}`, `session#${digest}`]) {
      expectRefusal(await withSession('GET /profile', value), 403);
    }
  });

  it.each([{ cookies: null }, { cookies: [] as [] }])(
    'answers under the emulator, which passes $cookies as `cookies`',
    async ({ cookies }) => {
      const user = await register();
      const sent = event('GET /profile', { cookies: ['a=b', `session_id=${await logIn(user)}`] });
      expect(await send(emulated(sent, cookies))).toStrictEqual(answer(200, { email: user.email }));
      expectRefusal(await send(emulated(event('GET /profile'), cookies)), 403);
    },
  );

  describe('with a session that expires', () => {
    stopClock();

    it.each(AROUND_A_LIMIT)('%s its idle limit', async (_, good, offset) => {
      const session_id = await logIn(await register());
      advance(7 * DAY + offset);
      expect(await isLive(session_id)).toBe(good);
    });

    it.each(AROUND_A_LIMIT)(
      '%s the idle limit that a use over an hour after the login restarted',
      async (_, good, offset) => {
        const session_id = await logIn(await register());
        advance(HOUR + 1);
        expect(await isLive(session_id)).toBe(true);
        advance(7 * DAY + offset);
        expect(await isLive(session_id)).toBe(good);
      },
    );

    // The last use is written at most once an hour.
    it('does not restart the idle limit with a use within an hour of the login', async () => {
      const session_id = await logIn(await register());
      advance(HOUR);
      expect(await isLive(session_id)).toBe(true);
      advance(7 * DAY - HOUR);
      expect(await isLive(session_id)).toBe(false);
    });

    it('does not restart the idle limit with a use of another session', async () => {
      const user = await register();
      const [used, unused] = [await logIn(user), await logIn(user)];
      advance(DAY);
      expect(await isLive(used)).toBe(true);
      advance(6 * DAY);
      expect(await isLive(used)).toBe(true);
      expect(await isLive(unused)).toBe(false);
    });

    it.each(AROUND_A_LIMIT)(
      '%s its absolute limit, even if it is in use',
      async (_, good, offset) => {
        const session_id = await logIn(await register());
        for (let day = 6; day < 30; day += 6) {
          advance(6 * DAY);
          expect(await isLive(session_id)).toBe(true);
        }
        advance(6 * DAY + offset);
        expect(await isLive(session_id)).toBe(good);
      },
    );
  });
});
