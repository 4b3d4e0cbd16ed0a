/** What bounces and complaints do, from the event to the next mail. */
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { digest } from '../../lib/core/token.ts';
import type { MailRequest } from '../../lib/mail/dispatch.ts';
import { newEmail, scanTable } from '../support/library.ts';
import { logOf } from '../support/log.ts';
import { bounceOf, complaintOf } from '../support/mail-events.ts';
import { startMailbox } from '../support/mail.ts';

const ses = await startMailbox();
afterAll(() => ses.down());

// The functions make their clients from the environment when they are first imported.
Object.assign(process.env, {
  RESET_TOKEN_DELIVERY: 'email',
  MAIL_FROM: 'no-reply@example.com',
  MAIL_EVENTS: 'true',
  AWS_ENDPOINT_URL_SESV2: ses.url,
});
const { register } = await import('../support/client.ts');
const { handler: markBounce } = await import('../../handlers/mark-bounce.ts');
const { handler: sendMail } = await import('../../handlers/send-mail.ts');

const take = (event: unknown) => markBounce(event, { awsRequestId: 'the invocation' });

const requestReset = (email: string) => {
  const asked: MailRequest = { kind: 'password_reset', email, request_id: 'the request' };
  return sendMail(asked, { awsRequestId: 'another invocation' });
};

const marks = async () => (await scanTable()).filter(({ item }) => item === 'undeliverable');

let email: string;
beforeEach(async () => {
  ({ email } = await register());
});

describe('an event about a mail', () => {
  it.each([
    ['a bounce for good', 'bounce', bounceOf],
    ['a complaint', 'complaint', complaintOf],
    [
      'a complaint without a type',
      'complaint',
      (to: string) => complaintOf(to, { complaintFeedbackType: undefined }),
    ],
  ] as const)('stops all mail to the address: %s', async (_, reason, eventOf) => {
    const log = await logOf(() => take(eventOf(email)));
    expect(log).toMatchObject([
      { level: 'WARN', request_id: 'the invocation', error: { message: `Reason: ${reason}` } },
    ]);
    // Without expiry, and by the digest of the address.
    const mark = { id: `undeliverable#${digest(email)}`, item: 'undeliverable', reason };
    expect(await marks()).toContainEqual({ ...mark, at: expect.any(Number) });
    const unsent = await logOf(() => requestReset(email));
    expect(unsent).toContainEqual(
      expect.objectContaining({ level: 'WARN', message: expect.stringContaining('not sent') }),
    );
    expect(await ses.mailsTo(email)).toEqual([]);
    expect(JSON.stringify([log, unsent, await marks()])).not.toContain(email);
  });

  it('stops no mail to any other address', async () => {
    await take(bounceOf(newEmail()));
    await requestReset(email);
    expect(await ses.mailsTo(email)).toHaveLength(1);
  });

  it('marks the address that the mail was sent to, and none that the mail server names', async () => {
    const victim = email;
    const sent = newEmail();
    const recipients = [{ emailAddress: victim }];
    await take(bounceOf(sent, { bouncedRecipients: recipients }));
    await take(complaintOf(sent, { complainedRecipients: recipients }));
    expect(await marks()).toContainEqual(
      expect.objectContaining({ id: `undeliverable#${digest(sent)}` }),
    );
    await requestReset(victim);
    expect(await ses.mailsTo(victim)).toHaveLength(1);
  });

  it('marks the stored spelling of the address', async () => {
    await take(bounceOf(` ${email.toUpperCase()}`));
    await requestReset(email);
    expect(await ses.mailsTo(email)).toEqual([]);
  });

  it.each([
    ['a transient bounce', (to: string) => bounceOf(to, { bounceType: 'Transient' })],
    ['an undetermined bounce', (to: string) => bounceOf(to, { bounceType: 'Undetermined' })],
    ...['not-spam', 'Not-Spam', 'auth-failure'].map((complaintFeedbackType) => {
      return [
        `a report of the type ${complaintFeedbackType}`,
        (to: string) => complaintOf(to, { complaintFeedbackType }),
      ] as const;
    }),
  ] as const)('changes nothing, and is not logged: %s', async (_, eventOf) => {
    const before = await marks();
    expect(await logOf(() => take(eventOf(email)))).toEqual([]);
    expect(await marks()).toEqual(before);
    await requestReset(email);
    expect(await ses.mailsTo(email)).toHaveLength(1);
  });

  const TO = 'ann@example.com';
  const { detail } = bounceOf(TO);
  const withDetail = (more: object) => ({ ...bounceOf(TO), detail: { ...detail, ...more } });
  it.each([
    ['nothing', undefined],
    ['null', null],
    ['text', JSON.stringify(bounceOf(TO))],
    ['an empty event', {}],
    ['an event without its detail', { ...bounceOf(TO), detail: undefined }],
    ['another kind of event', withDetail({ eventType: 'Delivery' })],
    ['a bounce without its type', withDetail({ bounce: {} })],
    ['a bounce that is none', withDetail({ bounce: null })],
    ['a complaint that is none', withDetail({ eventType: 'Complaint', complaint: null })],
    ['a mail to nobody', withDetail({ mail: { destination: [] } })],
    ['a mail to two addresses', withDetail({ mail: { destination: [TO, 'bob@example.com'] } })],
    ['a mail to what is no address', withDetail({ mail: { destination: ['ann@'] } })],
    ['a mail to what is no text', withDetail({ mail: { destination: [{ TO }] } })],
    ['a destination that is no list', withDetail({ mail: { destination: TO } })],
    ['a mail that is none', withDetail({ mail: TO })],
  ])('is refused and logged without the address if it is %s', async (_, event) => {
    const before = await scanTable();
    const log = await logOf(() => take(event));
    expect(log).toMatchObject([{ level: 'ERROR', message: 'An event about a mail was refused' }]);
    expect(JSON.stringify(log)).not.toContain('ann@');
    expect(await scanTable()).toEqual(before);
  });
});
