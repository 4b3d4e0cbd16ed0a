import { describe, expect, it } from 'vitest';
import {
  answer,
  askForToken,
  canLogIn,
  encode,
  ENCODINGS,
  expectRefusal,
  isLive,
  logIn,
  register,
  request,
  sessionOf,
} from '../support/client.ts';
import { stopClock } from '../support/clock.ts';
import { clientWith } from '../support/settings.ts';

const COOKIE = /^session_id=[\w.-]{80}; Max-Age=2592000; Path=\/; HttpOnly; SameSite=Lax$/;

const change = (session_id: string, password: string, new_password = 'new') =>
  request('PUT /password', {
    form: { password, new_password },
    cookies: [`session_id=${session_id}`],
  });

describe('PUT /password', () => {
  it.each(ENCODINGS)(
    'sets the new password, ends every session and starts a new one: %s',
    async (encoding) => {
      const user = await register();
      const [one, two] = [await logIn(user), await logIn(user)];
      const received = await request('PUT /password', {
        ...encode(encoding, { password: user.password, new_password: 'new' }),
        cookies: [`session_id=${one}`],
      });
      expect(received).toStrictEqual(
        answer(200, { email: user.email, message: 'Password updated' }, [
          expect.stringMatching(COOKIE) as string,
        ]),
      );
      const fresh = sessionOf(received);
      expect(await Promise.all([one, two, fresh].map(isLive))).toEqual([false, false, true]);
      expect(await canLogIn(user)).toBe(false);
      expect(await canLogIn({ ...user, password: 'new' })).toBe(true);
    },
  );

  it('invalidates an earlier reset token', async () => {
    const user = await register();
    const session = await logIn(user);
    const reset_token = await askForToken(user);
    await change(session, user.password);
    const form = { email: user.email, reset_token, new_password: 'other' };
    expectRefusal(await request('PUT /reset_password', { form }), 403);
  });

  it('refuses a wrong password and changes nothing', async () => {
    const user = await register();
    const session = await logIn(user);
    expectRefusal(await change(session, 'no'), 403, /password/);
    expect(await isLive(session)).toBe(true);
    expect(await canLogIn(user)).toBe(true);
  });

  it('refuses a request without a valid session', async () => {
    const { password } = await register();
    expectRefusal(await change('none', password), 403);
    expectRefusal(await change('', password), 403);
  });

  it.each(['password', 'new_password'])('refuses a missing, empty or too long %s', async (name) => {
    const user = await register();
    const session = await logIn(user);
    const cookies = [`session_id=${session}`];
    const fields = { password: user.password, new_password: 'new' };
    const others = Object.fromEntries(Object.entries(fields).filter(([each]) => each !== name));
    for (const form of [others, { ...fields, [name]: 'x'.repeat(73) }, { ...fields, [name]: '' }]) {
      expectRefusal(
        await request('PUT /password', { form, cookies }),
        400,
        new RegExp(`^${name} `),
      );
    }
    expect(await canLogIn(user)).toBe(true);
  });

  it('applies the same rules to a new password as a registration', async () => {
    const user = await register();
    const strict = await clientWith({ PASSWORD_MIN_LENGTH: '8', REFUSE_COMMON_PASSWORDS: 'true' });
    const session = await logIn(user);
    for (const new_password of ['short', 'password1', user.email.split('@')[0] ?? '']) {
      const form = { password: user.password, new_password };
      const cookies = [`session_id=${session}`];
      expectRefusal(
        await strict.request('PUT /password', { form, cookies }),
        400,
        /^new_password /,
      );
    }
    expect(await isLive(session)).toBe(true);
  });

  describe('after wrong passwords', () => {
    stopClock();

    it('takes no notice of logins, which strangers can make fail', async () => {
      const user = await register();
      const session = await logIn(user);
      for (let i = 0; i < 6; i++) {
        await request('POST /sessions', { form: { ...user, password: 'no' } });
      }
      expect((await request('POST /sessions', { form: { ...user } })).status).toBe(429);
      expect((await change(session, user.password)).status).toBe(200);
    });

    it('starts a new count after a reset', async () => {
      const user = await register();
      const session = await logIn(user);
      for (let i = 0; i < 6; i++) await change(session, 'no');
      const form = { email: user.email, reset_token: await askForToken(user), new_password: 'new' };
      await request('PUT /reset_password', { form });
      const fresh = await logIn({ ...user, password: 'new' });
      expect((await change(fresh, 'new')).status).toBe(200);
    });

    it('makes the user wait before the next one, but not before a login', async () => {
      const user = await register();
      const session = await logIn(user);
      for (let i = 0; i < 5; i++) expect((await change(session, 'no')).status).toBe(403);
      const { status, headers } = await change(session, user.password);
      expect([status, headers?.['retry-after']]).toEqual([429, '1']);
      expect(await canLogIn(user)).toBe(true);
      // A login is no proof that whoever has the session knows the password.
      expect((await change(session, user.password)).status).toBe(429);
    });

    it('starts a new count after the right password', async () => {
      const user = await register();
      const session = await logIn(user);
      for (let i = 0; i < 4; i++) await change(session, 'no');
      const fresh = sessionOf(await change(session, user.password, user.password));
      for (let i = 0; i < 5; i++) expect((await change(fresh, 'no')).status).toBe(403);
    });
  });
});
