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
} from '../support/client.ts';
import { emulated, event } from '../support/events.ts';
import { newEmail, scanTable } from '../support/library.ts';

// The id of the user, and 256 random bits in 43 characters of base64url.
const TOKEN = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.[A-Za-z0-9_-]{43}$/;

const tokenFor = (email: string) =>
  answer(200, { email, reset_token: expect.stringMatching(TOKEN) });

describe('POST /reset_password', () => {
  describe.each(ENCODINGS)('with a body sent as %s', (encoding) => {
    it('returns a reset token', async () => {
      const { email } = await register();
      expect(await request('POST /reset_password', encode(encoding, { email }))).toStrictEqual(
        tokenFor(email),
      );
    });

    it('ignores the case of the email, and echoes the email as sent', async () => {
      const email = ` ${(await register()).email.toUpperCase()}`;
      expect(await request('POST /reset_password', encode(encoding, { email }))).toStrictEqual(
        tokenFor(email),
      );
    });

    it('refuses an unknown email and writes nothing', async () => {
      const before = await scanTable();
      const email = newEmail();
      expectRefusal(await request('POST /reset_password', encode(encoding, { email })), 403);
      expect(await scanTable()).toEqual(before);
    });
  });

  it('keeps the sessions and the password valid', async () => {
    const user = await register();
    const session_id = await logIn(user);
    await askForToken(user);
    expect(await isLive(session_id)).toBe(true);
    expect(await canLogIn(user)).toBe(true);
  });

  it('returns another token each time, and only the newest is valid', async () => {
    const user = await register();
    const [older, newer] = [await askForToken(user), await askForToken(user)];
    expect(newer).not.toBe(older);
    const redeem = (reset_token: string, new_password: string) =>
      request('PUT /reset_password', { form: { email: user.email, reset_token, new_password } });
    expectRefusal(await redeem(older, 'by the older'), 403);
    expect((await redeem(newer, 'by the newer')).status).toBe(200);
    expect(await canLogIn({ ...user, password: 'by the newer' })).toBe(true);
  });

  it('does not replace the token of another user', async () => {
    const [ann, bob] = [await register(), await register()];
    const reset_token = await askForToken(ann);
    await askForToken(bob);
    const form = { email: ann.email, reset_token, new_password: 'new' };
    expect((await request('PUT /reset_password', { form })).status).toBe(200);
  });

  it('stores no token in the table', async () => {
    const secret = (await askForToken(await register())).split('.')[1] ?? expect.fail('no secret');
    expect(JSON.stringify(await scanTable())).not.toContain(secret);
  });

  it('returns a reset token under the emulator', async () => {
    const { email } = await register();
    const sent = event('POST /reset_password', { form: { email } });
    expect(await send(emulated(sent))).toStrictEqual(tokenFor(email));
  });
});
