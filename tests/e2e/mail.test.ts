/** Tokens by mail through the emulator. */
import { beforeAll, expect, it, vi } from 'vitest';
import { createClient, type Client } from '../../lib/client/client.ts';
import { mailsTo, type SentMail } from '../support/mail.ts';
import { freshEmail, sharedEmulator, type SharedEmulator } from '../support/shared.ts';

const ANN = { email: freshEmail('ann'), password: 'a password' };

let emulator: SharedEmulator;
let client: Client;
let mailbox: string;

beforeAll(async () => {
  emulator = await sharedEmulator('email');
  client = createClient({ url: emulator.url });
  mailbox = /^Mailbox: (http:.*)$/m.exec(emulator.output)?.[1] ?? expect.fail('no page');
});

/** Waits for that many mails. They come after the answer. */
function mails(count: number, email = ANN.email): Promise<SentMail[]> {
  return vi.waitFor(
    async () => {
      const sent = await mailsTo(mailbox, email);
      expect(sent).toHaveLength(count);
      return sent;
    },
    { timeout: 120_000, interval: 50 },
  );
}

/** Returns the link in a mail to a page of the emulator itself. */
function linkTo(page: string, mail: SentMail | undefined): URL {
  const links = String(mail?.body.text).match(/\bhttps?:\S+/g) ?? [];
  expect(links).toEqual([expect.stringContaining(`${emulator.url}/account/${page}#`)]);
  return new URL(String(links[0]));
}

it('the service mails a token that sets a new password, and then a notice', async () => {
  expect((await client.registerUser(ANN)).ok).toBe(true);
  for (const email of [ANN.email.toUpperCase(), freshEmail('nobody')]) {
    expect(await client.requestPasswordReset({ email })).toEqual({
      ok: true,
      email,
      message: expect.stringContaining('mail is on its way'),
    });
  }
  const [mail] = await mails(1);
  const link = linkTo('reset', mail);
  const fields = new URLSearchParams(link.hash.slice(1));
  const { email, reset_token = '', ...others } = Object.fromEntries(fields);
  expect({ email, others }).toEqual({ email: ANN.email, others: {} });

  const redemption = { email: ANN.email, reset_token, new_password: 'a new one' };
  expect((await client.updatePassword(redemption)).ok).toBe(true);
  const [, notice] = await mails(2);
  expect(notice?.subject).toBe('Your password has been changed');
  const login = { ...ANN, password: 'a new one' };
  expect((await client.login(login)).ok).toBe(true);
  expect((await (await fetch(mailbox)).text()).toLowerCase()).toContain('<html');
});

it('the service mails a token that verifies the address, and one that changes it', async () => {
  const tokenIn = (mail: SentMail | undefined) => {
    return new URLSearchParams(linkTo('verify', mail).hash.slice(1)).get('token') ?? '';
  };
  const bea = { email: freshEmail('bea'), password: 'a password' };
  const { password } = bea;
  expect((await client.registerUser(bea)).ok).toBe(true);
  expect((await client.login(bea)).ok).toBe(true);
  expect((await client.requestEmailVerification({ email: bea.email })).ok).toBe(true);
  const [verification] = await mails(1, bea.email);
  const token = tokenIn(verification);
  expect(await client.verifyEmail({ token })).toMatchObject({ ok: true, email: bea.email });

  const email = freshEmail('anna');
  const asked = await client.changeEmail({ password, email });
  expect(asked).not.toHaveProperty('token');
  expect(asked.ok).toBe(true);
  // The notice.
  await mails(2, bea.email);
  const [mail] = await mails(1, email);
  expect(await client.verifyEmail({ token: tokenIn(mail) })).toMatchObject({ ok: true, email });
  expect((await client.login({ email, password })).ok).toBe(true);
});

it('the stage local, as it is, mails a token to who asks for mail, and a notice', async () => {
  const local = await sharedEmulator('response');
  mailbox = /^Mailbox: (http:.*)$/m.exec(local.output)?.[1] ?? expect.fail('no page');
  const cat = { email: freshEmail('cat'), password: 'a password' };
  const client = createClient({ url: local.url });
  expect((await client.registerUser(cat)).ok).toBe(true);
  const { email } = cat;
  expect(await client.requestPasswordReset({ email })).toMatchObject({
    reset_token: expect.any(String),
  });
  const asked = await client.requestPasswordReset({ email, delivery: 'email' });
  expect(asked).toEqual({ ok: true, email, message: expect.stringContaining('on its way') });
  const [mail] = await mails(1, email);
  const text = String(mail?.body.text);
  const reset_token = /reset_token=(\S+)/.exec(text)?.[1] ?? expect.fail('no token');
  expect(text).toContain(`${local.url}/account/reset#`);
  const new_password = 'a new one';
  expect((await client.updatePassword({ email, reset_token, new_password })).ok).toBe(true);
  await mails(2, email);
});

it('the emulator survives a mail that cannot be sent, and reports it', async () => {
  const other = await sharedEmulator('mute');
  expect(other.output).toContain('Mailbox: http://127.0.0.1:9\n');
  const ben = createClient({ url: other.url });
  const email = freshEmail('ben');
  await ben.registerUser({ email, password: 'a password' });
  const ask = () => ben.requestPasswordReset({ email });
  expect((await ask()).ok).toBe(true);
  await vi.waitFor(
    async () => {
      const { output, stderr } = await sharedEmulator('mute');
      expect(stderr).toContain('is not tried again');
      expect(output).toContain('SES has not taken the mail');
    },
    { timeout: 120_000 },
  );
  expect((await ask()).ok).toBe(true);
});
