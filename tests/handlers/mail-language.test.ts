/** Each mail is in the language of its reader, from the registration to the mailbox. */
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { loginOf, reauthenticationOf } from '../../lib/limits/attempts.ts';
import { isLanguage, type Language } from '../../lib/words/languages.ts';
import { MAIL_WORDS } from '../../lib/words/mails.ts';
import type { Route } from '../support/client.ts';
import {
  almostLock,
  documents,
  markVerified,
  newEmail,
  scanTable,
  tableName,
} from '../support/library.ts';
import { startLambda, startMailbox, type SentMail } from '../support/mail.ts';
import { clientWith } from '../support/settings.ts';

const [lambda, ses] = await Promise.all([startLambda(), startMailbox()]);
afterAll(() => Promise.all([lambda.down(), ses.down()]));

// The functions make their clients from the environment when they are first imported.
Object.assign(process.env, {
  RESET_TOKEN_DELIVERY: 'email',
  MAIL_FROM: 'no-reply@example.com',
  LANGUAGE: 'fr',
  AWS_ENDPOINT_URL_LAMBDA: lambda.url,
  AWS_ENDPOINT_URL_SESV2: ses.url,
});
const strict = await clientWith({ REQUIRE_VERIFIED_EMAIL: 'true' });
const client = await clientWith({});
const { logIn, redeemEmailToken, request } = client;
const { handler: sendMail } = await import('../../handlers/send-mail.ts');

beforeEach(() => void lambda.invocations());

const PASSWORD = 'pwd';

/** Registers a user by a request with this header `Accept-Language`. */
async function registerIn(accepted: string | undefined, email = newEmail(), by = client) {
  const headers = accepted === undefined ? {} : { 'accept-language': accepted };
  const form = { email, password: PASSWORD };
  expect((await by.request('POST /users', { form, headers })).status).toBe(200);
  return email;
}

/** Sends a request, and the mails that it asks for. */
async function ask(route: Route, form: Record<string, string>, session?: string): Promise<void> {
  const cookies = session === undefined ? [] : [`session_id=${session}`];
  await request(route, { form, cookies });
  await deliver();
}

/** Runs the invocations that the functions requested, as Lambda does, and clears them. */
async function deliver(): Promise<void> {
  for (const { payload } of lambda.invocations()) {
    await sendMail(payload, { awsRequestId: payload.request_id });
  }
}

/** The kinds of the mails to an address, by the subjects that they have in the language. */
async function kindsTo(email: string, language: Language): Promise<(string | undefined)[]> {
  const words = MAIL_WORDS[language];
  return (await ses.mailsTo(email)).map(({ subject, body }) => {
    expect(body.html).toContain(`<html lang="${language}"`);
    expect(body.text).toContain(words.greeting);
    const kind = Object.entries(words).find(
      ([, each]) => typeof each === 'object' && each.subject === subject,
    );
    return kind?.[0];
  });
}

const fragmentOf = (mail: SentMail | undefined): Record<string, string> =>
  Object.fromEntries(new URLSearchParams(/#(\S+)/.exec(mail?.body.text ?? '')?.[1]));

const userOf = async (email: string) =>
  (await scanTable()).find((item) => item['email'] === email) ?? expect.fail('no user');

describe('a registration', () => {
  it.each([
    ['de-AT,de;q=0.9,en;q=0.8', 'de'],
    ['pl, es;q=0.5', 'es'],
    ['AR', 'ar'],
  ])('keeps the language that the request accepts: %j', async (accepted, language) => {
    for (const by of [client, strict]) {
      const email = await registerIn(accepted, undefined, by);
      expect(await userOf(email)).toMatchObject({ language });
    }
  });

  it.each([
    undefined,
    '',
    '*',
    'pl,cs;q=0.5',
    'de;q=0',
    ',,;q=1;q,-,=',
    'constructor,__proto__',
    '\u0000"{}',
    `${'x-'.repeat(4000)}de`,
  ])('keeps no language if the request accepts none of the service: %j', async (accepted) => {
    for (const by of [client, strict]) {
      const email = await registerIn(accepted, undefined, by);
      expect(await userOf(email)).not.toHaveProperty('language');
    }
  });

  it('does not change the language of the user who has the address', async () => {
    const email = await registerIn('de', undefined, strict);
    await registerIn('es', email, strict);
    expect(await userOf(email)).toMatchObject({ language: 'de' });
  });
});

/** Makes the service send every mail that an account may get, but for those of a taken address. */
async function walk(accepted: string | undefined) {
  const email = await registerIn(accepted);
  await ask('POST /email_verification', { email });
  const id = await markVerified(email);
  await ask('POST /email_verification', { email });
  const locked = await logIn({ email, password: PASSWORD });
  await almostLock(reauthenticationOf(id));
  await ask('PUT /password', { password: 'no', new_password: 'new' }, locked);
  await almostLock(loginOf(email));
  await ask('POST /sessions', { email, password: 'no' });
  await ask('POST /reset_password', { email });
  const { reset_token = '' } = fragmentOf((await ses.mailsTo(email)).at(-1));
  await ask('PUT /reset_password', { email, reset_token, new_password: 'new' });
  const moved = newEmail();
  const session = await logIn({ email, password: 'new' });
  await ask('PUT /email', { email: moved, password: 'new' }, session);
  const { token = '' } = fragmentOf((await ses.mailsTo(moved)).at(-1));
  expect((await redeemEmailToken(token, 'new')).status).toBe(200);
  await deliver();
  await ask('DELETE /profile', { password: 'new' }, await logIn({ email: moved, password: 'new' }));
  return { email, moved };
}

/** The mails of `walk`. */
const MAILS = {
  email: [
    ...['emailVerification', 'accountExists', 'confirmationsLocked', 'loginLocked'],
    ...['passwordReset', 'passwordChanged', 'emailChangeAsked', 'emailChanged'],
  ],
  moved: ['emailChange', 'accountDeleted'],
};

describe('every mail to a user', () => {
  it.each([
    ['de-AT', 'de'],
    ['ar', 'ar'],
    ['pl', 'fr'],
    [undefined, 'fr'],
  ] as const)(
    'is in the language of the registration, or else in that of the setting: %j',
    async (accepted, language) => {
      const { email, moved } = await walk(accepted);
      expect({
        email: await kindsTo(email, language),
        moved: await kindsTo(moved, language),
      }).toEqual(MAILS);
    },
  );

  it('is in the language of the setting if the service has that of the user no longer', async () => {
    const email = await registerIn('de');
    expect(isLanguage('tlh')).toBe(false);
    const Item = { ...(await userOf(email)), language: 'tlh' };
    await documents.send(new PutCommand({ TableName: tableName, Item }));
    await ask('POST /reset_password', { email });
    expect(await kindsTo(email, 'fr')).toEqual(['passwordReset']);
  });
});

describe('the mails about an address that is taken', () => {
  it('are in the language of its user, whoever registers it again', async () => {
    const email = await registerIn('de', undefined, strict);
    await deliver();
    await registerIn('es', email, strict);
    await deliver();
    await markVerified(email);
    await registerIn('ar', email, strict);
    await deliver();
    const kinds = ['emailVerification', 'registeredAgain', 'accountExists'];
    expect(await kindsTo(email, 'de')).toEqual(kinds);
  });

  it('are in the language of its user, whoever asks to change to it', async () => {
    const [owner, other] = [await registerIn('es'), await registerIn('de')];
    await markVerified(owner);
    const session = await logIn({ email: other, password: PASSWORD });
    await ask('PUT /email', { email: owner, password: PASSWORD }, session);
    expect(await kindsTo(owner, 'es')).toEqual(['accountExists']);
  });

  it('are in the language of who asks to change to it, if nobody has verified it', async () => {
    const [squatter, owner] = [await registerIn('es'), await registerIn('de')];
    const session = await logIn({ email: owner, password: PASSWORD });
    await ask('PUT /email', { email: squatter, password: PASSWORD }, session);
    expect(await kindsTo(squatter, 'de')).toEqual(['emailChange']);
  });
});
