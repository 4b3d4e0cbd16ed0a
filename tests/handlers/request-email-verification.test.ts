import { describe, expect, it } from 'vitest';
import {
  answer,
  askForVerification,
  encode,
  ENCODINGS,
  expectRefusal,
  isLive,
  logIn,
  redeemEmailToken,
  register,
  request,
} from '../support/client.ts';
import { newEmail, scanTable } from '../support/library.ts';

// The id of the user, and 256 random bits in 43 characters of base64url.
const TOKEN = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.[A-Za-z0-9_-]{43}$/;

describe('POST /email_verification', () => {
  it.each(ENCODINGS)('returns a token, and echoes the email as sent: %s', async (encoding) => {
    const { email } = await register();
    for (const sent of [email, ` ${email.toUpperCase()}`]) {
      expect(
        await request('POST /email_verification', encode(encoding, { email: sent })),
      ).toStrictEqual(answer(200, { email: sent, token: expect.stringMatching(TOKEN) }));
    }
  });

  it.each([newEmail(), 'no address'])(
    'refuses an unknown email and writes nothing: %s',
    async (email) => {
      const before = await scanTable();
      const form = { email };
      expectRefusal(await request('POST /email_verification', { form }), 403);
      expect(await scanTable()).toEqual(before);
    },
  );

  it('keeps the sessions and earlier tokens valid', async () => {
    const user = await register();
    const session = await logIn(user);
    const [older, newer] = [await askForVerification(user), await askForVerification(user)];
    expect(newer).not.toBe(older);
    expect(await isLive(session)).toBe(true);
    expect((await redeemEmailToken(older)).status).toBe(200);
    expect((await redeemEmailToken(newer)).status).toBe(200);
  });

  it('stores only the digest of the token, with an expiry', async () => {
    const token = await askForVerification(await register());
    const [id, secret = expect.fail('no secret')] = token.split('.');
    const items = await scanTable();
    expect(JSON.stringify(items)).not.toContain(secret);
    expect(items.filter((item) => item['id'] === id && item['item'] !== 'user')).toEqual([
      {
        id,
        item: expect.stringMatching(/^email_token#[\w-]{43}$/),
        address: expect.any(String),
        epoch: 0,
        expires_at: expect.any(Number),
      },
    ]);
  });
});
