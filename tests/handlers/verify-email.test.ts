import { describe, expect, it } from 'vitest';
import {
  answer,
  refusal,
  askForEmailChange,
  askForToken,
  askForVerification,
  canLogIn,
  encode,
  ENCODINGS,
  expectRefusal,
  isLive,
  logIn,
  redeemEmailToken,
  register,
  request,
  withSession,
  type Credentials,
  type Encoding,
} from '../support/client.ts';
import { advance, AROUND_A_LIMIT, stopClock } from '../support/clock.ts';
import { createLibrary, newEmail, scanTable } from '../support/library.ts';

const { db } = createLibrary();

const userItem = async (email: string) =>
  (await scanTable()).find((item) => item['email'] === email) ?? expect.fail('no user');

const resetWith = ({ email }: Pick<Credentials, 'email'>, reset_token: string) =>
  request('PUT /reset_password', { form: { email, reset_token, new_password: 'new' } });

async function idOf(email: string): Promise<string> {
  return (await db.findUserBy({ email })).id;
}

const redeem = (encoding: Encoding, fields: Record<string, string>) =>
  request('PUT /email_verification', encode(encoding, fields));

describe('PUT /email_verification', () => {
  it.each(ENCODINGS)('verifies the email and changes nothing else: %s', async (encoding) => {
    const user = await register();
    const session = await logIn(user);
    const reset_token = await askForToken(user);
    const before = await userItem(user.email);
    expect(before).not.toHaveProperty('email_verified_at');
    const token = await askForVerification({ email: user.email.toUpperCase() });
    expect(await redeem(encoding, { token, password: user.password })).toStrictEqual(
      answer(200, { email: user.email, message: 'email verified' }),
    );
    expect(await userItem(user.email)).toEqual({
      ...before,
      email_verified_at: expect.any(Number),
      email_verified_by: expect.any(String),
      updated_at: expect.any(Number),
    });
    expect(await isLive(session)).toBe(true);
    expect((await resetWith(user, reset_token)).status).toBe(200);
  });

  it.each(ENCODINGS)('changes the email to the confirmed address: %s', async (encoding) => {
    const user = await register();
    const sessions = [await logIn(user), await logIn(user)];
    const email = newEmail();
    const sent = ` ${email.toUpperCase()}`;
    const token = await askForEmailChange(sessions[0] ?? '', user.password, sent);
    expect(await redeem(encoding, { token, password: user.password })).toStrictEqual(
      answer(200, { email, message: 'email verified' }),
    );
    expect(await Promise.all(sessions.map(isLive))).toEqual([false, false]);
    expect(await canLogIn(user)).toBe(false);
    const session = await logIn({ ...user, email });
    expect((await withSession('GET /profile', session)).body).toStrictEqual({ email });
    expect(await userItem(email)).toMatchObject({
      email_verified_at: expect.any(Number),
      session_epoch: 1,
    });
    // The old address is free, and the new one is taken.
    await register({ email: user.email });
    expect((await request('POST /users', { form: { email, password: 'x' } })).status).toBe(400);
    const markers = (await scanTable()).filter(({ id }) => id === `email#${email}`);
    expect(markers).toEqual([{ id: `email#${email}`, item: 'marker', user_id: await idOf(email) }]);
  });

  it('does not let the owner of the address confirm the password of a stranger', async () => {
    const stranger = { email: newEmail(), password: 'stranger' };
    await register(stranger);
    const token = await askForVerification(stranger);
    expectRefusal(await request('PUT /email_verification', { form: { token } }), 400, /^password /);
    expectRefusal(await redeemEmailToken(token, 'owner'), 403);
    expect(await userItem(stranger.email)).not.toHaveProperty('email_verified_at');
  });

  it('does not give the address of whoever is tricked to the account of another', async () => {
    const stranger = await register();
    const victim = await register();
    const session = await logIn(victim);
    const email = newEmail();
    const token = await askForEmailChange(await logIn(stranger), stranger.password, email);
    const cookies = [`session_id=${session}`];
    const click = { form: { token }, cookies };
    expectRefusal(await request('PUT /email_verification', click), 400, /^password /);
    expect(await canLogIn({ ...stranger, email })).toBe(false);
    expect(await isLive(session)).toBe(true);
  });

  it('ends the session of another user in the browser that confirms a change with the password', async () => {
    const user = await register();
    const other = await logIn(await register());
    const token = await askForEmailChange(await logIn(user), user.password, newEmail());
    const sent = { form: { token, password: user.password }, cookies: [`session_id=${other}`] };
    expect((await request('PUT /email_verification', sent)).status).toBe(200);
    expect(await isLive(other)).toBe(false);
  });

  it('takes the session of the user instead of the password', async () => {
    const user = await register();
    const token = await askForVerification(user);
    const cookies = [`session_id=${await logIn(user)}`];
    expect(await request('PUT /email_verification', { form: { token }, cookies })).toStrictEqual(
      answer(200, { email: user.email, message: 'email verified' }),
    );
  });

  it('invalidates a reset token that the old address may have received', async () => {
    const user = await register();
    const reset_token = await askForToken(user);
    const email = newEmail();
    const token = await askForEmailChange(await logIn(user), user.password, email);
    expect((await redeemEmailToken(token)).status).toBe(200);
    expectRefusal(await resetWith({ email }, reset_token), 403);
    expect(await userItem(email)).not.toHaveProperty('reset_token_expires_at');
  });

  it.each(['verification', 'change'])(
    'spends a token of a %s, and gives a repeated request the same answer',
    async (purpose) => {
      const user = await register();
      const token =
        purpose === 'change'
          ? await askForEmailChange(await logIn(user), user.password, newEmail())
          : await askForVerification(user);
      const received = await redeemEmailToken(token);
      expect(received.status).toBe(200);
      const before = await scanTable();
      expect(await redeemEmailToken(token)).toStrictEqual(received);
      expect(await scanTable()).toEqual(before);
      const [id] = token.split('.');
      const left = before.filter(
        (item) => item['id'] === id && String(item['item']).startsWith('email_token#'),
      );
      expect(left).toEqual([]);
    },
  );

  it('refuses anything that is not a valid token', async () => {
    const user = await register();
    const token = await askForVerification(user);
    const [id = '', secret = ''] = token.split('.');
    const [other] = (await askForVerification(await register())).split('.');
    const reset_token = await askForToken(user);
    const session = await logIn(user);
    for (const bad of [
      'none',
      id,
      secret,
      `${id}.`,
      `${id}.${'a'.repeat(43)}`,
      `${String(other)}.${secret}`,
      `${token}x`,
      reset_token,
      session,
    ]) {
      expectRefusal(await redeemEmailToken(bad), 403);
    }
    expect((await redeemEmailToken(token)).status).toBe(200);
  });

  it('takes a token that works neither as a reset token nor as a session', async () => {
    const user = await register();
    const token = await askForVerification(user);
    expectRefusal(await resetWith(user, token), 403);
    expect(await isLive(token)).toBe(false);
  });

  it.each(['verification', 'change'])(
    'refuses a token of a %s after all sessions have ended',
    async (what) => {
      const user = await register();
      const session = await logIn(user);
      const token =
        what === 'change'
          ? await askForEmailChange(session, user.password, newEmail())
          : await askForVerification(user);
      expect((await withSession('DELETE /sessions/all', session)).status).toBe(200);
      expectRefusal(await redeemEmailToken(token), 403);
      expect(await canLogIn(user)).toBe(true);
    },
  );

  it('refuses a token that was requested before a password reset', async () => {
    const user = await register();
    const email = newEmail();
    const token = await askForEmailChange(await logIn(user), user.password, email);
    expect((await resetWith(user, await askForToken(user))).status).toBe(200);
    expectRefusal(await redeemEmailToken(token), 403);
    expect(await canLogIn({ ...user, email, password: 'new' })).toBe(false);
  });

  it('accepts only the newest of the requested changes, and then verifies no former address', async () => {
    const user = await register();
    const session = await logIn(user);
    const verification = await askForVerification(user);
    const [typo, email] = [newEmail(), newEmail()];
    const first = await askForEmailChange(session, user.password, typo);
    const second = await askForEmailChange(session, user.password, email);
    const third = await askForEmailChange(session, user.password, email);
    // The stranger who has the mistyped address gets nothing.
    expectRefusal(await redeemEmailToken(first), 403);
    expectRefusal(await redeemEmailToken(second), 403);
    expect(await canLogIn(user)).toBe(true);
    expect((await redeemEmailToken(third)).status).toBe(200);
    for (const token of [first, second, verification]) {
      expectRefusal(await redeemEmailToken(token), 403);
    }
  });

  it('does not verify a former address of the user', async () => {
    const user = await register();
    const token = await askForVerification(user);
    await db.updateUser(await idOf(user.email), { email: newEmail() });
    expectRefusal(await redeemEmailToken(token), 403);
  });

  it('refuses an address that has been taken since, and accepts the token once the address is free', async () => {
    const user = await register();
    const session = await logIn(user);
    const email = newEmail();
    const token = await askForEmailChange(session, user.password, email);
    const other = await register({ email });
    expect(await redeemEmailToken(token)).toStrictEqual(
      refusal(400, 'email already registered', 'email_taken'),
    );
    expect(await isLive(session)).toBe(true);
    expect(await canLogIn(user)).toBe(true);
    const parts = {
      form: { password: other.password },
      cookies: [`session_id=${await logIn(other)}`],
    };
    expect((await request('DELETE /profile', parts)).status).toBe(200);
    expect((await redeemEmailToken(token)).status).toBe(200);
    expect(await canLogIn({ ...user, email })).toBe(true);
  });

  it('refuses the token of a deleted account, even after a new registration', async () => {
    const user = await register();
    const token = await askForVerification(user);
    const parts = {
      form: { password: user.password },
      cookies: [`session_id=${await logIn(user)}`],
    };
    expect((await request('DELETE /profile', parts)).status).toBe(200);
    expectRefusal(await redeemEmailToken(token), 403);
    await register(user);
    expectRefusal(await redeemEmailToken(token), 403);
    expect(await userItem(user.email)).not.toHaveProperty('email_verified_at');
  });

  describe('with a token that expires', () => {
    stopClock();

    it.each(AROUND_A_LIMIT)('%s the end of its 24 hours', async (_, works, offset) => {
      const token = await askForVerification(await register());
      advance(24 * 60 * 60 + offset);
      const received = await redeemEmailToken(token);
      if (works) expect(received.status).toBe(200);
      else expectRefusal(received, 403);
    });
  });
});
