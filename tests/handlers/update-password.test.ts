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
  send,
  type Received,
} from '../support/client.ts';
import { advance, AROUND_A_LIMIT, stopClock } from '../support/clock.ts';
import { emulated, event } from '../support/events.ts';
import { newEmail, scanTable } from '../support/library.ts';
import { clientWith } from '../support/settings.ts';

const updated = (email: string) => answer(200, { email, message: 'Password updated' });

function redeem(email: string, reset_token: string, new_password = 'new'): Promise<Received> {
  return request('PUT /reset_password', { form: { email, reset_token, new_password } });
}

describe('PUT /reset_password', () => {
  describe.each(ENCODINGS)('with a body sent as %s', (encoding) => {
    it('sets the new password, and the old one stops working', async () => {
      const user = await register();
      const fields = {
        email: user.email,
        reset_token: await askForToken(user),
        new_password: ' New+%26 ',
      };
      expect(await request('PUT /reset_password', encode(encoding, fields))).toStrictEqual(
        updated(user.email),
      );
      expect(await canLogIn({ ...user, password: fields.new_password })).toBe(true);
      expect(await canLogIn(user)).toBe(false);
    });

    it('ignores the case of the email, and echoes the email as sent', async () => {
      const user = await register();
      const email = `${user.email.toUpperCase()} `;
      const fields = { email, reset_token: await askForToken(user), new_password: 'new' };
      expect(await request('PUT /reset_password', encode(encoding, fields))).toStrictEqual(
        updated(email),
      );
    });
  });

  // OWASP ASVS 5.0, 7.2.4.
  it("ends the session that the client sends, also if it is another user's", async () => {
    const other = await register();
    const [presented, stays] = [await logIn(other), await logIn(other)];
    const user = await register();
    const cookies = [`session_id=${presented}`];
    const reset = async (reset_token: string) =>
      request('PUT /reset_password', {
        form: { email: user.email, reset_token, new_password: 'new' },
        cookies,
      });
    expectRefusal(await reset('none'), 403);
    expect(await isLive(presented)).toBe(true);
    expect(await reset(await askForToken(user))).toStrictEqual(updated(user.email));
    expect(await isLive(presented)).toBe(false);
    expect(await isLive(stays)).toBe(true);
  });

  it('ends every session of the user and no session of another user', async () => {
    const user = await register();
    const sessions = [await logIn(user), await logIn(user)];
    const someoneElses = await logIn(await register());
    expect((await redeem(user.email, await askForToken(user))).status).toBe(200);
    for (const session_id of sessions) expect(await isLive(session_id)).toBe(false);
    expect(await isLive(someoneElses)).toBe(true);
    expect(await isLive(await logIn({ ...user, password: 'new' }))).toBe(true);
  });

  it('starts no session', async () => {
    const user = await register();
    const received = await redeem(user.email, await askForToken(user));
    expect(received.cookies).toEqual([]);
  });

  it('accepts a token only once', async () => {
    const user = await register();
    const reset_token = await askForToken(user);
    expect((await redeem(user.email, reset_token, 'first')).status).toBe(200);
    expectRefusal(await redeem(user.email, reset_token, 'second'), 403);
    expect(await canLogIn({ ...user, password: 'first' })).toBe(true);
    expect(await canLogIn({ ...user, password: 'second' })).toBe(false);
  });

  it('refuses a token that belongs to another email, and does not spend it', async () => {
    const [ann, bob] = [await register(), await register()];
    const reset_token = await askForToken(ann);
    await askForToken(bob);
    expectRefusal(await redeem(bob.email, reset_token), 403);
    expectRefusal(await redeem(newEmail(), reset_token), 403);
    expect(await canLogIn(ann)).toBe(true);
    expect(await canLogIn(bob)).toBe(true);
    expect((await redeem(ann.email, reset_token)).status).toBe(200);
  });

  it('refuses a session id or the stored digest in place of a token', async () => {
    const user = await register();
    const session_id = await logIn(user);
    const reset_token = await askForToken(user);
    const [owner = ''] = reset_token.split('.');
    const stored = (await scanTable()).find(({ id, item }) => id === owner && item === 'user');
    const digest = String(stored?.['reset_token']);
    expect(digest).toMatch(/^[\w-]{43}$/);
    for (const value of [session_id, digest, `${owner}.${digest}`]) {
      expectRefusal(await redeem(user.email, value), 403);
    }
    expect(await canLogIn(user)).toBe(true);
  });

  it('gives the same answer for every invalid token', async () => {
    const user = await register();
    const used = await askForToken(user);
    await redeem(user.email, used);
    const superseded = await askForToken(user);
    const newest = await askForToken(user);
    const ofAnother = await askForToken(await register());
    const unknown = await redeem(newEmail(), newest);
    expectRefusal(unknown, 403);
    for (const reset_token of [used, superseded, ofAnother, 'x', `${newest}x`]) {
      expect(await redeem(user.email, reset_token)).toStrictEqual(unknown);
    }
  });

  // A naive `String(user.reset_token) === sent` would accept some of these.
  it.each(['null', 'undefined', 'None', 'false', '0', ' ', '[object Object]', '.'])(
    'refuses the token %j for a user without one',
    async (reset_token) => {
      const user = await register();
      expectRefusal(await redeem(user.email, reset_token), 403);
      expect(await canLogIn(user)).toBe(true);
    },
  );

  it.each([[null], [undefined], ['']])(
    'refuses a missing token, sent as %j, for a user without a token',
    async (reset_token) => {
      const user = await register();
      const json = { email: user.email, reset_token, new_password: 'new' };
      expectRefusal(await request('PUT /reset_password', { json }), 400, /^reset_token /);
      expect(await canLogIn(user)).toBe(true);
    },
  );

  it.each([
    ['missing', undefined],
    ['empty', ''],
    ['of 73 bytes', 'x'.repeat(73)],
    ['with U+0000', 'pwd\0'],
  ])('does not spend the token if the new_password is %s', async (_, new_password) => {
    const user = await register();
    const session_id = await logIn(user);
    const reset_token = await askForToken(user);
    const json = { email: user.email, reset_token, new_password };
    expectRefusal(await request('PUT /reset_password', { json }), 400, /^new_password /);
    expect(await isLive(session_id)).toBe(true);
    expect(await canLogIn(user)).toBe(true);
    expect((await redeem(user.email, reset_token)).status).toBe(200);
  });

  it('requires the configured minimum length, and does not spend the token on less', async () => {
    const { request: requestStrict } = await clientWith({ PASSWORD_MIN_LENGTH: '8' });
    const user = await register();
    const form = { email: user.email, reset_token: await askForToken(user) };
    const tooShort = { ...form, new_password: '7 chars' };
    expectRefusal(
      await requestStrict('PUT /reset_password', { form: tooShort }),
      400,
      /^new_password /,
    );
    const longEnough = { ...form, new_password: '8 chars.' };
    expect((await requestStrict('PUT /reset_password', { form: longEnough })).status).toBe(200);
  });

  it('accepts a new password of 72 bytes, and the old password again', async () => {
    const user = await register();
    const password = 'x'.repeat(72);
    expect((await redeem(user.email, await askForToken(user), password)).status).toBe(200);
    expect(await canLogIn({ ...user, password })).toBe(true);
    expect((await redeem(user.email, await askForToken(user), user.password)).status).toBe(200);
    expect(await canLogIn(user)).toBe(true);
  });

  it('sets the new password under the emulator', async () => {
    const user = await register();
    const form = { email: user.email, reset_token: await askForToken(user), new_password: 'new' };
    const sent = event('PUT /reset_password', { form });
    expect(await send(emulated(sent, null))).toStrictEqual(updated(user.email));
    expect(await canLogIn({ ...user, password: 'new' })).toBe(true);
  });

  it('refuses common passwords and those derived from the email if that is configured, and spends no token', async () => {
    const client = await clientWith({ REFUSE_COMMON_PASSWORDS: 'true' });
    const user = await register();
    const fields = { email: user.email, reset_token: await askForToken(user) };
    for (const [new_password, says] of [
      ['TRUSTNO1', /^new_password is one of the most common passwords$/],
      [user.email.toUpperCase(), /^new_password is easy to guess /],
    ] as const) {
      const form = { ...fields, new_password };
      expectRefusal(await client.request('PUT /reset_password', { form }), 400, says);
    }
    expect(await canLogIn(user)).toBe(true);
    const form = { ...fields, new_password: 'trustno12' };
    expect(await client.request('PUT /reset_password', { form })).toStrictEqual(
      updated(user.email),
    );
  });

  describe('with a token that expires', () => {
    stopClock();

    it.each(AROUND_A_LIMIT)('%s the end of its hour', async (_, good, offset) => {
      const user = await register();
      const reset_token = await askForToken(user);
      advance(3600 + offset);
      expect((await redeem(user.email, reset_token)).status).toBe(good ? 200 : 403);
      expect(await canLogIn({ ...user, password: 'new' })).toBe(good);
      expect(await canLogIn(user)).toBe(!good);
    });

    it('accepts a newer token for an hour of its own', async () => {
      const user = await register();
      await askForToken(user);
      advance(3000);
      const newer = await askForToken(user);
      advance(3000);
      expect((await redeem(user.email, newer)).status).toBe(200);
    });

    it('accepts a new token after the last one has expired', async () => {
      const user = await register();
      await askForToken(user);
      advance(3600);
      expect((await redeem(user.email, await askForToken(user))).status).toBe(200);
    });
  });
});
