/** The setting REQUIRE_VERIFIED_EMAIL, in either delivery. */
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { startLambda, startMailbox } from '../support/mail.ts';
import { advance, stopClock } from '../support/clock.ts';
import { createLibrary, newEmail, scanTable } from '../support/library.ts';
import { logOf } from '../support/log.ts';
import { clientWith } from '../support/settings.ts';

const [lambda, ses] = await Promise.all([startLambda(), startMailbox()]);
afterAll(() => Promise.all([lambda.down(), ses.down()]));

// Read when a client is made, which is at its first call.
process.env['AWS_ENDPOINT_URL_LAMBDA'] = lambda.url;
process.env['AWS_ENDPOINT_URL_SESV2'] = ses.url;

const strict = await clientWith({ REQUIRE_VERIFIED_EMAIL: 'true' });
const mailing = await clientWith({
  REQUIRE_VERIFIED_EMAIL: 'true',
  RESET_TOKEN_DELIVERY: 'email',
});
// Of the same start.
const { handler: sendMail } = await import('../../handlers/send-mail.ts');
const { db } = createLibrary();

const created = (email: string) => strict.answer(200, { email, message: 'user created' });

beforeEach(() => void lambda.invocations());

/** The account of an address, as the table has it. */
const accountOf = async (email: string) =>
  (await scanTable()).filter((item) => item['email'] === email || item['id'] === `email#${email}`);

describe('POST /sessions, where the email has to be verified', () => {
  const logIn = (form: { email: string; password: string }) =>
    strict.request('POST /sessions', { form: { ...form } });

  it('waits for the verification, and says so to whoever knows the password', async () => {
    const user = await strict.register();
    strict.expectRefusal(await logIn(user), 403, /verify your email/);
    expect(await strict.redeemEmailToken(await strict.askForVerification(user))).toMatchObject({
      status: 200,
    });
    expect((await logIn(user)).status).toBe(200);
  });

  it('tells nobody else that the email is not verified, or has an account', async () => {
    const { email } = await strict.register();
    const wrong = await logIn({ email, password: 'no' });
    strict.expectRefusal(wrong, 401);
    expect(await logIn({ email: newEmail(), password: 'no' })).toStrictEqual(wrong);
  });

  it('makes no session, and logs why', async () => {
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

  it('waits again for an address that was changed by hand', async () => {
    const user = await strict.register();
    await strict.redeemEmailToken(await strict.askForVerification(user));
    const email = newEmail();
    await db.updateUser((await db.findUserBy({ email: user.email })).id, { email });
    strict.expectRefusal(await logIn({ ...user, email }), 403);
  });

  it('does not wait for an address that was changed to, which has confirmed it', async () => {
    const user = await strict.register();
    await strict.redeemEmailToken(await strict.askForVerification(user));
    const email = newEmail();
    const session = await strict.logIn(user);
    const token = await strict.askForEmailChange(session, user.password, email);
    expect((await strict.redeemEmailToken(token)).status).toBe(200);
    expect((await logIn({ ...user, email })).status).toBe(200);
  });

  describe('with the right password', () => {
    stopClock();

    it('counts no attempt: nobody has to wait for having forgotten the mail', async () => {
      const user = await strict.register();
      for (let i = 0; i < 7; i++) strict.expectRefusal(await logIn(user), 403);
      await strict.redeemEmailToken(await strict.askForVerification(user));
      expect((await logIn(user)).status).toBe(200);
    });
  });
});

describe('POST /users, where the email has to be verified', () => {
  it.each(['form', 'json'] as const)(
    'answers the same for an email that is taken, and leaves its user alone: %s',
    async (encoding) => {
      const email = newEmail();
      for (const password of ['first', 'second']) {
        for (const sent of [email, email.toUpperCase()]) {
          expect(
            await strict.request('POST /users', strict.encode(encoding, { email: sent, password })),
          ).toStrictEqual(created(sent));
        }
      }
      await strict.redeemEmailToken(await strict.askForVerification({ email }));
      expect(await strict.canLogIn({ email, password: 'first' })).toBe(true);
      expect(await strict.canLogIn({ email, password: 'second' })).toBe(false);
    },
  );

  it('refuses bad input alike, whether or not the email is taken', async () => {
    const { email } = await strict.register();
    for (const each of [email, newEmail()]) {
      const form = { email: each, password: 'x'.repeat(73) };
      strict.expectRefusal(await strict.request('POST /users', { form }), 400, /^password /);
    }
  });

  it('hands the same over for both, where tokens are mailed, and nothing where not', async () => {
    await strict.register();
    expect(lambda.invocations()).toEqual([]);
    const email = newEmail();
    for (let i = 0; i < 2; i++) {
      expect(
        await mailing.request('POST /users', { form: { email, password: 'x' } }),
      ).toStrictEqual(created(email));
      expect(lambda.invocations()).toMatchObject([
        { type: 'Event', payload: { kind: 'email_verification', email } },
      ]);
    }
  });

  describe('and mails are sent', () => {
    stopClock();

    it('has an unverified user mailed a link, each time, and a verified one a notice', async () => {
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
      expect((await mailing.redeemEmailToken(token)).status).toBe(200);
      expect(await mailing.canLogIn(form)).toBe(true);
      expect((await lastMail()).subject).toBe('You have an account already');
      expect(await ses.mailsTo(form.email)).toHaveLength(4);
    });
  });

  it('logs that the email was taken, which the client is not told', async () => {
    const { email } = await strict.register();
    const log = await logOf(() =>
      strict.request('POST /users', { form: { email, password: 'x' } }),
    );
    expect(log).toMatchObject([
      { event: 'input_validation_fail', reason: 'email already registered' },
    ]);
  });
});
