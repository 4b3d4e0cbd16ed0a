import { beforeAll, describe, expect, it } from 'vitest';
import {
  answer,
  encode,
  ENCODINGS,
  expectRefusal,
  isLive,
  logIn,
  register,
  request,
  send,
  sessionOf,
  type Credentials,
} from '../support/client.ts';
import { stopClock } from '../support/clock.ts';
import { emulated, event } from '../support/events.ts';
import { newEmail, scanTable } from '../support/library.ts';
import { clientWith } from '../support/settings.ts';

// The id of the user, and 256 random bits in 43 characters of base64url.
const ID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\\.[A-Za-z0-9_-]{43}';
const ATTRIBUTES = 'Max-Age=2592000; Path=/; HttpOnly; SameSite=Lax';
const COOKIE = new RegExp(`^session_id=${ID}; ${ATTRIBUTES}$`);

const loggedIn = (email: string, cookie = COOKIE) =>
  answer(200, { email, message: 'logged in' }, [expect.stringMatching(cookie) as string]);

describe('POST /sessions', () => {
  let user: Credentials;

  beforeAll(async () => {
    user = await register();
  });

  describe.each(ENCODINGS)('with a body sent as %s', (encoding) => {
    it('starts a session for the right email and password', async () => {
      const received = await request('POST /sessions', encode(encoding, { ...user }));
      expect(received).toStrictEqual(loggedIn(user.email));
      const [pair = ''] = received.cookies?.[0]?.split(';') ?? [];
      expect(await request('GET /profile', { cookies: [pair] })).toStrictEqual(
        answer(200, { email: user.email }),
      );
    });

    it('ignores the case of the email, and echoes the email as sent', async () => {
      const email = ` ${user.email.toUpperCase()} `;
      expect(await request('POST /sessions', encode(encoding, { ...user, email }))).toStrictEqual(
        loggedIn(email),
      );
    });

    it('gives the same answer to an unknown email and a wrong password, without a cookie', async () => {
      const { email, password } = await register();
      const wrong = await request('POST /sessions', encode(encoding, { email, password: 'no' }));
      const unknown = await request(
        'POST /sessions',
        encode(encoding, { email: newEmail(), password }),
      );
      expectRefusal(wrong, 401);
      expect(unknown).toStrictEqual(wrong);
    });

    it('creates no session for a refused login', async () => {
      const { email } = await register();
      const sessions = async () =>
        (await scanTable()).filter(({ item }) => String(item).startsWith('session#'));
      const before = await sessions();
      await request('POST /sessions', encode(encoding, { email, password: 'no' }));
      await request('POST /sessions', encode(encoding, { email: newEmail(), password: 'no' }));
      expect(await sessions()).toEqual(before);
    });
  });

  describe('after many failures', () => {
    stopClock();

    const fail = (email: string, parts = {}) =>
      request('POST /sessions', { form: { email, password: 'no' }, ...parts });

    it('says when to retry, with the same answer for a known and an unknown email', async () => {
      const { email, password } = await register();
      const answers = [];
      for (const each of [email, newEmail()]) {
        for (let i = 0; i < 7; i++) await fail(each);
        answers.push(await request('POST /sessions', { form: { email: each, password } }));
      }
      const [known, unknown] = answers;
      expect(known).toMatchObject({
        status: 429,
        headers: { 'retry-after': '1' },
        cookies: [],
        body: { message: expect.stringMatching(/too many attempts/i) },
      });
      expect(unknown).toStrictEqual(known);
    });

    it('limits the source that API Gateway reports, not one that a client claims', async () => {
      const { request: limited } = await clientWith({ FAILED_LOGINS_PER_SOURCE: '2' });
      const statuses = [];
      for (let i = 0; i < 4; i++) {
        const headers = { 'x-forwarded-for': `198.51.100.${String(i)}`, 'x-real-ip': '10.0.0.1' };
        const form = { email: newEmail(), password: 'no' };
        statuses.push((await limited('POST /sessions', { form, headers })).status);
      }
      expect(statuses).toEqual([401, 401, 429, 429]);
    });
  });

  it('creates another session at each login', async () => {
    const sessions = [await logIn(user), await logIn(user), await logIn(user)];
    expect(new Set(sessions).size).toBe(3);
    for (const session_id of sessions) expect(await isLive(session_id)).toBe(true);
  });

  // OWASP ASVS 5.0, 7.2.4.
  it("ends the session that the client sends, its own or another user's, and no other", async () => {
    const other = await register();
    const stays = [await logIn(user), await logIn(other)];
    for (const owner of [user, other]) {
      const presented = await logIn(owner);
      const received = await request('POST /sessions', {
        form: { ...user },
        cookies: [`session_id=${presented}`],
      });
      expect(received).toStrictEqual(loggedIn(user.email));
      expect(sessionOf(received)).not.toBe(presented);
      expect(await isLive(sessionOf(received))).toBe(true);
      expect(await isLive(presented)).toBe(false);
    }
    for (const session_id of stays) expect(await isLive(session_id)).toBe(true);
  });

  it('ends each of several sessions that the client sends', async () => {
    const presented = [await logIn(user), await logIn(await register())];
    for (const session_id of presented) expect(await isLive(session_id)).toBe(true);
    const cookies = ['session_id=', ...presented.map((each) => `session_id=${each}`)];
    const form = { ...user };
    const fresh = sessionOf(await request('POST /sessions', { form, cookies }));
    for (const session_id of presented) expect(await isLive(session_id)).toBe(false);
    expect(await isLive(fresh)).toBe(true);
  });

  it('requires the password even from a client with a session, which stays', async () => {
    const session_id = await logIn(user);
    const cookies = [`session_id=${session_id}`];
    expectRefusal(
      await request('POST /sessions', { form: { ...user, password: 'no' }, cookies }),
      401,
    );
    expect(await isLive(session_id)).toBe(true);
  });

  it('refuses the password of another user', async () => {
    const other = await register({ password: "other's" });
    const form = { email: user.email, password: other.password };
    expectRefusal(await request('POST /sessions', { form }), 401);
  });

  it('stores no session id in the table', async () => {
    const session_id = await logIn(user);
    const secret = session_id.split('.')[1] ?? expect.fail('no secret');
    expect(JSON.stringify(await scanTable())).not.toContain(secret);
  });

  it('does not apply the minimum length of new passwords', async () => {
    const strict = await clientWith({ PASSWORD_MIN_LENGTH: '8' });
    expect(await strict.canLogIn(user)).toBe(true);
  });

  it('marks the cookie Secure if that is configured', async () => {
    const { request: requestSecure } = await clientWith({ COOKIE_SECURE: 'true' });
    const attributes = ATTRIBUTES.replace('HttpOnly;', 'HttpOnly; Secure;');
    expect(await requestSecure('POST /sessions', { form: { ...user } })).toStrictEqual(
      loggedIn(user.email, new RegExp(`^session_id=${ID}; ${attributes}$`)),
    );
  });

  it('gives the cookie the lifetime of a session', async () => {
    const { request: requestShort } = await clientWith({ SESSION_ABSOLUTE_SECONDS: '60' });
    const { cookies } = await requestShort('POST /sessions', { form: { ...user } });
    expect(cookies).toEqual([expect.stringContaining('; Max-Age=60; ')]);
  });

  it('logs in under the emulator', async () => {
    expect(await send(emulated(event('POST /sessions', { form: { ...user } })))).toStrictEqual(
      loggedIn(user.email),
    );
  });
});
