import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { portOf } from '../../../lib/emulator/ports.mjs';
import { createSender } from '../../../lib/mail/ses.ts';
import { logOf } from '../../support/log.ts';

/** What SES answers; undefined: it takes the mail. */
let refusal: { name: string; message: string } | undefined;
let calls = 0;
/** The last request. */
let asked: Record<string, unknown> = {};

const server = createServer((request, response) => {
  void text(request).then((body) => {
    calls++;
    asked = JSON.parse(body) as typeof asked;
    if (refusal) response.setHeader('x-amzn-errortype', refusal.name);
    response.statusCode = refusal ? 400 : 200;
    response.end(JSON.stringify(refusal ? { message: refusal.message } : { MessageId: 'id' }));
  });
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
afterAll(() => void server.close());

process.env['AWS_ENDPOINT_URL_SESV2'] = `http://127.0.0.1:${String(portOf(server))}`;
const send = createSender('sender@example.com');
const MAIL = { subject: 'Subject', text: 'Text', html: '<p>Text</p>' };

beforeEach(() => {
  refusal = undefined;
  calls = 0;
});

describe('the sender of mails', () => {
  it.each([
    ['MessageRejected', 'Address is on the suppression list for your account: ann@example.com'],
    ['MessageRejected', 'Address blacklisted.'],
    ['BadRequestException', "Missing final '@domain'"],
    ['BadRequestException', 'Local address contains control or whitespace: ann@example.com'],
    ['BadRequestException', 'Invalid email address ann@example.com.'],
    ['BadRequestException', 'Domain contains illegal character'],
  ])('logs one warning, and does not fail, if the recipient is refused: %s, %s', async (...how) => {
    const [name, message] = how;
    refusal = { name, message };
    const log = await logOf(() => send('ann@example.com', MAIL));
    expect(log).toMatchObject([
      { level: 'WARN', error: { message: expect.stringContaining(name) } },
    ]);
    expect(JSON.stringify(log)).not.toContain('ann@');
    expect(calls).toBe(1);
  });

  it.each([
    ['MessageRejected', 'Email address is not verified. The following identities failed: x'],
    ['MessageRejected', 'Sending paused for this account.'],
    ['AccountSuspendedException', 'The account is suspended.'],
    ['SendingPausedException', 'Sending is paused.'],
    ['MailFromDomainNotVerifiedException', 'The domain of the sender is not verified.'],
    ['NotFoundException', 'Configuration set <x> does not exist.'],
    ['LimitExceededException', 'Too many.'],
    ['BadRequestException', 'Email address is not verified.'],
    ['BadRequestException', 'The request is malformed.'],
  ])(
    'fails, so that the mail is tried again, if the account is at fault: %s, %s',
    async (...how) => {
      const [name, message] = how;
      refusal = { name, message };
      await expect(send('ann@example.com', MAIL)).rejects.toThrow(
        new Error(`SES has not taken the mail: ${name}`),
      );
    },
  );

  it.each([
    'ann@localhost',
    'ann@com',
    '=?utf-8?q?ann=40evil.example=3e?=@example.com',
    '=?utf-8?b?YW5u@example.com',
    'ann?=@example.com',
    'ann%evil.example@example.com',
    'evil.example!ann@example.com',
  ])('sends nothing to an address that bounces or is routed elsewhere: %s', async (address) => {
    const log = await logOf(() => send(address, MAIL));
    expect(log).toMatchObject([{ level: 'WARN', message: expect.stringContaining('not sent') }]);
    expect(JSON.stringify(log)).not.toContain(address);
    expect(calls).toBe(0);
  });

  it.each(["o'neil+tag=x&y@mail.example.co.uk", 'what?@xn--bcher-kva.example', 'a@b.c'])(
    'sends to any other address: %s',
    async (address) => {
      expect(await logOf(() => send(address, MAIL))).toEqual([]);
      expect(calls).toBe(1);
    },
  );

  it('names no configuration set unless its mails are watched', async () => {
    await send('ann@example.com', MAIL);
    expect(asked).not.toHaveProperty('ConfigurationSetName');
  });

  it('names the configuration set of watched mails, and sends none to a marked address', async () => {
    const isMarked = (address: string) => Promise.resolve(address === 'bounced@example.com');
    const watched = createSender('sender@example.com', { configurationSet: 'a-stage', isMarked });
    await watched('ann@example.com', MAIL);
    expect(asked).toMatchObject({ ConfigurationSetName: 'a-stage' });
    const log = await logOf(() => watched('bounced@example.com', MAIL));
    expect(log).toMatchObject([{ level: 'WARN', message: expect.stringContaining('not sent') }]);
    expect(JSON.stringify(log)).not.toContain('bounced@');
    expect(calls).toBe(1);
  });
});
