/** The field `delivery`, by which a request has its token mailed where the setting is `response`. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { markVerified, newEmail, scanTable } from '../support/library.ts';
import { startLambda, startMailbox } from '../support/mail.ts';
import { clientWith } from '../support/settings.ts';

const [lambda, ses] = await Promise.all([startLambda(), startMailbox()]);
afterAll(() => Promise.all([lambda.down(), ses.down()]));

// The functions make their clients from the environment when they are first imported.
process.env['AWS_ENDPOINT_URL_LAMBDA'] = lambda.url;
process.env['AWS_ENDPOINT_URL_SESV2'] = ses.url;
const MAIL_FROM = 'no-reply@example.com';
const byMail = await clientWith({ RESET_TOKEN_DELIVERY: 'email', MAIL_FROM });
const withoutMail = await clientWith({});
const { answer, expectRefusal, logIn, redeemEmailToken, register, request, withSession } =
  await clientWith({ MAIL_FROM });
// Imported after the start, so that it has the same settings.
const { handler: sendMail } = await import('../../handlers/send-mail.ts');

type Asking = 'POST /reset_password' | 'POST /email_verification' | 'PUT /email';

const MESSAGES: Record<Asking, string> = {
  'POST /reset_password': 'If there is such an account, a mail is on its way to it',
  'POST /email_verification': 'If there is such an account, a mail is on its way to it',
  'PUT /email': 'The email changes once the new address has confirmed it',
};
const ROUTES = Object.keys(MESSAGES) as Asking[];
const TOKEN = expect.stringMatching(/^[0-9a-f-]{36}\.[\w-]{43}$/) as string;

const delivery = 'email';

/** Returns what a request of a new user needs, and the address that the token is for. */
async function newRequest(route: Asking) {
  const user = await register();
  if (route !== 'PUT /email') return { form: { email: user.email }, cookies: [] };
  const cookies = [`session_id=${await logIn(user)}`];
  return { form: { email: newEmail(), password: user.password }, cookies };
}

/** Runs the invocations that the functions requested, as Lambda does, and clears them. */
async function deliver(): Promise<void> {
  for (const { payload } of lambda.invocations()) {
    await sendMail(payload, { awsRequestId: randomUUID() });
  }
}

const textsTo = async (email: string) => (await ses.mailsTo(email)).map(({ body }) => body.text);

beforeEach(() => void lambda.invocations());

describe.each(ROUTES)('%s, where tokens are in the answer', (route) => {
  it('mails the token to who asks for mail, and does not answer with it', async () => {
    const { form, cookies } = await newRequest(route);
    const { email } = form;
    const asked = { form: { ...form, delivery }, cookies };
    expect(await request(route, asked)).toStrictEqual(
      answer(200, { email, message: MESSAGES[route] }),
    );
    await deliver();
    expect(await textsTo(email)).toEqual([expect.stringMatching(/#.*token=/)]);
  });

  it('answers with the token, and mails none, without the field', async () => {
    const { form, cookies } = await newRequest(route);
    const { body } = await request(route, { form, cookies });
    expect(Object.values(body as object)).toContainEqual(TOKEN);
    expect(lambda.invocations()).toEqual([]);
  });

  it('refuses the field where no mail can be sent, and does nothing', async () => {
    const { form, cookies } = await newRequest(route);
    const before = await scanTable();
    const asked = { form: { ...form, delivery }, cookies };
    expectRefusal(await withoutMail.request(route, asked), 400, /^delivery .* mailFrom is empty$/);
    expect(await scanTable()).toEqual(before);
    expect(lambda.invocations()).toEqual([]);
  });
});

describe.each(ROUTES)('%s, where tokens are mailed', (route) => {
  it('never answers with the token, whatever the field says', async () => {
    for (const given of [{}, { delivery }, { delivery: 'response' }, { delivery: 'x' }]) {
      const { form, cookies } = await newRequest(route);
      const { status, body } = await byMail.request(route, {
        form: { ...form, ...given },
        cookies,
      });
      const isGood = !('delivery' in given) || given.delivery === 'email';
      expect({ status, body }).toEqual(
        isGood
          ? { status: 200, body: { email: form.email, message: MESSAGES[route] } }
          : { status: 400, body: { message: 'delivery must be email', code: 'invalid_field' } },
      );
    }
  });
});

describe('where tokens are in the answer', () => {
  // OWASP ASVS 5.0, 6.3.8.
  it('who asks for mail gets the same answer for a known and for an unknown email', async () => {
    const before = (await register()).email;
    const table = await scanTable();
    for (const route of ROUTES.filter((each) => each.startsWith('POST'))) {
      for (const email of [before, newEmail(), 'no address']) {
        expect(await request(route, { form: { email, delivery } })).toStrictEqual(
          answer(200, { email, message: MESSAGES[route] }),
        );
        expect(lambda.invocations()).toMatchObject([{ type: 'Event' }]);
      }
    }
    expect(await scanTable()).toEqual(table);
  });

  it('a change of email that is asked for by mail does not tell that the address is taken', async () => {
    const taken = (await register()).email;
    await markVerified(taken);
    const { form, cookies } = await newRequest('PUT /email');
    const asked = { form: { ...form, email: taken }, cookies };
    expectRefusal(await request('PUT /email', asked), 400, /already/);
    const mailed = { form: { ...asked.form, delivery }, cookies };
    expect((await request('PUT /email', mailed)).status).toBe(200);
  });

  it('the token in a mail verifies the email, and the owner is mailed notices', async () => {
    const user = await register();
    const { email } = user;
    await request('POST /email_verification', { form: { email, delivery } });
    await deliver();
    const [text = ''] = await textsTo(email);
    const token = /token=(\S+)/.exec(text)?.[1] ?? expect.fail('no token');
    expect((await redeemEmailToken(token)).status).toBe(200);

    const session = await logIn(user);
    const form = { password: user.password, new_password: 'new' };
    const changed = await request('PUT /password', { form, cookies: [`session_id=${session}`] });
    expect(changed.status).toBe(200);
    await deliver();
    expect((await ses.mailsTo(email)).map(({ subject }) => subject)).toEqual([
      expect.any(String),
      'Your password has been changed',
    ]);
    expect((await withSession('GET /profile', session)).status).toBe(403);
  });
});
