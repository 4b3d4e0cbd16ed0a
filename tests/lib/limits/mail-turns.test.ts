import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { deleteUser } from '../../../lib/accounts/delete.ts';
import { getChangeMail, requestEmailChange } from '../../../lib/emails/change.ts';
import { getVerificationMail, getVerificationToken } from '../../../lib/emails/verify.ts';
import { changePassword } from '../../../lib/passwords/change.ts';
import { getResetTokenToMail } from '../../../lib/passwords/reset.ts';
import { endOtherSessions } from '../../../lib/sessions/manage.ts';
import { findEmailToken } from '../../../lib/tokens/email-token.ts';
import { findByResetToken } from '../../../lib/tokens/reset-token.ts';
import {
  createLibrary,
  interceptedClient,
  markVerified,
  newEmail,
  scanTable,
} from '../../support/library.ts';
import { logOf } from '../../support/log.ts';

const { app, auth, clock, db, newcomer } = createLibrary();

let invocations = 0;
const next = (): string => `invocation ${String(invocations++)}`;

const reset = (email: string, by = next()) => getResetTokenToMail(app, email, by);
const verification = (email: string, by = next()) => getVerificationMail(app, email, by);
/** The mail about a registration by somebody else. */
const registration = (email: string, by = next()) =>
  getVerificationMail(app, email, by, randomUUID());

/** Asks for a change of the email, and for the mail about it. */
async function change(session_id: string, email: string, password = 'pwd') {
  const asked = await requestEmailChange(app, { session_id, password, email });
  return getChangeMail(app, asked ?? expect.fail('called off'), next());
}

const tokenOf = (mail: { reset_token?: string; token?: string } | undefined): string =>
  mail?.reset_token ?? mail?.token ?? expect.fail('no token');

describe('a second mail of a kind', () => {
  it.each([
    ['a reset', reset],
    ['a verification', verification],
  ])('about %s waits for 5 minutes, and the first token stays valid', async (_, mail) => {
    const { id, email } = await newcomer();
    const token = tokenOf(await mail(email));
    clock.advance(299);
    const log = await logOf(async () => expect(await mail(email)).toBeUndefined());
    expect(log).toMatchObject([{ event: 'excess_rate_limit_exceeded', user_id: id }]);
    const isValid = (await findByResetToken(app, token)) ?? (await findEmailToken(app, token));
    expect(isValid).toBeDefined();
    clock.advance(1);
    expect(await mail(email)).toBeDefined();
  });

  it('that says that the account exists waits for 5 minutes', async () => {
    const { email } = await newcomer();
    const other = await newcomer();
    await markVerified(email);
    expect(await verification(email)).toMatchObject({ email });
    expect(await change(other.session_id, email)).toBeUndefined();
    clock.advance(300);
    expect(await change(other.session_id, email)).toEqual({ email });
  });

  it('to a new address waits for 5 minutes, whichever account asks', async () => {
    const users = [await newcomer(), await newcomer(), await newcomer()];
    const email = newEmail();
    const mails = await Promise.all(users.map(({ session_id }) => change(session_id, email)));
    expect(mails.filter((mail) => mail !== undefined)).toHaveLength(1);
    // Asking again keeps the change, and so its token.
    for (const { session_id } of users) expect(await change(session_id, email)).toBeUndefined();
  });

  it('waits although the account was deleted and registered again', async () => {
    const { email, session_id } = await newcomer();
    expect(await verification(email)).toBeDefined();
    await deleteUser(app, session_id, 'pwd');
    await newcomer(email);
    expect(await verification(email)).toBeUndefined();
    clock.advance(300);
    expect(await verification(email)).toBeDefined();
  });
});

describe('the mail about a second registration, which has a reset token,', () => {
  it('waits for the reset that was mailed before, whose token stays valid', async () => {
    const { email } = await newcomer();
    const reset_token = tokenOf(await reset(email));
    expect(await registration(email)).toBeUndefined();
    expect(await findByResetToken(app, reset_token)).toBeDefined();
    clock.advance(300);
    expect(await registration(email)).toMatchObject({ email });
  });

  it('makes a reset wait, and its token stays valid', async () => {
    const { email } = await newcomer();
    const reset_token = tokenOf(await registration(email));
    expect(await reset(email)).toBeUndefined();
    expect(await findByResetToken(app, reset_token)).toBeDefined();
    await auth.updatePassword(reset_token, 'new');
    expect(await reset(email)).toBeDefined();
  });

  it('is sent again by the same invocation, unless a reset was mailed since', async () => {
    const { email } = await newcomer();
    const by = next();
    for (let i = 0; i < 9; i++) expect(await registration(email, by)).toBeDefined();
    clock.advance(300);
    const reset_token = tokenOf(await reset(email));
    expect(await registration(email, by)).toBeUndefined();
    expect(await findByResetToken(app, reset_token)).toBeDefined();
  });
});

describe('a mail is sent at once if the token of the earlier one is void', () => {
  const whenVoid = (
    title: string,
    act: (user: Awaited<ReturnType<typeof newcomer>>, reset_token: string) => Promise<unknown>,
  ) => {
    it(`as ${title}`, async () => {
      const user = await newcomer();
      const reset_token = tokenOf(await reset(user.email));
      const token = tokenOf(await verification(user.email));
      await act(user, reset_token);
      const voids = [
        [reset, await findByResetToken(app, reset_token)],
        [verification, await findEmailToken(app, token)],
      ] as const;
      expect(voids.some(([, found]) => found === undefined)).toBe(true);
      for (const [mail, found] of voids) {
        expect((await mail(user.email)) === undefined).toBe(found !== undefined);
      }
    });
  };

  whenVoid('a reset has spent it', (_, token) => auth.updatePassword(token, 'new'));
  whenVoid('the password was changed', ({ session_id }) =>
    changePassword(app, session_id, 'pwd', 'new'),
  );
  whenVoid('other sessions were ended', ({ session_id }) => endOtherSessions(app, session_id));
  whenVoid('all sessions were ended', ({ id }) => auth.destroySession(id));
  whenVoid('a newer token has replaced it', ({ email }) => auth.getResetPasswordToken(email));
  whenVoid('it was removed', ({ id }) => db.updateUser(id, { reset_token: null }));

  it('as it has expired', async () => {
    const short = createLibrary({ resetTokenSeconds: 20, emailTokenSeconds: 20 });
    const { email } = await short.newcomer();
    for (const mail of [getResetTokenToMail, getVerificationMail]) {
      expect(await mail(short.app, email, next())).toBeDefined();
    }
    short.clock.advance(19);
    for (const mail of [getResetTokenToMail, getVerificationMail]) {
      expect(await mail(short.app, email, next())).toBeUndefined();
    }
    short.clock.advance(1);
    for (const mail of [getResetTokenToMail, getVerificationMail]) {
      expect(await mail(short.app, email, next())).toBeDefined();
    }
  });

  it('as the change to the address was replaced by another', async () => {
    const { session_id } = await newcomer();
    const [typo, email] = [newEmail(), newEmail()];
    for (const address of [typo, email, typo]) {
      expect(await change(session_id, address)).toMatchObject({ email: address });
    }
  });

  it('and a new address has turns of its own', async () => {
    const { id, email } = await newcomer();
    await reset(email);
    const moved = newEmail();
    await db.updateUser(id, { email: moved });
    expect(await reset(moved)).toBeDefined();
  });

  it('though not because another token verifies the email as well', async () => {
    const { email } = await newcomer();
    await verification(email);
    await getVerificationToken(app, email);
    expect(await verification(email)).toBeUndefined();
  });
});

describe('an address', () => {
  /** Sends mails until a limit of the address stops them, and returns their number. */
  async function sendAll(mail: () => Promise<unknown>, voidToken: () => unknown): Promise<number> {
    for (let count = 0; ; count++) {
      const sent: unknown[] = [];
      const log = await logOf(async () => void sent.push(await mail()));
      if (sent[0] === undefined) {
        const event = 'excess_rate_limit_exceeded';
        expect(log).toContainEqual(expect.objectContaining({ event }));
        return count;
      }
      await voidToken();
    }
  }

  it('gets 6 mails that strangers cause in any hour, and 2 verifications and 2 resets beside them', async () => {
    const { id, email } = await newcomer();
    const start = clock.now;
    let sent = 0;
    const strangers = await Promise.all([1, 2, 3, 4, 5].map(() => newcomer()));
    for (const { session_id } of [...strangers, ...strangers]) {
      if (await change(session_id, email)) sent++;
      clock.advance(300);
    }
    expect(sent).toBe(6);
    const endSessions = () => auth.destroySession(id);
    expect(await sendAll(() => verification(email), endSessions)).toBe(2);
    const removeToken = () => db.updateUser(id, { reset_token: null });
    expect(await sendAll(() => reset(email), removeToken)).toBe(2);
    clock.now = start + 3599;
    expect(await reset(email)).toBeUndefined();
    clock.now = start + 3600;
    expect(await sendAll(() => reset(email), removeToken)).toBe(1);
  });

  it('that is verified gets a reset however often strangers enter it elsewhere', async () => {
    const { id, email } = await newcomer();
    await markVerified(email);
    const strangers = await Promise.all([1, 2, 3, 4, 5].map(() => newcomer()));
    let sent = 0;
    for (let i = 0; i < 5; i++) {
      for (const { session_id } of strangers) {
        if (await change(session_id, email)) sent++;
        if (await verification(email)) sent++;
        if (await registration(email)) sent++;
      }
      clock.advance(300);
    }
    expect(sent).toBe(5);
    const wait = () => clock.advance(300);
    expect(await sendAll(() => verification(email), wait)).toBe(1);
    const removeToken = () => db.updateUser(id, { reset_token: null });
    expect(await sendAll(() => reset(email), removeToken)).toBe(4);
  });

  it('gets the mail of a repeated invocation, which counts once', async () => {
    const { email } = await newcomer();
    const by = next();
    const tokens = [];
    for (let i = 0; i < 12; i++) tokens.push(tokenOf(await reset(email, by)));
    expect(await findByResetToken(app, tokens.at(-1) ?? '')).toBeDefined();
    expect(await reset(email)).toBeUndefined();
    expect(await verification(email)).toBeDefined();
  });

  it('gets the mail of a repeated invocation whatever it got meanwhile', async () => {
    const { id, email } = await newcomer();
    const by = next();
    expect(await verification(email, by)).toBeDefined();
    await sendAll(
      () => reset(email),
      () => db.updateUser(id, { reset_token: null }),
    );
    expect(await verification(email, by)).toBeDefined();
  });

  it('gets one of the mails of a kind that are sent at once, and one of each kind', async () => {
    const { email } = await newcomer();
    const other = await newcomer();
    const mails = await Promise.all([
      ...[1, 2, 3].map(() => reset(email)),
      verification(email),
      change(other.session_id, email),
    ]);
    const resets = mails.slice(0, 3).filter((mail) => mail !== undefined);
    expect(resets).toHaveLength(1);
    expect(mails.slice(3)).toEqual([expect.anything(), expect.anything()]);
    expect(await findByResetToken(app, tokenOf(resets[0]))).toBeDefined();
  });

  it('gets nothing if its user changes before the token is stored', async () => {
    const { id, email } = await newcomer();
    let isMoved = false;
    const client = interceptedClient(async (command) => {
      if (isMoved || command !== 'TransactWriteItemsCommand') return;
      isMoved = true;
      await db.updateUser(id, { email: newEmail() });
    });
    const overtaken = createLibrary({ client, now: app.now }).app;
    expect(await getResetTokenToMail(overtaken, email, next())).toBeUndefined();
  });

  it('is stored as a digest, in an item that expires', async () => {
    const { session_id } = await newcomer();
    const email = newEmail();
    const before = new Set((await scanTable()).map(({ id }) => id));
    await change(session_id, email);
    const added = (await scanTable()).filter(({ id }) => !before.has(id));
    expect(added).toContainEqual(
      expect.objectContaining({
        id: expect.stringMatching(/^recipient#[\w-]{43}$/),
        expires_at: clock.now + 3600,
      }),
    );
    expect(JSON.stringify(added)).not.toContain(email);
  });
});
