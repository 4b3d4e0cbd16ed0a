/** The delivery `email` through the emulator, as the README has it: with no further setting. */
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { startEmulator, type Emulator } from '../support/emulator.ts';
import { mailsTo, type SentMail } from '../support/mail.ts';

const ANN = { email: 'ann@example.com', password: 'a password' };

let emulator: Emulator;
let mailbox: string;

beforeAll(async () => {
  emulator = await startEmulator({ args: ['--param=resetTokenDelivery=email'] });
  mailbox = /^Mailbox: (http:.*)\nReady: /m.exec(emulator.output())?.[1] ?? expect.fail('no page');
});

afterAll(() => emulator.stop());

async function send(method: string, path: string, fields: Record<string, string>) {
  const body = new URLSearchParams(fields);
  const response = await fetch(new URL(path, emulator.url), { method, body });
  return { status: response.status, body: await response.json() };
}

/** Waits for that many: they come after the answer. */
function mails(count: number): Promise<SentMail[]> {
  return vi.waitFor(
    async () => {
      const sent = await mailsTo(mailbox, ANN.email);
      expect(sent).toHaveLength(count);
      return sent;
    },
    { timeout: 20_000, interval: 50 },
  );
}

it('mails a token that sets a new password, and then a notice of that', async () => {
  expect((await send('POST', '/users', ANN)).status).toBe(200);
  for (const email of ['Ann@Example.com', 'nobody@example.com']) {
    expect(await send('POST', '/reset_password', { email })).toEqual({
      status: 200,
      body: { email, message: expect.stringContaining('mail is on its way') },
    });
  }
  const [mail] = await mails(1);
  const link = /http:\/\/localhost:5173\/reset-password#\S+/.exec(String(mail?.body.text));
  const fields = Object.fromEntries(new URLSearchParams(new URL(String(link)).hash.slice(1)));
  expect(fields).toEqual({ email: ANN.email, reset_token: expect.any(String) });

  const redeemed = await send('PUT', '/reset_password', { ...fields, new_password: 'a new one' });
  expect(redeemed.status).toBe(200);
  const [, notice] = await mails(2);
  expect(notice?.subject).toBe('Your password has been changed');
  const login = { ...ANN, password: 'a new one' };
  expect((await send('POST', '/sessions', login)).status).toBe(200);
  expect((await (await fetch(mailbox)).text()).toLowerCase()).toContain('<html');
});

it('outlives a mail that cannot be sent, and says so', async () => {
  // A port on which nothing listens.
  const AWS_ENDPOINT_URL_SESV2 = 'http://127.0.0.1:9';
  const env = { ...emulator.dynamodbEnv, AWS_ENDPOINT_URL_SESV2 };
  const other = await startEmulator({ args: ['--param=resetTokenDelivery=email'], env });
  try {
    expect(other.output()).toContain(`Mailbox: ${AWS_ENDPOINT_URL_SESV2}\n`);
    const ben = new URLSearchParams({ email: 'ben@example.com', password: 'a password' });
    await fetch(new URL('/users', other.url), { method: 'POST', body: ben });
    const ask = () => fetch(new URL('/reset_password', other.url), { method: 'POST', body: ben });
    expect((await ask()).status).toBe(200);
    await vi.waitFor(() => expect(other.stderr()).toContain('is not tried again'), {
      timeout: 20_000,
    });
    expect(other.stderr()).toContain('SES has not taken the mail');
    expect((await ask()).status).toBe(200);
  } finally {
    expect(await other.stop()).toMatchObject({ status: 0 });
  }
});
