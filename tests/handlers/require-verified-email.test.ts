/** The setting REQUIRE_VERIFIED_EMAIL, with both deliveries. */
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { startLambda, startMailbox } from '../support/mail.ts';
import { registerUserSilently } from '../../lib/accounts/register.ts';
import { getResetTokenToMail } from '../../lib/passwords/reset.ts';
import { advance, stopClock } from '../support/clock.ts';
import { createLibrary, interceptedClient, newEmail, scanTable } from '../support/library.ts';
import { logOf } from '../support/log.ts';
import { clientWith } from '../support/settings.ts';

const [lambda, ses] = await Promise.all([startLambda(), startMailbox()]);
afterAll(() => Promise.all([lambda.down(), ses.down()]));

// The SDK reads the environment when a client is made, which is at its first call.
process.env['AWS_ENDPOINT_URL_LAMBDA'] = lambda.url;
process.env['AWS_ENDPOINT_URL_SESV2'] = ses.url;

const strict = await clientWith({ REQUIRE_VERIFIED_EMAIL: 'true' });
const mailing = await clientWith({
  REQUIRE_VERIFIED_EMAIL: 'true',
  RESET_TOKEN_DELIVERY: 'email',
  MAIL_FROM: 'no-reply@example.com',
});
// Imported last, so that it has the settings of `mailing`.
const { handler: sendMail } = await import('../../handlers/send-mail.ts');
const { app, auth, db } = createLibrary();

const created = (email: string) => strict.answer(200, { email, message: 'user created' });

beforeEach(() => void lambda.invocations());

/** Returns the items of the account with the address. */
const accountOf = async (email: string) =>
  (await scanTable()).filter((item) => item['email'] === email || item['id'] === `email#${email}`);

describe('POST /sessions, if the email has to be verified,', () => {
  const logIn = (form: { email: string; password: string }) =>
    strict.request('POST /sessions', { form: { ...form } });

  it('gives one answer for an unknown email, a wrong password and an unverified email', async () => {
    const user = await strict.register();
    const refused = await logIn(user);
    strict.expectRefusal(refused, 401, /not verified/);
    expect(await logIn({ ...user, password: 'no' })).toStrictEqual(refused);
    expect(await logIn({ email: newEmail(), password: 'no' })).toStrictEqual(refused);
    expect(await strict.redeemEmailToken(await strict.askForVerification(user))).toMatchObject({
      status: 200,
    });
    expect(await logIn({ ...user, password: 'no' })).toStrictEqual(refused);
    expect((await logIn(user)).status).toBe(200);
  });

  it('logs in after a reset by a mailed token, which verifies the email', async () => {
    const { email } = await mailing.register();
    const { reset_token } = (await getResetTokenToMail(app, email, 'one')) ?? expect.fail('none');
    const form = { email, reset_token, new_password: 'chosen' };
    expect((await mailing.request('PUT /reset_password', { form })).status).toBe(200);
    expect((await logIn({ email, password: 'chosen' })).status).toBe(200);
  });

  it('stays closed after a reset by a token that was not mailed', async () => {
    const user = await strict.register();
    const form = {
      email: user.email,
      reset_token: await strict.askForToken(user),
      new_password: 'chosen',
    };
    expect((await strict.request('PUT /reset_password', { form })).status).toBe(200);
    expect((await logIn({ ...user, password: 'chosen' })).status).toBe(401);
  });

  it('creates no session before the verification, and logs the reason', async () => {
    const user = await strict.register();
    const before = await accountOf(user.email);
    const log = await logOf(() => logIn(user));
    expect(log).toMatchObject([
      {
        event: 'authn_login_fail',
        user_id: expect.any(String),
        reason: expect.stringContaining('verify'),
      },
    ]);
    const id = String(before.find(({ item }) => item === 'user')?.['id']);
    expect((await scanTable()).filter((item) => item['id'] === id)).toHaveLength(1);
  });

  it('requires a new verification after the library has changed the address', async () => {
    const user = await strict.register();
    await strict.redeemEmailToken(await strict.askForVerification(user));
    const email = newEmail();
    await db.updateUser((await db.findUserBy({ email: user.email })).id, { email });
    strict.expectRefusal(await logIn({ ...user, email }), 401);
  });

  it('requires no new verification after a change of email, which has confirmed the address', async () => {
    const user = await strict.register();
    await strict.redeemEmailToken(await strict.askForVerification(user));
    const email = newEmail();
    const session = await strict.logIn(user);
    const token = await strict.askForEmailChange(session, user.password, email);
    expect((await strict.redeemEmailToken(token)).status).toBe(200);
    expect((await logIn({ ...user, email })).status).toBe(200);
  });

  describe('on each failure', () => {
    stopClock();

    it('does not reveal whether an address was free to the client that tries to register it', async () => {
      const free = { email: newEmail(), password: 'mine' };
      const taken = { ...(await strict.register()), password: 'mine' };
      const answers = [];
      for (const each of [free, taken]) {
        await strict.request('POST /users', { form: each });
        const statuses = [];
        for (let i = 0; i < 6; i++) statuses.push((await logIn(each)).status);
        answers.push(statuses);
      }
      expect(answers[0]).toEqual([401, 401, 401, 401, 401, 429]);
      expect(answers[1]).toEqual(answers[0]);
    });

    it('counts the right password as a failure until the verification', async () => {
      const user = await strict.register();
      for (let i = 0; i < 5; i++) strict.expectRefusal(await logIn(user), 401);
      expect((await logIn(user)).status).toBe(429);
      await strict.redeemEmailToken(await strict.askForVerification(user));
      expect((await logIn(user)).status).toBe(200);
    });
  });

  it('hands the link over again after the right password, and otherwise a mail to nobody', async () => {
    const user = await mailing.register();
    lambda.invocations();
    const payloads = [];
    for (const password of [user.password, 'no']) {
      await mailing.request('POST /sessions', { form: { ...user, password } });
      payloads.push(lambda.invocations().map(({ payload }) => payload));
    }
    const request_id = expect.any(String);
    expect(payloads).toEqual([
      [{ kind: 'email_verification', email: user.email, request_id }],
      [{ kind: 'none', request_id }],
    ]);
  });
});

describe('POST /users, if the email has to be verified,', () => {
  it.each(['form', 'json'] as const)(
    'gives the same answer for an email that is taken, and does not change its user: %s',
    async (encoding) => {
      const email = newEmail();
      for (const password of ['first', 'second']) {
        for (const sent of [email, email.toUpperCase()]) {
          expect(
            await strict.request('POST /users', strict.encode(encoding, { email: sent, password })),
          ).toStrictEqual(created(sent));
        }
      }
      await strict.redeemEmailToken(await strict.askForVerification({ email }), 'first');
      expect(await strict.canLogIn({ email, password: 'first' })).toBe(true);
      expect(await strict.canLogIn({ email, password: 'second' })).toBe(false);
    },
  );

  it('refuses bad input in the same way, whether or not the email is taken', async () => {
    const { email } = await strict.register();
    for (const each of [email, newEmail()]) {
      const form = { email: each, password: 'x'.repeat(73) };
      strict.expectRefusal(await strict.request('POST /users', { form }), 400, /^password /);
    }
  });

  it('requests the same mail whether or not the email is taken, and none if tokens are not mailed', async () => {
    await strict.register();
    expect(lambda.invocations()).toEqual([]);
    const email = newEmail();
    for (let i = 0; i < 2; i++) {
      expect(
        await mailing.request('POST /users', { form: { email, password: 'x' } }),
      ).toStrictEqual(created(email));
      expect(lambda.invocations()).toMatchObject([
        { type: 'Event', payload: { kind: 'registration', email, user_id: expect.any(String) } },
      ]);
    }
  });

  describe('and tokens are mailed,', () => {
    stopClock();

    it('mails the owner of an unverified address both ways: its password, or a new one', async () => {
      const stranger = { email: newEmail(), password: 'stranger' };
      const owner = { ...stranger, password: 'owner' };
      const mails = [];
      for (const form of [stranger, owner]) {
        await mailing.request('POST /users', { form });
        for (const { payload } of lambda.invocations()) {
          await sendMail(payload, { awsRequestId: payload.request_id });
        }
        mails.push((await ses.mailsTo(form.email)).at(-1)?.body.text ?? expect.fail('no mail'));
      }
      // At once: a stranger who is first cannot keep the owner waiting.
      const [first, second] = mails;
      expect(first).toMatch(/#token=/);
      expect(first).not.toMatch(/reset_token/);
      const [, token = ''] = /#token=(\S+)/.exec(String(second)) ?? [];
      const [, fragment = ''] = /#(email=\S+)/.exec(String(second)) ?? [];
      mailing.expectRefusal(await mailing.redeemEmailToken(token, owner.password), 403);
      const { reset_token = '' } = Object.fromEntries(new URLSearchParams(fragment));
      const form = { email: owner.email, reset_token, new_password: owner.password };
      expect((await mailing.request('PUT /reset_password', { form })).status).toBe(200);
      expect(await mailing.canLogIn(owner)).toBe(true);
      expect(await mailing.canLogIn(stranger)).toBe(false);
    });

    it('mails a link to an unverified user each time, and a notice to a verified one', async () => {
      const form = { email: newEmail(), password: 'x' };
      const lastMail = async () => {
        await mailing.request('POST /users', { form });
        for (const { payload } of lambda.invocations()) {
          await sendMail(payload, { awsRequestId: payload.request_id });
        }
        advance(300);
        return (await ses.mailsTo(form.email)).at(-1) ?? expect.fail('no mail');
      };
      for (let i = 0; i < 2; i++) expect((await lastMail()).subject).toMatch(/^Verify/);
      const [, token = ''] = /#token=(\S+)/.exec((await lastMail()).body.text) ?? [];
      expect((await mailing.redeemEmailToken(token, form.password)).status).toBe(200);
      expect(await mailing.canLogIn(form)).toBe(true);
      expect((await lastMail()).subject).toBe('You already have an account');
      expect(await ses.mailsTo(form.email)).toHaveLength(4);
    });
  });

  it('gives the same answer if the email is taken while the password is hashed', async () => {
    const email = newEmail();
    let isTaken = false;
    const client = interceptedClient(async (command) => {
      if (isTaken || command !== 'TransactWriteItemsCommand') return;
      isTaken = true;
      await auth.registerUser(email, 'first');
    });
    const overtaken = createLibrary({ client }).app;
    const user_id = expect.any(String);
    expect(await registerUserSilently(overtaken, email, 'second')).toEqual({ email, user_id });
    expect(await auth.validLogin(email, 'first')).toBe(true);
  });

  it('logs that the email is taken, but does not tell the client', async () => {
    const { email } = await strict.register();
    const log = await logOf(() =>
      strict.request('POST /users', { form: { email, password: 'x' } }),
    );
    expect(log).toMatchObject([
      { event: 'input_validation_fail', reason: 'email already registered' },
    ]);
  });
});
