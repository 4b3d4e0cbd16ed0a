/** Passwords of users whom an import made, with the hash of another system. */
import { compare, hash } from 'bcryptjs';
import { createHmac } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { digest } from '../../lib/core/token.ts';
import { addUser } from '../../lib/users/store.ts';
import {
  canLogIn,
  expectRefusal,
  logIn,
  refusal,
  register,
  request,
  type Received,
} from '../support/client.ts';
import { stopClock } from '../support/clock.ts';
import { createLibrary, newEmail } from '../support/library.ts';
import { clientWith } from '../support/settings.ts';

// Counts the calls, and lets the real functions run.
vi.mock('bcryptjs', { spy: true });

const { app, db } = createLibrary();

/** A password of 80 bytes, and another with the same first 72. */
const LONG = `${'x'.repeat(79)}!`;
const SAME_START = 'x'.repeat(80);
const WRONG = `y${LONG}`;
const CUT = LONG.slice(0, 72);
const TOO_LONG = 'password must be at most 72 bytes long';

/** Imports a user with a hash of that password. */
async function imported(password: string, form = '') {
  const hashed_password = form + (await hash(password, 4)).replace('$2b$', '$2y$');
  const mark = { imported_at: app.now(), imported_hash: digest(hashed_password) };
  const { id, email } = await addUser(app, newEmail(), hashed_password, mark);
  const hashNow = async () => (await db.findUserBy({ id })).hashed_password;
  return { email, password, hashed_password, hashNow };
}

const tryLogin = (email: string, password: string): Promise<Received> =>
  request('POST /sessions', { form: { email, password } });

describe('a password over 72 bytes', () => {
  it('logs an imported user in, cut as the old system cut it, and leaves the hash', async () => {
    const { email, hashed_password, hashNow } = await imported(LONG);
    for (const password of [LONG, SAME_START, LONG]) {
      expect(await canLogIn({ email, password })).toBe(true);
    }
    expectRefusal(await tryLogin(email, WRONG), 400, /^password /);
    expect(await hashNow()).toBe(hashed_password);
  });

  it('confirms a change of an imported user', async () => {
    const { email } = await imported(LONG);
    const cookies = [`session_id=${await logIn({ email, password: LONG })}`];
    const change = (password: string) =>
      request('PUT /password', { form: { password, new_password: 'new' }, cookies });
    expect(await change(WRONG)).toStrictEqual(refusal(400, TOO_LONG, 'password_too_long'));
    expect(await change(LONG)).toMatchObject({ status: 200 });
    expectRefusal(await tryLogin(email, LONG), 400, /^password /);
    expect(await canLogIn({ email, password: 'new' })).toBe(true);
  });

  it('fits no hash that replaced the imported one', async () => {
    const { email, hashed_password, hashNow } = await imported(LONG);
    expect(await canLogIn({ email, password: CUT })).toBe(true);
    expect(await hashNow()).not.toBe(hashed_password);
    expectRefusal(await tryLogin(email, LONG), 400, /^password /);
    expect(await canLogIn({ email, password: CUT })).toBe(true);
  });

  it('is refused if its first 72 bytes are the password of a user', async () => {
    const user = await register({ password: CUT });
    expectRefusal(await tryLogin(user.email, LONG), 400, /^password /);
    const cookies = [`session_id=${await logIn(user)}`];
    const form = { password: LONG };
    expectRefusal(await request('DELETE /profile', { form, cookies }), 400, /^password /);
    expect(await canLogIn(user)).toBe(true);
  });

  describe('if it is wrong', () => {
    // The wait after five failures is a second, which a busy machine may need.
    stopClock();

    it('gets the same answers after the same work, imported user or not', async () => {
      const { email } = await imported(LONG);
      for (const each of [email, (await register()).email, newEmail()]) {
        for (let i = 0; i < 5; i++) {
          vi.mocked(compare).mockClear();
          expect(await tryLogin(each, WRONG)).toStrictEqual(
            refusal(400, TOO_LONG, 'password_too_long'),
          );
          expect(compare).toHaveBeenCalledTimes(1);
        }
        expect(await tryLogin(each, WRONG)).toMatchObject({ status: 429 });
      }
    });
  });

  it('gets the answer of a wrong one until the email is verified, if login waits for that', async () => {
    const strict = await clientWith({ REQUIRE_VERIFIED_EMAIL: 'true' });
    const { email } = await imported(LONG);
    const login = (password: string) =>
      strict.request('POST /sessions', { form: { email, password } });
    expect(await login(LONG)).toStrictEqual(await login(WRONG));
  });
});

describe.each([
  ['hmac', (password: string) => createHmac('sha512', 'a key').update(password).digest('base64')],
  ['pepper', (password: string) => `${password}a key`],
])('a hash of the form %s', (form, textOf) => {
  const withKey = clientWith({ IMPORTED_PASSWORD_KEY: 'a key' });
  const importedAs = (password: string) => imported(textOf(password), `${form}:`);

  it('is verified with the key, and replaced by one without at the login', async () => {
    const { canLogIn: canLogInWithKey } = await withKey;
    const { email, hashNow, hashed_password } = await importedAs('pwd');
    expect(await canLogInWithKey({ email, password: 'no' })).toBe(false);
    expect(await canLogIn({ email, password: 'pwd' })).toBe(false);
    expect(await hashNow()).toBe(hashed_password);
    expect(await canLogInWithKey({ email, password: 'pwd' })).toBe(true);
    expect(await hashNow()).toMatch(/^\$2b\$/);
    expect(await canLogIn({ email, password: 'pwd' })).toBe(true);
  });

  it('fits a password over 72 bytes, too', async () => {
    const { canLogIn: canLogInWithKey } = await withKey;
    const { email, hashNow, hashed_password } = await importedAs(LONG);
    for (let i = 0; i < 2; i++) {
      expect(await canLogInWithKey({ email, password: LONG })).toBe(true);
    }
    expect(await hashNow()).toBe(hashed_password);
  });

  it('gets the answer of a wrong password, after the same work, without the key', async () => {
    const { email } = await importedAs('pwd');
    for (const each of [email, newEmail()]) {
      vi.mocked(compare).mockClear();
      expect(await tryLogin(each, 'pwd')).toStrictEqual(
        refusal(401, 'Wrong email or password', 'wrong_credentials'),
      );
      expect(compare).toHaveBeenCalledTimes(1);
    }
  });

  it('confirms a change, and is replaced by the hash of a new password', async () => {
    const client = await withKey;
    const { email, hashed_password, hashNow } = await importedAs(LONG);
    const cookies = [`session_id=${await client.logIn({ email, password: LONG })}`];
    expect(await hashNow()).toBe(hashed_password);
    const form = { password: LONG, new_password: 'new' };
    expect(await client.request('PUT /password', { form, cookies })).toMatchObject({ status: 200 });
    expect(await hashNow()).toMatch(/^\$2b\$/);
    expect(await canLogIn({ email, password: 'new' })).toBe(true);
  });
});
