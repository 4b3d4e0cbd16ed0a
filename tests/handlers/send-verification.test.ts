/** The mails about verifications and changes of email, from the request to the mailbox. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import type { Answer } from '../../lib/http/answer.ts';
import type { MailRequest } from '../../lib/mail/dispatch.ts';
import { advance, stopClock } from '../support/clock.ts';
import { event } from '../support/events.ts';
import { createOperators, markVerified, newEmail, scanTable } from '../support/library.ts';
import { logOf } from '../support/log.ts';
import { startLambda, startMailbox, type SentMail } from '../support/mail.ts';

const [lambda, ses] = await Promise.all([startLambda(), startMailbox()]);
afterAll(() => Promise.all([lambda.down(), ses.down()]));

// The functions make their clients from the environment when they are first imported.
Object.assign(process.env, {
  RESET_TOKEN_DELIVERY: 'email',
  MAIL_FROM: 'no-reply@example.com',
  EMAIL_VERIFICATION_PAGE: 'https://app.example.com/verify?lang=en',
  MAIL_FUNCTION: 'the-mail-function',
  AWS_ENDPOINT_URL_LAMBDA: lambda.url,
  AWS_ENDPOINT_URL_SESV2: ses.url,
});
const { answer, canLogIn, expectRefusal, isLive, logIn, redeemEmailToken, register, request } =
  await import('../support/client.ts');
const { handler: changeEmail } = await import('../../handlers/change-email.ts');
const { handler: sendMail } = await import('../../handlers/send-mail.ts');

const ASKED = 'If there is such an account, a mail is on its way to it';
const CHANGE = 'The email changes once the new address has confirmed it';
const [VERIFY, CONFIRM, ABOUT_TO_CHANGE, CHANGED, EXISTS] = [
  'Verify your email address',
  'Confirm your new email address',
  'Your email address is about to change',
  'Your email address has been changed',
  'You already have an account',
];

const ask = (email: string) => request('POST /email_verification', { form: { email } });

const change = (session_id: string, password: string, email: string) =>
  request('PUT /email', { form: { password, email }, cookies: [`session_id=${session_id}`] });

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

const subjectsTo = async (email: string) =>
  (await ses.mailsTo(email)).map(({ subject }) => subject);

/** Returns the link in the mail. */
function linkIn({ body }: SentMail): URL {
  return new URL(/^https:.*$/m.exec(body.text)?.[0] ?? expect.fail('no link'));
}

function tokenIn(mail: SentMail | undefined): string {
  if (!mail) return expect.fail('no mail');
  const fragment = new URLSearchParams(linkIn(mail).hash.slice(1));
  return fragment.get('token') ?? expect.fail('no token');
}

async function verify(email: string): Promise<void> {
  await askAndDeliver(email);
  expect((await redeemEmailToken(tokenIn((await ses.mailsTo(email)).at(-1)))).status).toBe(200);
}

const verification = (email: string): MailRequest => ({
  kind: 'email_verification',
  email,
  request_id: 'the request',
});

beforeEach(() => void lambda.invocations());

describe('POST /email_verification, with the delivery `email`,', () => {
  it('gives every email the same answer, and requests a mail to the normalised address', async () => {
    const known = (await register()).email;
    const before = await scanTable();
    for (const email of [known, ` ${known.toUpperCase()}`, newEmail()]) {
      expect(await ask(email)).toStrictEqual(answer(200, { email, message: ASKED }));
      expect(lambda.invocations()).toEqual([
        {
          functionName: 'the-mail-function',
          type: 'Event',
          payload: {
            kind: 'email_verification',
            email: email.trim().toLowerCase(),
            request_id: expect.any(String),
          },
        },
      ]);
    }
    expect(await scanTable()).toEqual(before);
  });

  it('answers an email that is no address like any other, and invokes the same function', async () => {
    expect(await ask('nobody')).toStrictEqual(answer(200, { email: 'nobody', message: ASKED }));
    expect(lambda.invocations()).toHaveLength(1);
  });
});

describe('the mail that verifies an address', () => {
  it('links to the configured page, with a token in the fragment', async () => {
    const { email } = await register();
    await askAndDeliver(` ${email.toUpperCase()}`);
    const [mail = expect.fail('no mail'), ...more] = await ses.mailsTo(email);
    expect(more).toEqual([]);
    expect(mail.subject).toBe(VERIFY);
    expect(mail.destination).toEqual({ to: [email], cc: [], bcc: [] });
    for (const part of [mail.body.text, mail.body.html]) {
      expect(part).toContain('24 hours');
    }
    expect(linkIn(mail).href).toMatch(/^https:\/\/app\.example\.com\/verify\?lang=en#token=[^&]+$/);
    expect(mail.body.html).toContain(`href="${linkIn(mail).href}"`);
    const token = tokenIn(mail);
    expect(await redeemEmailToken(token)).toMatchObject({ status: 200, body: { email } });
  });

  it('is not sent to an unknown address', async () => {
    const email = newEmail();
    const before = await scanTable();
    const log = await logOf(() => askAndDeliver(email));
    expect(await ses.mailsTo(email)).toEqual([]);
    expect(await scanTable()).toEqual(before);
    expect(log).toMatchObject([{ event: 'authz_fail', outcome: 'failure' }]);
    expect(JSON.stringify(log)).not.toContain(email);
  });

  it('is logged with the user, the invocation and the request, but without the address and the token', async () => {
    const { email } = await register();
    const log = await logOf(() => sendMail(verification(email), { awsRequestId: 'invocation' }));
    const [user_id = '', secret = ''] = tokenIn((await ses.mailsTo(email))[0]).split('.');
    expect(log).toEqual([
      expect.objectContaining({
        event: 'authn_token_created',
        user_id,
        request_id: 'invocation',
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
      const log = await logOf(() => askAndDeliver(email));
      expect(await ses.mailsTo(email)).toHaveLength(mails);
      const event = mails === 1 ? 'excess_rate_limit_exceeded' : 'authn_token_created';
      expect(log).toMatchObject([{ event }]);
      expect((await redeemEmailToken(tokenIn((await ses.mailsTo(email))[0]))).status).toBe(200);
    });

    it('is limited separately from the mail with a reset token', async () => {
      const { email } = await register();
      await askAndDeliver(email);
      await request('POST /reset_password', { form: { email } });
      await deliver();
      expect(await subjectsTo(email)).toEqual([VERIFY, 'Reset your password']);
      advance(299);
      await askAndDeliver(email);
      await request('POST /reset_password', { form: { email } });
      await deliver();
      expect(await ses.mailsTo(email)).toHaveLength(2);
    });

    it('is sent once by two simultaneous invocations', async () => {
      for (let round = 0; round < 5; round++) {
        const { email } = await register();
        await Promise.all(
          ['one', 'another'].map((awsRequestId) => sendMail(verification(email), { awsRequestId })),
        );
        const [mail, ...more] = await ses.mailsTo(email);
        expect(more).toEqual([]);
        expect((await redeemEmailToken(tokenIn(mail))).status).toBe(200);
      }
    });

    it('is sent again only by the retry of an invocation in which SES failed', async () => {
      const { email } = await register();
      await ses.down();
      try {
        const failed = sendMail(verification(email), { awsRequestId: 'first' });
        await expect(failed).rejects.toThrow(/^SES has not taken the mail: \w+$/);
      } finally {
        await ses.up();
      }
      await sendMail(verification(email), { awsRequestId: 'second' });
      expect(await ses.mailsTo(email)).toEqual([]);
      await sendMail(verification(email), { awsRequestId: 'first' });
      const [mail, ...more] = await ses.mailsTo(email);
      expect(more).toEqual([]);
      expect((await redeemEmailToken(tokenIn(mail))).status).toBe(200);
    });

    it('is one notice without a link if the address is already verified', async () => {
      const { email } = await register();
      await verify(email);
      const before = (await scanTable()).length;
      await askAndDeliver(email);
      await askAndDeliver(email);
      expect(await subjectsTo(email)).toEqual([VERIFY, EXISTS]);
      expect((await ses.mailsTo(email))[1]?.body.text).not.toMatch(/http/);
      expect(await scanTable()).toHaveLength(before);
    });

    it('is not sent twenty times to an address that is registered and deleted in a loop', async () => {
      const email = newEmail();
      for (let i = 0; i < 20; i++) {
        const user = await register({ email });
        await askAndDeliver(email);
        const cookies = [`session_id=${await logIn(user)}`];
        const form = { password: user.password };
        expect((await request('DELETE /profile', { form, cookies })).status).toBe(200);
      }
      expect(await subjectsTo(email)).toEqual([VERIFY]);
    });
  });
});

describe('PUT /email, with the delivery `email`,', () => {
  it('gives the same answer and requests the same mails for a free address and one that is taken', async () => {
    const [user, other] = [await register(), await register()];
    const session = await logIn(user);
    const free = newEmail();
    for (const email of [free, other.email]) {
      expect(await change(session, user.password, email)).toStrictEqual(
        answer(200, { email, message: CHANGE }),
      );
      const reference = {
        user_id: session.split('.')[0],
        change_id: expect.any(String),
        request_id: expect.any(String),
      };
      expect(lambda.invocations().map(({ payload }) => payload)).toEqual([
        { kind: 'email_change', ...reference },
        { kind: 'email_change_asked', ...reference },
      ]);
    }
  });

  it('sends nothing that the table does not bear out, whoever invokes the function', async () => {
    const [user, other] = [await register(), await register()];
    const session = await logIn(user);
    const [user_id = ''] = session.split('.');
    const [victim = ''] = (await logIn(other)).split('.');
    const email = newEmail();
    await change(session, user.password, email);
    const [asked] = lambda.invocations();
    if (asked?.payload.kind !== 'email_change') expect.fail('no change');
    const { change_id } = asked.payload;
    const claims = { email, new_email: email, old_email: other.email, session_epoch: 0 };
    const before = await scanTable();
    for (const forged of [
      { kind: 'email_change', user_id, change_id: randomUUID() },
      { kind: 'email_change_asked', user_id, change_id: randomUUID() },
      { kind: 'email_change', user_id: victim, change_id },
      { kind: 'email_change_asked', user_id: victim, change_id },
      { kind: 'email_change', user_id: victim },
      { kind: 'email_change_asked', user_id: victim },
      { kind: 'email_change', user_id: randomUUID(), change_id },
      { kind: 'password_changed', user_id: victim },
      { kind: 'email_changed', user_id: victim },
      { kind: 'email_changed', user_id: victim, email: other.email },
    ]) {
      const payload = { ...claims, ...forged, request_id: 'forged' } as MailRequest;
      const log = await logOf(() => sendMail(payload, { awsRequestId: 'forged' }));
      expect(log).toMatchObject([{ event: 'authz_fail', asked_by: 'forged' }]);
    }
    expect(await scanTable()).toEqual(before);
    for (const address of [user.email, other.email, email]) {
      expect(await ses.mailsTo(address)).toEqual([]);
    }
  });

  it('mails no link for a change that a newer one has replaced', async () => {
    const user = await register();
    const session = await logIn(user);
    const [typo, email] = [newEmail(), newEmail()];
    await change(session, user.password, typo);
    const late = lambda.invocations();
    await change(session, user.password, email);
    for (const { payload } of late) await sendMail(payload, { awsRequestId: 'late' });
    await deliver();
    expect(await ses.mailsTo(typo)).toEqual([]);
    expect(await subjectsTo(email)).toEqual([CONFIRM]);
  });

  it('mails no notice to an old address that was never verified', async () => {
    const user = await register();
    await change(await logIn(user), user.password, newEmail());
    await deliver();
    expect(await ses.mailsTo(user.email)).toEqual([]);
  });

  it('requests no mail if the own address calls off the change', async () => {
    const user = await register();
    const session = await logIn(user);
    const email = newEmail();
    await change(session, user.password, email);
    const late = lambda.invocations();
    expect(await change(session, user.password, user.email)).toStrictEqual(
      answer(200, { email: user.email, message: 'The email stays the same' }),
    );
    expect(lambda.invocations()).toEqual([]);
    for (const { payload } of late) await sendMail(payload, { awsRequestId: 'late' });
    expect(await ses.mailsTo(email)).toEqual([]);
  });

  it('replaces a user who has the address and never verified it', async () => {
    const [owner, squatter] = [await register(), await register()];
    const taken = await logIn(squatter);
    await change(await logIn(owner), owner.password, squatter.email);
    await deliver();
    const [mail] = await ses.mailsTo(squatter.email);
    expect(mail?.subject).toBe(CONFIRM);
    expect(await isLive(taken)).toBe(true);
    const log = await logOf(() => redeemEmailToken(tokenIn(mail)));
    expect(log).toMatchObject([
      { event: 'user_deleted', user_id: taken.split('.')[0] },
      { event: 'user_updated', reason: 'Email changed' },
    ]);
    expect(await isLive(taken)).toBe(false);
    expect(await canLogIn({ email: squatter.email, password: 'wrong' })).toBe(false);
    expect(await canLogIn({ ...owner, email: squatter.email })).toBe(true);
    const markers = (await scanTable()).filter(({ id }) => id === `email#${squatter.email}`);
    expect(markers).toHaveLength(1);
    expect(markers[0]?.['user_id']).not.toBe(taken.split('.')[0]);
  });

  it('replaces nobody who has verified the address since the mail', async () => {
    const [owner, other] = [await register(), await register()];
    await change(await logIn(owner), owner.password, other.email);
    await deliver();
    const token = tokenIn((await ses.mailsTo(other.email))[0]);
    await markVerified(other.email);
    expectRefusal(await redeemEmailToken(token), 400);
    expect(await canLogIn(owner)).toBe(true);
    expect(await canLogIn(other)).toBe(true);
  });

  it('mails the old address once the email has changed, if it was verified', async () => {
    for (const isVerified of [true, false]) {
      const user = await register();
      if (isVerified) await markVerified(user.email);
      const email = newEmail();
      await change(await logIn(user), user.password, email);
      await deliver();
      const token = tokenIn((await ses.mailsTo(email))[0]);
      for (let i = 0; i < 2; i++) {
        expect((await redeemEmailToken(token)).status).toBe(200);
        await deliver();
      }
      expect(await subjectsTo(user.email)).toEqual(isVerified ? [ABOUT_TO_CHANGE, CHANGED] : []);
      expect(await subjectsTo(email)).toEqual([CONFIRM]);
    }
  });

  /** Changes the email by the mailed link, and returns the invocation for the notice of it. */
  const moveTo = async (email: string, user: { email: string; password: string }) => {
    await change(await logIn(user), user.password, email);
    await deliver();
    const token = tokenIn((await ses.mailsTo(email))[0]);
    expect((await redeemEmailToken(token)).status).toBe(200);
    const [notice = expect.fail('no notice'), ...more] = lambda.invocations();
    expect(more).toEqual([]);
    return notice.payload;
  };

  it('tells each address that loses the account, even if the notices are late', async () => {
    const user = await register();
    await markVerified(user.email);
    const [second, last] = [newEmail(), newEmail()];
    const late = [await moveTo(second, user), await moveTo(last, { ...user, email: second })];
    const session = await logIn({ ...user, email: last });
    const form = { password: user.password };
    const cookies = [`session_id=${session}`];
    expect((await request('DELETE /profile', { form, cookies })).status).toBe(200);
    const id = session.split('.')[0];
    const left = (await scanTable()).filter((item) => item['id'] === id);
    for (const item of left) expect(item).toMatchObject({ expires_at: expect.any(Number) });
    for (const payload of late) await sendMail(payload, { awsRequestId: 'late' });
    expect(await subjectsTo(user.email)).toEqual([ABOUT_TO_CHANGE, CHANGED]);
    expect(await subjectsTo(second)).toEqual([CONFIRM, ABOUT_TO_CHANGE, CHANGED]);
    expect(await subjectsTo(last)).toEqual([CONFIRM]);
    for (const email of [user.email, second, last]) {
      expect(JSON.stringify(left)).not.toContain(email);
    }
  });

  it('tells no address of a change of email that is not its own', async () => {
    const [user, other] = [await register(), await register()];
    await markVerified(user.email);
    await markVerified(other.email);
    const notice = await moveTo(newEmail(), user);
    const forged = { ...notice, email: other.email } as MailRequest;
    const log = await logOf(() => sendMail(forged, { awsRequestId: 'forged' }));
    expect(log).toMatchObject([{ event: 'authz_fail' }]);
    expect(await ses.mailsTo(other.email)).toEqual([]);
  });

  describe('the notice of a change, with time passing,', () => {
    stopClock();

    it.each([
      ['is sent one second before', [ABOUT_TO_CHANGE, CHANGED], -1],
      ['is not sent at the very second of', [ABOUT_TO_CHANGE], 0],
    ])('%s the end of 14 days', async (_, subjects, offset) => {
      const user = await register();
      await markVerified(user.email);
      const notice = await moveTo(newEmail(), user);
      advance(14 * 24 * 60 * 60 + offset);
      await sendMail(notice, { awsRequestId: 'late' });
      expect(await subjectsTo(user.email)).toEqual(subjects);
    });
  });

  it('tells both owners what becomes of the account, and how to keep the address', async () => {
    const user = await register();
    await markVerified(user.email);
    const email = newEmail();
    await change(await logIn(user), user.password, email);
    await deliver();
    const [asked] = await ses.mailsTo(user.email);
    expect(asked?.body.text).toContain('sign in and cancel the change');
    const [confirm] = await ses.mailsTo(email);
    expect(confirm?.body.text).toContain('that account is deleted when you confirm');
  });

  it('mails nothing to a user who has the address and is disabled', async () => {
    const [user, other] = [await register(), await register()];
    const user_id = await markVerified(other.email);
    await createOperators().operators.disable(user_id);
    await change(await logIn(user), user.password, other.email);
    const log = await logOf(() => deliver());
    expect(log).toMatchObject([{ event: 'authz_fail' }]);
    expect(await ses.mailsTo(other.email)).toEqual([]);
  });

  it('mails the link to the new address, and a notice to the old one', async () => {
    const user = await register();
    await markVerified(user.email);
    const session = await logIn(user);
    const email = newEmail();
    await change(session, user.password, ` ${email.toUpperCase()}`);
    await deliver();
    expect(await subjectsTo(user.email)).toEqual([ABOUT_TO_CHANGE]);
    const [notice] = await ses.mailsTo(user.email);
    for (const part of [notice?.body.text, notice?.body.html]) {
      // Somebody else may read this mailbox by now.
      expect(part).not.toContain(email);
      expect(part).not.toMatch(/http/);
    }
    const [mail = expect.fail('no mail'), ...more] = await ses.mailsTo(email);
    expect(more).toEqual([]);
    expect(mail.subject).toBe(CONFIRM);
    expect(await canLogIn(user)).toBe(true);
    expect(await redeemEmailToken(tokenIn(mail))).toStrictEqual(
      answer(200, { email, message: 'email verified' }),
    );
    expect(await isLive(session)).toBe(false);
    expect(await canLogIn({ ...user, email })).toBe(true);
  });

  it('mails a notice without a link to the owner of an address that is taken', async () => {
    const [user, other] = [await register(), await register()];
    await markVerified(other.email);
    await change(await logIn(user), user.password, other.email);
    await deliver();
    expect(await subjectsTo(other.email)).toEqual([EXISTS]);
    const [notice] = await ses.mailsTo(other.email);
    expect(notice?.body.text).not.toMatch(/http/);
    expect(notice?.body.text).not.toContain(user.email);
    expect(await canLogIn(other)).toBe(true);
  });

  it('mails no link if the sessions have ended since the request', async () => {
    const user = await register();
    const session = await logIn(user);
    const email = newEmail();
    await change(session, user.password, email);
    await request('DELETE /sessions/all', { cookies: [`session_id=${session}`] });
    await deliver();
    expect(await ses.mailsTo(email)).toEqual([]);
    expect(await canLogIn(user)).toBe(true);
  });

  it('requests no mail without the password', async () => {
    const user = await register();
    expectRefusal(await change(await logIn(user), 'no', newEmail()), 403);
    expect(lambda.invocations()).toEqual([]);
  });

  it('answers 503 while Lambda is not available, and succeeds afterwards', async () => {
    const user = await register();
    const session = await logIn(user);
    const email = newEmail();
    const parts = { form: { password: user.password, email }, cookies: [`session_id=${session}`] };
    await lambda.down();
    try {
      const { statusCode, headers }: Answer = await changeEmail(event('PUT /email', parts));
      expect(statusCode).toBe(503);
      expect(headers).toMatchObject({ 'retry-after': '2' });
    } finally {
      await lambda.up();
    }
    expect((await request('PUT /email', parts)).status).toBe(200);
  });
});
