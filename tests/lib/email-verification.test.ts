import { describe, expect, it } from 'vitest';
import type { EmailChange } from '../../lib/email-change.ts';
import { generateToken } from '../../lib/token.ts';
import { createLibrary, newEmail } from '../support/library.ts';

const DAY = 24 * 60 * 60;

const { accounts, auth, clock, db, emailDb, emails } = createLibrary();

const register = () => auth.registerUser(newEmail(), 'pwd');

const find = async (email: string) =>
  (await db.findAccountBy({ email })) ?? expect.fail('not found');

const isVerified = async (email: string) => (await find(email)).email_verified_at !== undefined;

async function askForChange(email: string, new_email = newEmail()): Promise<EmailChange> {
  const session_id = (await auth.logIn(email, 'pwd')) ?? expect.fail('refused');
  return accounts.askForEmailChange(session_id, 'pwd', new_email);
}

const refused = (code: string) => expect.objectContaining({ code }) as Error;

describe('EmailVerification.getToken', () => {
  it('gives a token that verifies the email, and refuses an unknown one', async () => {
    const { email } = await register();
    expect(await isVerified(email)).toBe(false);
    expect(await emails.redeem(await emails.getToken(` ${email.toUpperCase()}`))).toBe(email);
    expect(await isVerified(email)).toBe(true);
    await expect(emails.getToken(newEmail())).rejects.toThrow(refused('user_not_found'));
    await expect(emails.getToken('none')).rejects.toThrow(refused('invalid_field'));
  });
});

describe('EmailVerification.getMail', () => {
  it('gives the user’s email with a token, and without one once it is verified', async () => {
    const { email } = await register();
    const mail = await emails.getMail(email.toUpperCase(), 'one');
    expect(mail).toEqual({ email, token: expect.any(String) });
    expect(await emails.redeem(mail?.token ?? '')).toBe(email);
    expect(await emails.getMail(email, 'two')).toBeUndefined();
    clock.advance(5 * 60);
    expect(await emails.getMail(email, 'three')).toEqual({ email });
    expect(await emails.getMail(newEmail(), 'four')).toBeUndefined();
  });

  it('has no turn for a user whose email was changed meanwhile', async () => {
    const { id, email } = await register();
    const account = await find(email);
    await db.updateUser(id, { email: newEmail() });
    for (const token of [undefined, generateToken(id)]) {
      expect(await emailDb.takeVerificationTurn(account, token, 'one')).toBe(false);
    }
  });
});

describe('EmailVerification.getChangeToken', () => {
  it('gives a token that changes the email, unless that is taken', async () => {
    const { id, email } = await register();
    const change = await askForChange(email);
    expect(change).toEqual({
      user_id: id,
      old_email: email,
      new_email: expect.any(String),
      session_epoch: 0,
    });
    expect(await emails.redeem(await emails.getChangeToken(change))).toBe(change.new_email);
    expect(await db.findUserBy({ email: change.new_email })).toMatchObject({ id });
    expect(await isVerified(change.new_email)).toBe(true);

    const taken = await askForChange(change.new_email, (await register()).email);
    await expect(emails.getChangeToken(taken)).rejects.toThrow(refused('email_taken'));
  });
});

describe('EmailVerification.redeem', () => {
  it.each(['verification', 'change'])(
    'takes a token until its life is over, to the second: of a %s',
    async (purpose) => {
      const { email } = await register();
      const make = async () =>
        purpose === 'change'
          ? emails.getChangeToken(await askForChange(email))
          : emails.getToken(email);
      const [late, early] = [await make(), await make()];
      clock.advance(DAY - 1);
      expect(await emailDb.findEmailToken(early)).toBeDefined();
      expect(await emails.redeem(early)).toEqual(expect.any(String));
      clock.advance(1);
      expect(await emailDb.findEmailToken(late)).toBeUndefined();
      await expect(emails.redeem(late)).rejects.toThrow(refused('bad_email_token'));
    },
  );

  it.each(['verification', 'change'])(
    'takes no token that expires before it is spent: of a %s',
    async (purpose) => {
      const { email } = await register();
      const token =
        purpose === 'change'
          ? await emails.getChangeToken(await askForChange(email))
          : await emails.getToken(email);
      const found = (await emailDb.findEmailToken(token)) ?? expect.fail('not found');
      clock.advance(DAY);
      expect(await emailDb.redeemEmailToken(found)).toBeUndefined();
      expect(await isVerified(email)).toBe(false);
    },
  );

  it('takes the life that is set', async () => {
    const short = createLibrary({ emailTokenSeconds: 60 });
    const { email } = await short.auth.registerUser(newEmail(), 'pwd');
    const token = await short.emails.getToken(email);
    short.clock.advance(60);
    await expect(short.emails.redeem(token)).rejects.toThrow(refused('bad_email_token'));
  });

  it('finds no token of an email that the user had before', async () => {
    const { id, email } = await register();
    const token = await emails.getToken(email);
    await db.updateUser(id, { email: newEmail() });
    expect(await emailDb.findEmailToken(token)).toBeUndefined();
  });

  it('takes no token that the sessions’ end overtakes', async () => {
    const { id, email } = await register();
    const token = await emails.getToken(email);
    const found = await emailDb.findEmailToken(token);
    await auth.destroySession(id);
    expect(await emailDb.findEmailToken(token)).toBeUndefined();
    expect(await emailDb.redeemEmailToken(found ?? expect.fail('not found'))).toBeUndefined();
    expect(await isVerified(email)).toBe(false);
  });
});
