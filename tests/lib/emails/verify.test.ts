import { describe, expect, it } from 'vitest';
import { generateToken } from '../../../lib/core/token.ts';
import { update } from '../../../lib/db/table.ts';
import { createLibrary, interceptedClient, newEmail, operatorsOf } from '../../support/library.ts';
import {
  getChangeMail,
  getChangeToken,
  requestEmailChange,
  type ChangeRequest,
} from '../../../lib/emails/change.ts';
import {
  getVerificationMail,
  getVerificationToken,
  redeemEmailToken,
} from '../../../lib/emails/verify.ts';
import {
  findEmailToken,
  setChangeToken,
  spendEmailToken,
  type EmailToken,
} from '../../../lib/tokens/email-token.ts';
import { changePassword } from '../../../lib/passwords/change.ts';
import { findByEmail } from '../../../lib/users/find.ts';

const DAY = 24 * 60 * 60;

const { app, auth, clock, db, logIn, newcomer } = createLibrary();

const register = () => auth.registerUser(newEmail(), 'pwd');

const find = async (email: string) => (await findByEmail(app, email)) ?? expect.fail('not found');

const isVerified = async (email: string) => (await find(email)).email_verified_at !== undefined;

async function changeOf(email: string, new_email = newEmail()): Promise<ChangeRequest> {
  const session_id = (await auth.logIn(email, 'pwd')) ?? expect.fail('refused');
  return { session_id, password: 'pwd', email: new_email };
}

async function askForChange(email: string, new_email?: string): Promise<string> {
  const token = await getChangeToken(app, await changeOf(email, new_email));
  return token ?? expect.fail('no token');
}

const redeem = async (token: string) =>
  (await redeemEmailToken(app, token, { password: 'pwd' })).email;

/** Reads a token as a redemption does before it spends the token. */
const readToken = async (token: string): Promise<Required<EmailToken>> => {
  const found = (await findEmailToken(app, token)) ?? expect.fail('not found');
  return { ...found, token: found.token ?? expect.fail('redeemed') };
};

const refused = (code: string) => expect.objectContaining({ code }) as Error;

describe('getVerificationToken', () => {
  it('returns a token that verifies the email, and refuses an unknown email', async () => {
    const { email } = await register();
    expect(await isVerified(email)).toBe(false);
    expect(await redeem(await getVerificationToken(app, ` ${email.toUpperCase()}`))).toBe(email);
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
    const { id: user_id, email } = await register();
    const mail = await getVerificationMail(app, email.toUpperCase(), 'one');
    expect(mail).toEqual({ user_id, email, token: expect.any(String) });
    expect(await redeem(mail?.token ?? '')).toBe(email);
    expect(await getVerificationMail(app, email, 'two')).toEqual({ user_id, email });
    expect(await getVerificationMail(app, newEmail(), 'three')).toBeUndefined();
  });
});

describe('getChangeToken', () => {
  it('returns a token that changes the email, unless the new email is taken', async () => {
    const { id, email } = await register();
    const new_email = newEmail();
    expect(await redeem(await askForChange(email, new_email))).toBe(new_email);
    expect(await db.findUserBy({ email: new_email })).toMatchObject({ id });
    expect(await isVerified(new_email)).toBe(true);

    const { email: taken } = await register();
    await expect(askForChange(new_email, taken)).rejects.toThrow(refused('email_taken'));
  });

  it('returns a token that a change of email by other means makes invalid', async () => {
    const { id, email } = await register();
    const token = await askForChange(email);
    await db.updateUser(id, { email: newEmail() });
    expect(await findEmailToken(app, token)).toBeUndefined();
  });

  it('returns a token that the end of all sessions makes invalid', async () => {
    const { id, email } = await register();
    const token = await askForChange(email);
    await auth.destroySession(id);
    expect(await findEmailToken(app, token)).toBeUndefined();
  });
});

describe('requestEmailChange', () => {
  it('keeps a change to the same email, and replaces one to another', async () => {
    const { id, email } = await register();
    const request = await changeOf(email);
    const change = await requestEmailChange(app, request);
    expect(change).toEqual({ user_id: id, change_id: expect.any(String) });
    expect(await requestEmailChange(app, request)).toEqual(change);
    expect((await find(email)).email_change?.id).toBe(change?.change_id);
    const other = await requestEmailChange(app, { ...request, email: newEmail() });
    expect(other?.change_id).not.toBe(change?.change_id);
    expect(await requestEmailChange(app, request)).not.toEqual(change);
  });

  it('replaces a change to the same email that has expired', async () => {
    const { email } = await register();
    const { email: new_email } = await changeOf(email);
    const change = await requestEmailChange(app, await changeOf(email, new_email));
    clock.advance(DAY);
    expect(await requestEmailChange(app, await changeOf(email, new_email))).not.toEqual(change);
  });

  it('stores a change on condition that the user still has the email and the sessions', async () => {
    const { id, email } = await register();
    const request = await changeOf(email);
    let isMoved = false;
    const client = interceptedClient(async (command) => {
      if (isMoved || command !== 'UpdateItemCommand') return;
      isMoved = true;
      await auth.destroySession(id);
    });
    const overtaken = createLibrary({ client, now: app.now }).app;
    await expect(requestEmailChange(overtaken, request)).rejects.toThrow(refused('no_session'));
    expect(await find(email)).not.toHaveProperty('email_change');
  });
});

describe('setChangeToken', () => {
  it('makes no token for a change that has been replaced, called off or voided since', async () => {
    for (const overtake of [
      (request: ChangeRequest) => requestEmailChange(app, { ...request, email: newEmail() }),
      (request: ChangeRequest, email: string) => requestEmailChange(app, { ...request, email }),
      async (_: unknown, email: string) => auth.destroySession((await find(email)).id),
    ]) {
      const { email } = await register();
      const request = await changeOf(email);
      await requestEmailChange(app, request);
      const user = await find(email);
      const change = user.email_change ?? expect.fail('no change');
      await overtake(request, email);
      const write = setChangeToken(app, user, change, generateToken(user.id));
      expect(await update(app.table, write)).toMatchObject({ applied: false });
    }
  });

  it('makes a token that lives as long as one that is made at once', async () => {
    const { email } = await register();
    await requestEmailChange(app, await changeOf(email));
    clock.advance(60);
    const user = await find(email);
    const token = generateToken(user.id);
    const change = user.email_change ?? expect.fail('no change');
    await update(app.table, setChangeToken(app, user, change, token));
    clock.advance(DAY - 1);
    expect(await findEmailToken(app, token)).toBeDefined();
    clock.advance(1);
    expect(await findEmailToken(app, token)).toBeUndefined();
  });
});

describe('redeemEmailToken', () => {
  it.each(['verification', 'change'])(
    'accepts a token of a %s until the second at which it expires',
    async (purpose) => {
      const make = async () => {
        const { email } = await register();
        return purpose === 'change' ? askForChange(email) : getVerificationToken(app, email);
      };
      const early = await make();
      clock.advance(DAY - 1);
      expect(await findEmailToken(app, early)).toBeDefined();
      expect(await redeem(early)).toEqual(expect.any(String));
      const late = await make();
      clock.advance(DAY);
      expect(await findEmailToken(app, late)).toBeUndefined();
      await expect(redeem(late)).rejects.toThrow(refused('bad_email_token'));
    },
  );

  it.each(['verification', 'change'])(
    'refuses a token of a %s that expires before it is spent',
    async (purpose) => {
      const { email } = await register();
      const token =
        purpose === 'change' ? await askForChange(email) : await getVerificationToken(app, email);
      const found = await readToken(token);
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
    await expect(redeemEmailToken(short.app, token, { password: 'pwd' })).rejects.toThrow(
      refused('bad_email_token'),
    );
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
    const found = await readToken(token);
    await auth.destroySession(id);
    expect(await findEmailToken(app, token)).toBeUndefined();
    expect(await spendEmailToken(app, found)).toMatchObject({ applied: false });
    expect(await isVerified(email)).toBe(false);
  });

  it('asks for the password or a session of the user, and spends nothing without', async () => {
    const { email } = await register();
    const other = await newcomer();
    const token = await getVerificationToken(app, email);
    for (const [proof, code] of [
      [{}, 'invalid_field'],
      [{ session_id: other.session_id }, 'invalid_field'],
      [{ session_id: 'none' }, 'invalid_field'],
      [{ password: 'no' }, 'wrong_password'],
      [{ session_id: other.session_id, password: 'no' }, 'wrong_password'],
    ] as const) {
      await expect(redeemEmailToken(app, token, proof)).rejects.toThrow(refused(code));
    }
    expect(await isVerified(email)).toBe(false);
    const session_id = await logIn(email);
    expect(await redeemEmailToken(app, token, { session_id, password: 'no' })).toMatchObject({
      email,
    });
  });

  it('counts wrong passwords apart, so that who has only a token keeps no user from anything', async () => {
    const { email } = await register();
    // In the mailbox of a stranger, if the new address was mistyped.
    const token = await askForChange(email);
    for (let i = 0; i < 5; i++) {
      await expect(redeemEmailToken(app, token, { password: 'no' })).rejects.toThrow(
        refused('wrong_password'),
      );
    }
    await expect(redeem(token)).rejects.toThrow(refused('too_many_attempts'));
    const session_id = await logIn(email);
    await requestEmailChange(app, { session_id, password: 'pwd', email });
    await changePassword(app, session_id, 'pwd', 'new');
  });

  it('starts a new count of wrong passwords once all tokens are void', async () => {
    const { id, email } = await register();
    const lock = async () => {
      const token = await getVerificationToken(app, email);
      for (let i = 0; i < 5; i++)
        await redeemEmailToken(app, token, { password: 'no' }).catch(() => 0);
      await expect(redeem(token)).rejects.toThrow(refused('too_many_attempts'));
    };
    await lock();
    await expect(redeem(await getVerificationToken(app, email))).rejects.toThrow(
      refused('too_many_attempts'),
    );
    await auth.destroySession(id);
    await lock();
    await auth.destroySession(id);
    expect(await redeem(await getVerificationToken(app, email))).toBe(email);
  });

  it('lets the user log in at once after failures that came before the verification', async () => {
    const { email } = await register();
    for (let i = 0; i < 5; i++) expect(await auth.logIn(email, 'no')).toBeNull();
    await expect(logIn(email)).rejects.toThrow(refused('too_many_attempts'));
    await redeem(await getVerificationToken(app, email));
    await logIn(email);
  });

  it.each(['verification', 'change'])(
    'gives a repeated redemption of a %s the same answer, and changes nothing',
    async (purpose) => {
      const { email } = await register();
      const token =
        purpose === 'change' ? await askForChange(email) : await getVerificationToken(app, email);
      const address = await redeem(token);
      const before = await find(address);
      clock.advance(1);
      expect(await redeemEmailToken(app, token, {})).toEqual({
        user_id: before.id,
        email: address,
      });
      expect(await find(address)).toEqual(before);
    },
  );

  it('refuses a redeemed token after the email has changed, or another token has verified it', async () => {
    const { id, email } = await register();
    const tokens = [await getVerificationToken(app, email), await getVerificationToken(app, email)];
    for (const token of tokens) await redeem(token);
    await expect(redeem(tokens[0] ?? '')).rejects.toThrow(refused('bad_email_token'));
    await db.updateUser(id, { email: newEmail() });
    await expect(redeem(tokens[1] ?? '')).rejects.toThrow(refused('bad_email_token'));
  });

  it('replaces no user who has verified the email, or been disabled, since the token was read', async () => {
    for (const settle of [
      async (other: string) => redeem(await getVerificationToken(app, other)),
      async (other: string) => operatorsOf(app).disable((await find(other)).id),
    ]) {
      const [{ email }, { email: other }] = [await register(), await register()];
      const change = await requestEmailChange(app, await changeOf(email, other));
      const mail = await getChangeMail(app, change ?? expect.fail('no change'), 'one');
      const found = await readToken(mail?.token ?? expect.fail('no token'));
      const replaced = await find(other);
      await settle(other);
      expect(await spendEmailToken(app, found, replaced)).toMatchObject({ applied: false });
      expect((await find(other)).id).toBe(replaced.id);
    }
  });
});
