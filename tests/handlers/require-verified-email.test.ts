/** The setting REQUIRE_VERIFIED_EMAIL, with both deliveries. */
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { startLambda, startMailbox } from '../support/mail.ts';
import { advance, stopClock } from '../support/clock.ts';
import { createLibrary, newEmail, scanTable } from '../support/library.ts';
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
});
// Imported last, so that it has the settings of `mailing`.
const { handler: sendMail } = await import('../../handlers/send-mail.ts');
const { db } = createLibrary();

const created = (email: string) => strict.answer(200, { email, message: 'user created' });

beforeEach(() => void lambda.invocations());

/** Returns the items of the account with the address. */
const accountOf = async (email: string) =>
  (await scanTable()).filter((item) => item['email'] === email || item['id'] === `email#${email}`);

describe('POST /sessions, if the email has to be verified,', () => {
  const logIn = (form: { email: string; password: string }) =>
    strict.request('POST /sessions', { form: { ...form } });

  it('refuses the right password until the email is verified, and says so', async () => {
    const user = await strict.register();
    strict.expectRefusal(await logIn(user), 403, /verify your email/);
    expect(await strict.redeemEmailToken(await strict.askForVerification(user))).toMatchObject({
      status: 200,
    });
    expect((await logIn(user)).status).toBe(200);
  });

  it('reveals nothing about the email without the right password', async () => {
    const { email } = await strict.register();
    const wrong = await logIn({ email, password: 'no' });
    strict.expectRefusal(wrong, 401);
    expect(await logIn({ email: newEmail(), password: 'no' })).toStrictEqual(wrong);
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
    strict.expectRefusal(await logIn({ ...user, email }), 403);
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

  describe('with the right password', () => {
    stopClock();

    it('counts no failed attempts, so that the user does not have to wait after the verification', async () => {
      const user = await strict.register();
      for (let i = 0; i < 7; i++) strict.expectRefusal(await logIn(user), 403);
      await strict.redeemEmailToken(await strict.askForVerification(user));
      expect((await logIn(user)).status).toBe(200);
    });
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
      await strict.redeemEmailToken(await strict.askForVerification({ email }));
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
        { type: 'Event', payload: { kind: 'email_verification', email } },
      ]);
    }
  });

  describe('and tokens are mailed,', () => {
    stopClock();

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
      expect((await mailing.redeemEmailToken(token)).status).toBe(200);
      expect(await mailing.canLogIn(form)).toBe(true);
      expect((await lastMail()).subject).toBe('You already have an account');
      expect(await ses.mailsTo(form.email)).toHaveLength(4);
    });
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
