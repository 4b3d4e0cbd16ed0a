import { describe, expect, it } from 'vitest';
import {
  askForToken,
  canLogIn,
  encode,
  ENCODINGS,
  expectRefusal,
  farewell,
  isLive,
  logIn,
  register,
  request,
} from '../support/client.ts';
import { stopClock } from '../support/clock.ts';
import { scanTable } from '../support/library.ts';

const remove = (session_id: string, password: string) =>
  request('DELETE /profile', { form: { password }, cookies: [`session_id=${session_id}`] });

describe('DELETE /profile', () => {
  it('deletes the account by POST /profile/deletion, too, with the same answer', async () => {
    const user = await register();
    const cookies = [`session_id=${await logIn(user)}`];
    const ask = (password: string) =>
      request('POST /profile/deletion', { form: { password }, cookies });
    expectRefusal(await ask('no'), 403);
    expect(await ask(user.password)).toStrictEqual(
      farewell({ email: user.email, message: 'user deleted' }),
    );
    expect(await canLogIn(user)).toBe(false);
  });

  it.each(ENCODINGS)(
    'deletes the account, its sessions and its tokens, and frees the email: %s',
    async (encoding) => {
      const user = await register();
      const sessions = [await logIn(user), await logIn(user)];
      const reset_token = await askForToken(user);
      const received = await request('DELETE /profile', {
        ...encode(encoding, { password: user.password }),
        cookies: [`session_id=${String(sessions[0])}`],
      });
      expect(received).toStrictEqual(farewell({ email: user.email, message: 'user deleted' }));
      expect(await Promise.all(sessions.map(isLive))).toEqual([false, false]);
      expect(await canLogIn(user)).toBe(false);
      const form = { email: user.email, reset_token, new_password: 'new' };
      expectRefusal(await request('PUT /reset_password', { form }), 403);
      expectRefusal(await request('POST /reset_password', { form: { email: user.email } }), 403);

      const again = { ...user, password: 'another' };
      await register(again);
      expect(await canLogIn(user)).toBe(false);
      expect(await isLive(await logIn(again))).toBe(true);
      expect(await Promise.all(sessions.map(isLive))).toEqual([false, false]);
    },
  );

  it('leaves only items that expire', async () => {
    const user = await register();
    const session = await logIn(user);
    const [id = ''] = session.split('.');
    await remove(session, user.password);
    const left = (await scanTable()).filter(
      (item) => item['id'] === id || item['user_id'] === id || item['email'] === user.email,
    );
    // Only sessions remain. Nobody can use them, and DynamoDB deletes them at their expiry.
    for (const item of left) {
      expect(item).toMatchObject({
        item: expect.stringMatching(/^session#/),
        expires_at: expect.any(Number),
      });
    }
  });

  it('refuses a wrong password and deletes nothing', async () => {
    const user = await register();
    const session = await logIn(user);
    expectRefusal(await remove(session, 'no'), 403, /password/);
    expectRefusal(await request('DELETE /profile', { cookies: [`session_id=${session}`] }), 400);
    expect(await isLive(session)).toBe(true);
    expect(await canLogIn(user)).toBe(true);
  });

  describe('after wrong passwords', () => {
    stopClock();

    it('makes the user wait before the next one, but not before a login', async () => {
      const user = await register();
      const session = await logIn(user);
      for (let i = 0; i < 5; i++) expect((await remove(session, 'no')).status).toBe(403);
      expect((await remove(session, user.password)).status).toBe(429);
      expect(await canLogIn(user)).toBe(true);
    });

    it('takes no notice of logins, which strangers can make fail', async () => {
      const user = await register();
      const session = await logIn(user);
      for (let i = 0; i < 6; i++) {
        await request('POST /sessions', { form: { ...user, password: 'no' } });
      }
      expect((await remove(session, user.password)).status).toBe(200);
    });
  });

  it('refuses a request without a valid session', async () => {
    expectRefusal(await remove('none', (await register()).password), 403);
  });
});
