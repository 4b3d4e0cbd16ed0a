import { describe, expect, it } from 'vitest';
import type { EmailChange } from '../../../lib/emails/change.ts';
import { createLibrary, newEmail, operatorsOf } from '../../support/library.ts';
import { getChangeToken, requestEmailChange } from '../../../lib/emails/change.ts';
import {
  getVerificationMail,
  getVerificationToken,
  redeemEmailToken,
} from '../../../lib/emails/verify.ts';
import {
  findEmailToken,
  spendEmailToken,
  takeVerificationTurn,
} from '../../../lib/tokens/email-token.ts';
import { findByEmail } from '../../../lib/users/find.ts';

const DAY = 24 * 60 * 60;

const { app, auth, clock, db } = createLibrary();

const register = () => auth.registerUser(newEmail(), 'pwd');

const find = async (email: string) => (await findByEmail(app, email)) ?? expect.fail('not found');

const isVerified = async (email: string) => (await find(email)).email_verified_at !== undefined;

async function askForChange(email: string, new_email = newEmail()): Promise<EmailChange> {
  const session_id = (await auth.logIn(email, 'pwd')) ?? expect.fail('refused');
  return requestEmailChange(app, session_id, 'pwd', new_email);
}

const refused = (code: string) => expect.objectContaining({ code }) as Error;

describe('getVerificationToken', () => {
  it('returns a token that verifies the email, and refuses an unknown email', async () => {
    const { email } = await register();
    expect(await isVerified(email)).toBe(false);
    expect(
      await redeemEmailToken(app, await getVerificationToken(app, ` ${email.toUpperCase()}`)),
    ).toBe(email);
    expect(await isVerified(email)).toBe(true);
    await expect(getVerificationToken(app, newEmail())).rejects.toThrow(refused('user_not_found'));
    await expect(getVerificationToken(app, 'none')).rejects.toThrow(refused('user_not_found'));
  });
});

describe('getVerificationMail', () => {
  it('returns nothing for a disabled user', async () => {
    const { id, email } = await register();
    await operatorsOf(app).disable(id);
    expect(await getVerificationMail(app, email, 'one')).toBeUndefined();
  });

  it('returns the email of the user, with a token unless the email is verified', async () => {
    const { email } = await register();
    const mail = await getVerificationMail(app, email.toUpperCase(), 'one');
    expect(mail).toEqual({ email, token: expect.any(String) });
    expect(await redeemEmailToken(app, mail?.token ?? '')).toBe(email);
    expect(await getVerificationMail(app, email, 'two')).toBeUndefined();
    clock.advance(5 * 60);
    expect(await getVerificationMail(app, email, 'three')).toEqual({ email });
    expect(await getVerificationMail(app, newEmail(), 'four')).toBeUndefined();
  });

  it('gives no turn to a user whose email has changed since it was read', async () => {
    const { id, email } = await register();
    const user = await find(email);
    await db.updateUser(id, { email: newEmail() });
    for (const withToken of [true, false]) {
      expect(await takeVerificationTurn(app, user, withToken, 'one')).toBeUndefined();
    }
  });
});

describe('getChangeToken', () => {
  it('returns a token that changes the email, unless the new email is taken', async () => {
    const { id, email } = await register();
    const change = await askForChange(email);
    expect(change).toEqual({
      user_id: id,
      old_email: email,
      new_email: expect.any(String),
      session_epoch: 0,
    });
    expect(await redeemEmailToken(app, await getChangeToken(app, change))).toBe(change.new_email);
    expect(await db.findUserBy({ email: change.new_email })).toMatchObject({ id });
    expect(await isVerified(change.new_email)).toBe(true);

    const taken = await askForChange(change.new_email, (await register()).email);
    await expect(getChangeToken(app, taken)).rejects.toThrow(refused('email_taken'));
  });
});

describe('redeemEmailToken', () => {
  it.each(['verification', 'change'])(
    'accepts a token of a %s until the second at which it expires',
    async (purpose) => {
      const { email } = await register();
      const make = async () =>
        purpose === 'change'
          ? getChangeToken(app, await askForChange(email))
          : getVerificationToken(app, email);
      const [late, early] = [await make(), await make()];
      clock.advance(DAY - 1);
      expect(await findEmailToken(app, early)).toBeDefined();
      expect(await redeemEmailToken(app, early)).toEqual(expect.any(String));
      clock.advance(1);
      expect(await findEmailToken(app, late)).toBeUndefined();
      await expect(redeemEmailToken(app, late)).rejects.toThrow(refused('bad_email_token'));
    },
  );

  it.each(['verification', 'change'])(
    'refuses a token of a %s that expires before it is spent',
    async (purpose) => {
      const { email } = await register();
      const token =
        purpose === 'change'
          ? await getChangeToken(app, await askForChange(email))
          : await getVerificationToken(app, email);
      const found = (await findEmailToken(app, token)) ?? expect.fail('not found');
      clock.advance(DAY);
      expect(await spendEmailToken(app, found)).toMatchObject({ applied: false });
      expect(await isVerified(email)).toBe(false);
    },
  );

  it('refuses a token after the configured lifetime', async () => {
    const short = createLibrary({ emailTokenSeconds: 60 });
    const { email } = await short.auth.registerUser(newEmail(), 'pwd');
    const token = await getVerificationToken(short.app, email);
    short.clock.advance(60);
    await expect(redeemEmailToken(short.app, token)).rejects.toThrow(refused('bad_email_token'));
  });

  it('refuses a token for a former email of the user', async () => {
    const { id, email } = await register();
    const token = await getVerificationToken(app, email);
    await db.updateUser(id, { email: newEmail() });
    expect(await findEmailToken(app, token)).toBeUndefined();
  });

  it('refuses a token if all sessions end before it is spent', async () => {
    const { id, email } = await register();
    const token = await getVerificationToken(app, email);
    const found = (await findEmailToken(app, token)) ?? expect.fail('not found');
    await auth.destroySession(id);
    expect(await findEmailToken(app, token)).toBeUndefined();
    expect(await spendEmailToken(app, found)).toMatchObject({ applied: false });
    expect(await isVerified(email)).toBe(false);
  });
});
