/** The delivery `email`, from the request through the function that sends mail to the mailbox. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { loginOf, reauthenticationOf, redemptionOf } from '../../lib/limits/attempts.ts';
import type { MailRequest } from '../../lib/mail/dispatch.ts';
import type { Answer } from '../../lib/http/answer.ts';
import type { Route } from '../support/client.ts';
import { advance, stopClock } from '../support/clock.ts';
import { event } from '../support/events.ts';
import { almostLock, markVerified, newEmail, scanTable } from '../support/library.ts';
import { logOf } from '../support/log.ts';
import { startLambda, startMailbox, type SentMail } from '../support/mail.ts';

const [lambda, ses] = await Promise.all([startLambda(), startMailbox()]);
afterAll(() => Promise.all([lambda.down(), ses.down()]));

// The functions make their clients from the environment when they are first imported.
Object.assign(process.env, {
  RESET_TOKEN_DELIVERY: 'email',
  MAIL_FROM: 'Sender@example.com',
  PASSWORD_RESET_PAGE: 'https://app.example.com/reset?lang=en',
  MAIL_FUNCTION: 'the-mail-function',
  AWS_ENDPOINT_URL_LAMBDA: lambda.url,
  AWS_ENDPOINT_URL_SESV2: ses.url,
});
const {
  answer,
  canLogIn,
  ENCODINGS,
  encode,
  expectRefusal,
  isLive,
  logIn,
  redeemEmailToken,
  register,
  request,
} = await import('../support/client.ts');
const { handler: requestPasswordReset } = await import('../../handlers/request-password-reset.ts');
const { handler: sendMail } = await import('../../handlers/send-mail.ts');

const MESSAGE = 'If there is such an account, a mail is on its way to it';
const RESET = 'Reset your password';
const CHANGED = 'Your password has been changed';

const ask = (email: string) => request('POST /reset_password', { form: { email } });

/** Runs the invocations that the functions requested, as Lambda does, and clears them. */
async function deliver(invocation: string = randomUUID()): Promise<void> {
  for (const { payload } of lambda.invocations()) {
    await sendMail(payload, { awsRequestId: invocation });
  }
}

async function askAndDeliver(email: string): Promise<void> {
  expect((await ask(email)).status).toBe(200);
  await deliver();
}

const reset = (email: string): MailRequest => ({
  kind: 'password_reset',
  email,
  request_id: 'the request',
});

/** Returns the link in the mail. */
function linkIn({ body }: SentMail): URL {
  return new URL(/^https?:.*$/m.exec(body.text)?.[0] ?? expect.fail('no link'));
}

function tokenIn(mail: SentMail | undefined): string {
  if (!mail) return expect.fail('no mail');
  const fragment = new URLSearchParams(linkIn(mail).hash.slice(1));
  return fragment.get('reset_token') ?? fragment.get('token') ?? expect.fail('no token');
}

function redeem(email: string, reset_token: string, new_password = 'new') {
  return request('PUT /reset_password', { form: { email, reset_token, new_password } });
}

beforeEach(() => void lambda.invocations());

describe('POST /reset_password, with the delivery `email`,', () => {
  it.each(ENCODINGS)(
    'gives every email the same answer, except that it echoes the email: %s',
    async (encoding) => {
      const known = (await register()).email;
      for (const email of [known, ` ${known.toUpperCase()}`, newEmail()]) {
        expect(await request('POST /reset_password', encode(encoding, { email }))).toStrictEqual(
          answer(200, { email, message: MESSAGE }),
        );
      }
    },
  );

  it('only requests a mail to the normalised address, with the id of the request', async () => {
    const before = await scanTable();
    const sent = event('POST /reset_password', { form: { email: ' Ann@Example.COM' } });
    await requestPasswordReset(sent);
    const { requestId } = sent.requestContext;
    expect(lambda.invocations()).toEqual([
      {
        functionName: 'the-mail-function',
        type: 'Event',
        payload: { kind: 'password_reset', email: 'ann@example.com', request_id: requestId },
      },
    ]);
    expect(await scanTable()).toEqual(before);
  });

  it('answers an email that is no address like any other, and invokes the same function', async () => {
    expect(await ask('nobody')).toStrictEqual(answer(200, { email: 'nobody', message: MESSAGE }));
    expect(lambda.invocations()).toHaveLength(1);
  });

  it('answers 503 for every email while Lambda is not available', async () => {
    const { email } = await register();
    await lambda.down();
    try {
      for (const each of [email, newEmail()]) {
        const sent = event('POST /reset_password', { form: { email: each } });
        const { statusCode, headers }: Answer = await requestPasswordReset(sent);
        expect(statusCode).toBe(503);
        expect(headers).toMatchObject({ 'retry-after': '2' });
      }
    } finally {
      await lambda.up();
    }
    expect((await ask(email)).status).toBe(200);
  });
});

describe('the mail with a reset token', () => {
  it('goes to the stored address from the configured one, in text and in HTML', async () => {
    const { email } = await register();
    await askAndDeliver(` ${email.toUpperCase()} `);
    const [mail, ...more] = await ses.mailsTo(email);
    expect(more).toEqual([]);
    expect(mail).toMatchObject({
      from: 'Sender@example.com',
      destination: { to: [email], cc: [], bcc: [] },
      subject: RESET,
    });
    for (const part of [mail?.body.text, mail?.body.html]) {
      expect(part).toContain('60 minutes');
    }
  });

  it('links to the configured page, with the email and the token in the fragment', async () => {
    const email = `o'neil+&#${newEmail()}`;
    await register({ email });
    await askAndDeliver(email);
    const [mail = expect.fail('no mail')] = await ses.mailsTo(email);
    const link = linkIn(mail);
    expect(link.href).toMatch(
      /^https:\/\/app\.example\.com\/reset\?lang=en#email=[^&]+&reset_token=/,
    );
    expect(new URLSearchParams(link.hash.slice(1)).get('email')).toBe(email);
  });

  it('escapes everything in its HTML', async () => {
    const email = `o'neil+&#${newEmail()}`;
    await register({ email });
    await askAndDeliver(email);
    const [mail = expect.fail('no mail')] = await ses.mailsTo(email);
    const { html } = mail.body;
    expect(html).toContain(`href="${linkIn(mail).href.replaceAll('&', '&#38;')}"`);
    expect(html.replaceAll(/&#\d+;/g, '')).not.toMatch(/[&']/);
  });

  it('contains a token that works once', async () => {
    const user = await register();
    await askAndDeliver(user.email);
    const reset_token = tokenIn((await ses.mailsTo(user.email))[0]);
    expect((await redeem(user.email, reset_token)).status).toBe(200);
    expectRefusal(await redeem(user.email, reset_token), 403);
    expect(await canLogIn({ ...user, password: 'new' })).toBe(true);
  });

  it('keeps the password and the sessions valid', async () => {
    const user = await register();
    const session_id = await logIn(user);
    await askAndDeliver(user.email);
    expect(await isLive(session_id)).toBe(true);
    expect(await canLogIn(user)).toBe(true);
  });

  it.each([
    ['an unknown address', newEmail()],
    // The longest one that a body can have.
    ['what is no address', `no address ${'x'.repeat(8100)}`],
  ])('is not sent to %s, which the log does not contain', async (_, email) => {
    const before = await scanTable();
    const log = await logOf(() => askAndDeliver(email));
    expect(await ses.mailsTo(email)).toEqual([]);
    expect(await scanTable()).toEqual(before);
    expect(log).toMatchObject([
      { event: 'authn_password_change_fail', reason: expect.stringContaining('unknown email') },
    ]);
    expect(JSON.stringify(log)).not.toContain(email);
  });

  it('is logged with the user, the invocation and the request, but without the address and the token', async () => {
    const { email } = await register();
    const log = await logOf(() => sendMail(reset(email), { awsRequestId: 'the invocation' }));
    const token = tokenIn((await ses.mailsTo(email))[0]);
    const [user_id = '', secret = ''] = token.split('.');
    expect(log).toEqual([
      expect.objectContaining({
        event: 'authn_token_created',
        user_id,
        request_id: 'the invocation',
        asked_by: 'the request',
      }),
    ]);
    for (const hidden of [email, secret]) expect(JSON.stringify(log)).not.toContain(hidden);
  });

  describe('with repeated requests', () => {
    stopClock();

    it.each([
      ['is not sent again one second before', 1, -1],
      ['is sent again at the very second of', 2, 0],
      ['is sent again one second after', 2, 1],
    ])('%s the end of five minutes', async (_, mails, offset) => {
      const { email } = await register();
      await askAndDeliver(email);
      advance(300 + offset);
      await askAndDeliver(email);
      expect(await ses.mailsTo(email)).toHaveLength(mails);
    });

    it('is not sent again, and its token stays valid', async () => {
      const user = await register();
      await askAndDeliver(user.email);
      const log = await logOf(() => askAndDeliver(user.email));
      const [mail, ...more] = await ses.mailsTo(user.email);
      expect(more).toEqual([]);
      const reset_token = tokenIn(mail);
      const [user_id] = reset_token.split('.');
      expect(log).toMatchObject([{ event: 'excess_rate_limit_exceeded', user_id }]);
      expect((await redeem(user.email, reset_token)).status).toBe(200);
    });

    it('is sent again five minutes after the last one that was sent', async () => {
      const { email } = await register();
      for (const seconds of [0, 299, 1, 299, 1]) {
        advance(seconds);
        await askAndDeliver(email);
      }
      expect(await ses.mailsTo(email)).toHaveLength(3);
    });

    it('is sent at once after the token of the last one was used', async () => {
      const user = await register();
      for (const password of ['new', 'newer']) {
        await askAndDeliver(user.email);
        const mails = (await ses.mailsTo(user.email)).filter(({ subject }) => subject === RESET);
        expect((await redeem(user.email, tokenIn(mails.at(-1)), password)).status).toBe(200);
      }
    });

    it('is sent once by two simultaneous invocations, and its token is valid', async () => {
      for (let round = 0; round < 5; round++) {
        const { email } = await register();
        await Promise.all(
          ['one', 'another'].map((awsRequestId) => sendMail(reset(email), { awsRequestId })),
        );
        const [mail, ...more] = await ses.mailsTo(email);
        expect(more).toEqual([]);
        expect((await redeem(email, tokenIn(mail))).status).toBe(200);
      }
    });

    it('does not delay the mail of another user', async () => {
      await askAndDeliver((await register()).email);
      const { email } = await register();
      await askAndDeliver(email);
      expect(await ses.mailsTo(email)).toHaveLength(1);
    });

    it('is sent again only by the retry of an invocation in which SES failed', async () => {
      const user = await register();
      const { email } = user;
      await ses.down();
      try {
        const log = await logOf(async () => {
          const failed = sendMail(reset(email), { awsRequestId: 'first' });
          // Lambda logs the message of this error and stores it with the invocation.
          await expect(failed).rejects.toThrow(/^SES has not taken the mail: \w+$/);
        });
        expect(log).toMatchObject([{ level: 'ERROR', message: 'A mail was not sent' }]);
      } finally {
        await ses.up();
      }
      advance(60);
      await sendMail(reset(email), { awsRequestId: 'second' });
      expect(await ses.mailsTo(email)).toEqual([]);
      await sendMail(reset(email), { awsRequestId: 'first' });
      const [mail, ...more] = await ses.mailsTo(email);
      expect(more).toEqual([]);
      expect((await redeem(email, tokenIn(mail))).status).toBe(200);
    });
  });
});

describe('the notice of a deleted account', () => {
  const DELETED = 'Your account has been deleted';

  /** Deletes an account, and returns what it leaves in the table. */
  const remove = async ({ isVerified }: { isVerified: boolean }) => {
    const user = await register();
    if (isVerified) await markVerified(user.email);
    const session = await logIn(user);
    const [id] = session.split('.');
    const form = { password: user.password };
    const cookies = [`session_id=${session}`];
    expect((await request('DELETE /profile', { form, cookies })).status).toBe(200);
    return { id, email: user.email, left: (await scanTable()).filter((item) => item['id'] === id) };
  };

  it('goes to the address, of which the table keeps only a digest that expires', async () => {
    const { id, email, left } = await remove({ isVerified: true });
    expect(JSON.stringify(left)).not.toContain(email);
    for (const item of left) expect(item).toMatchObject({ expires_at: expect.any(Number) });
    expect(lambda.invocations().map(({ payload }) => payload)).toEqual([
      { kind: 'account_deleted', user_id: id, email, request_id: expect.any(String) },
    ]);
    const notice: MailRequest = {
      ...{ kind: 'account_deleted', user_id: String(id), email, request_id: 'x' },
    };
    await sendMail(notice, { awsRequestId: 'y' });
    const [mail, ...more] = await ses.mailsTo(email);
    expect(more).toEqual([]);
    expect(mail?.subject).toBe(DELETED);
    for (const part of [mail?.body.text, mail?.body.html]) expect(part).not.toMatch(/http/);
  });

  it('does not go to an address that was never verified', async () => {
    const { left } = await remove({ isVerified: false });
    expect(left.map(({ item }) => item)).toEqual([expect.stringMatching(/^session#/)]);
    expect(lambda.invocations()).toEqual([]);
  });

  it('goes to nobody else, and only about an account that was deleted', async () => {
    const { id = '' } = await remove({ isVerified: true });
    const [victim, user] = [newEmail(), await register()];
    const user_id = await markVerified(user.email);
    for (const claim of [
      { user_id: id, email: victim },
      { user_id, email: user.email },
      { user_id: randomUUID(), email: victim },
    ]) {
      const payload: MailRequest = { kind: 'account_deleted', ...claim, request_id: 'made up' };
      const log = await logOf(() => sendMail(payload, { awsRequestId: 'x' }));
      expect(log).toMatchObject([{ event: 'authz_fail' }]);
    }
    for (const email of [victim, user.email]) expect(await ses.mailsTo(email)).toEqual([]);
  });

  describe('with time passing', () => {
    stopClock();

    it.each([
      ['is sent one second before', 1, -1],
      ['is not sent at the very second of', 0, 0],
    ])('%s the end of 14 days', async (_, notices, offset) => {
      const { email } = await remove({ isVerified: true });
      const invocations = lambda.invocations();
      advance(14 * 24 * 60 * 60 + offset);
      for (const { payload } of invocations) await sendMail(payload, { awsRequestId: 'late' });
      expect(await ses.mailsTo(email)).toHaveLength(notices);
    });
  });
});

describe('the notice of a new password', () => {
  const change = async (spelling = (email: string) => email) => {
    const user = await register();
    await markVerified(user.email);
    await askAndDeliver(user.email);
    const reset_token = tokenIn((await ses.mailsTo(user.email))[0]);
    const received = await redeem(spelling(user.email), reset_token);
    return { user, reset_token, received };
  };
  const noticesTo = async (email: string) =>
    (await ses.mailsTo(email)).filter(({ subject }) => subject === CHANGED);

  it('goes to the stored address, in text and in HTML, without a link', async () => {
    const { user, received } = await change((email) => ` ${email.toUpperCase()}`);
    expect(received.status).toBe(200);
    await deliver();
    const [notice, ...more] = await noticesTo(user.email);
    expect(more).toEqual([]);
    expect(notice?.destination).toEqual({ to: [user.email], cc: [], bcc: [] });
    for (const part of [notice?.body.text, notice?.body.html]) {
      expect(part).not.toMatch(/http/);
    }
  });

  it('is sent however many mails the address got', async () => {
    const { user } = await change();
    for (let i = 0; i < 9; i++) {
      await askAndDeliver(user.email);
      const resets = (await ses.mailsTo(user.email)).filter(({ subject }) => subject === RESET);
      expect((await redeem(user.email, tokenIn(resets.at(-1)))).status).toBe(200);
    }
    await deliver();
    const log = await logOf(() => askAndDeliver(user.email));
    expect(log).toMatchObject([{ event: 'excess_rate_limit_exceeded' }]);
    const cookies = [`session_id=${await logIn({ ...user, password: 'new' })}`];
    const form = { password: 'new', new_password: 'newer' };
    expect((await request('PUT /password', { form, cookies })).status).toBe(200);
    await deliver();
    expect(await noticesTo(user.email)).toHaveLength(11);
  });

  it('is requested with the id of the request', async () => {
    const { user } = await change();
    expect(lambda.invocations()).toEqual([
      {
        functionName: 'the-mail-function',
        type: 'Event',
        payload: {
          kind: 'password_changed',
          user_id: await markVerified(user.email),
          request_id: expect.any(String),
        },
      },
    ]);
  });

  it('goes to no address that was never verified', async () => {
    const user = await register();
    const session = await logIn(user);
    const form = { password: user.password, new_password: 'new' };
    const cookies = [`session_id=${session}`];
    expect((await request('PUT /password', { form, cookies })).status).toBe(200);
    const log = await logOf(() => deliver());
    expect(await ses.mailsTo(user.email)).toEqual([]);
    expect(log).toEqual([]);
  });

  it('is sent only about a change that has happened, whoever requests it', async () => {
    const user = await register();
    const user_id = await markVerified(user.email);
    const notice: MailRequest = { kind: 'password_changed', user_id, request_id: 'made up' };
    const log = await logOf(() => sendMail(notice, { awsRequestId: 'x' }));
    expect(log).toMatchObject([{ event: 'authz_fail', user_id }]);
    const unknown = { ...notice, user_id: randomUUID() };
    await sendMail(unknown, { awsRequestId: 'x' });
    expect(await ses.mailsTo(user.email)).toEqual([]);
  });

  describe('with time passing', () => {
    stopClock();

    it.each([
      ['is sent one second before', 1, -1],
      ['is not sent at the very second of', 0, 0],
    ])('%s the end of 14 days', async (_, notices, offset) => {
      const { user } = await change();
      const invocations = lambda.invocations();
      advance(14 * 24 * 60 * 60 + offset);
      for (const { payload } of invocations) await sendMail(payload, { awsRequestId: 'late' });
      expect(await noticesTo(user.email)).toHaveLength(notices);
    });
  });

  it('is not sent if the password was not changed', async () => {
    const { user, reset_token } = await change();
    await deliver();
    expectRefusal(await redeem(user.email, reset_token), 403);
    expectRefusal(await redeem(user.email, reset_token, 'x'.repeat(73)), 400);
    expect(lambda.invocations()).toEqual([]);
  });

  it('does not undo the change if Lambda is not available, and the failure is logged', async () => {
    const user = await register();
    await askAndDeliver(user.email);
    const reset_token = tokenIn((await ses.mailsTo(user.email))[0]);
    await lambda.down();
    try {
      const log = await logOf(async () =>
        expect((await redeem(user.email, reset_token)).status).toBe(200),
      );
      expect(log).toContainEqual(
        expect.objectContaining({ level: 'WARN', message: expect.stringContaining('notice') }),
      );
    } finally {
      await lambda.up();
    }
    expect(await canLogIn({ ...user, password: 'new' })).toBe(true);
  });
});

describe('POST /sessions, after a hundred wrong passwords in a row,', () => {
  const LOCKED = 'Your account is locked';
  const wrong = (email: string) => request('POST /sessions', { form: { email, password: 'no' } });

  it('mails a verified owner once, and answers an unknown email alike', async () => {
    const { email } = await register();
    await ask(email);
    await deliver();
    const [mail] = await ses.mailsTo(email);
    // A redeemed reset verifies the email.
    await redeem(email, tokenIn(mail));
    await deliver();
    const unknown = newEmail();
    const answers = [];
    for (const each of [email, unknown]) {
      await almostLock(loginOf(each));
      // Nobody is told of a lock before there is one.
      await sendMail({ kind: 'login_locked', email: each, request_id: 'x' }, { awsRequestId: 'w' });
      answers.push(await wrong(each));
      expect(lambda.invocations().map(({ payload }) => payload)).toMatchObject([
        { kind: 'login_locked', email: each },
      ]);
      answers.push(await wrong(each));
      expect(lambda.invocations()).toEqual([]);
    }
    expect(answers.map(({ status }) => status)).toEqual([401, 429, 401, 429]);
    for (const each of [email, unknown]) {
      await sendMail({ kind: 'login_locked', email: each, request_id: 'x' }, { awsRequestId: 'y' });
    }
    const subjects = (await ses.mailsTo(email)).map(({ subject }) => subject);
    expect(subjects.filter((subject) => subject === LOCKED)).toHaveLength(1);
    expect(await ses.mailsTo(unknown)).toEqual([]);
  });

  it('mails no owner who is not verified, and nobody whose login is not locked', async () => {
    const { email } = await register();
    await almostLock(loginOf(email));
    await wrong(email);
    await deliver();
    const other = (await register()).email;
    await sendMail({ kind: 'login_locked', email: other, request_id: 'x' }, { awsRequestId: 'y' });
    expect([...(await ses.mailsTo(email)), ...(await ses.mailsTo(other))]).toEqual([]);
  });
});

describe('a confirmation, after a hundred wrong passwords in a row,', () => {
  const LOCKED = 'Changes to your account are locked';
  const lockedMails = async (email: string) =>
    (await ses.mailsTo(email)).filter(({ subject }) => subject === LOCKED);

  it.each<[Route, Record<string, string>]>([
    ['PUT /password', { new_password: 'new' }],
    ['PUT /email', { email: newEmail() }],
    ['DELETE /profile', {}],
    ['POST /profile/deletion', {}],
  ])('with a session, mails a verified owner once: %s', async (route, more) => {
    const user = await register();
    const user_id = await markVerified(user.email);
    const cookies = [`session_id=${await logIn(user)}`];
    const notice = { kind: 'confirmations_locked', user_id } as const;
    const ask = async () =>
      (await request(route, { form: { ...more, password: 'no' }, cookies })).status;
    // Failed logins are another matter.
    await almostLock(loginOf(user.email));
    await request('POST /sessions', { form: { email: user.email, password: 'no' } });
    await almostLock(reauthenticationOf(user_id));
    await sendMail({ ...notice, request_id: 'x' }, { awsRequestId: 'w' });
    expect(await lockedMails(user.email)).toEqual([]);
    lambda.invocations();
    expect(await ask()).toBe(403);
    expect(lambda.invocations().map(({ payload }) => payload)).toMatchObject([notice]);
    expect(await ask()).toBe(429);
    expect(lambda.invocations()).toEqual([]);
    await sendMail({ ...notice, request_id: 'x' }, { awsRequestId: 'y' });
    expect(await lockedMails(user.email)).toHaveLength(1);
  });

  it('with an email token, mails a verified owner once', async () => {
    const user = await register();
    const user_id = await markVerified(user.email);
    const email = newEmail();
    const cookies = [`session_id=${await logIn(user)}`];
    await request('PUT /email', { form: { email, password: user.password }, cookies });
    await deliver();
    const token = tokenIn((await ses.mailsTo(email))[0]);
    await almostLock(redemptionOf({ id: user_id, session_epoch: 0 }));
    expect((await redeemEmailToken(token, 'no')).status).toBe(403);
    await deliver();
    expect((await redeemEmailToken(token, 'no')).status).toBe(429);
    await deliver();
    expect(await lockedMails(user.email)).toHaveLength(1);
    expect(await lockedMails(email)).toEqual([]);
  });
});
