import { describe, expect, it } from 'vitest';
import {
  answer,
  askForEmailChange,
  askForVerification,
  refusal,
  canLogIn,
  encode,
  ENCODINGS,
  expectRefusal,
  isLive,
  logIn,
  redeemEmailToken,
  register,
  request,
  type Credentials,
} from '../support/client.ts';
import { advance, stopClock } from '../support/clock.ts';
import { newEmail, scanTable } from '../support/library.ts';

const MESSAGE = 'The email changes once the new address has confirmed it';
const TOKEN = /^[0-9a-f-]{36}\.[\w-]{43}$/;

const change = (session_id: string, form: Record<string, string>) =>
  request('PUT /email', { form, cookies: [`session_id=${session_id}`] });

/** Returns the items that a change of email may change. */
const accountOf = async ({ email }: Credentials) =>
  (await scanTable())
    .filter((item) => item['email'] === email || item['id'] === `email#${email}`)
    .map((item) => ({ ...item, email_change: undefined }));

describe('PUT /email', () => {
  it.each(ENCODINGS)(
    'returns a token for the new address, and keeps the old one until the token is redeemed: %s',
    async (encoding) => {
      const user = await register();
      const session = await logIn(user);
      const before = await accountOf(user);
      const email = ` ${newEmail().toUpperCase()}`;
      const received = await request('PUT /email', {
        ...encode(encoding, { password: user.password, email }),
        cookies: [`session_id=${session}`],
      });
      expect(received).toStrictEqual(
        answer(200, { email, message: MESSAGE, token: expect.stringMatching(TOKEN) }),
      );
      expect(await accountOf(user)).toEqual(before);
      expect(await isLive(session)).toBe(true);
      expect(await canLogIn(user)).toBe(true);
      expect(await canLogIn({ ...user, email })).toBe(false);
    },
  );

  it('refuses an address that is taken and the current address of the user', async () => {
    const [user, other] = [await register(), await register()];
    const session = await logIn(user);
    const { password } = user;
    for (const email of [other.email, other.email.toUpperCase()]) {
      expect(await change(session, { password, email })).toStrictEqual(
        refusal(400, 'email already registered', 'email_taken'),
      );
    }
    const own = { password, email: user.email.toUpperCase() };
    expectRefusal(await change(session, own), 400, /^email /);
  });

  it('refuses a wrong password without revealing anything about the address', async () => {
    const [user, other] = [await register(), await register()];
    const session = await logIn(user);
    for (const email of [newEmail(), other.email, user.email]) {
      expectRefusal(await change(session, { password: 'no', email }), 403, /password/);
    }
    const [id] = session.split('.');
    const [item] = (await scanTable()).filter((each) => each['id'] === id);
    expect(item).not.toHaveProperty('email_change');
  });

  it('calls off the pending change if the address is the own one', async () => {
    const user = await register();
    const session = await logIn(user);
    const { password } = user;
    const email = newEmail();
    const token = await askForEmailChange(session, password, email);
    const own = { password, email: ` ${user.email.toUpperCase()}` };
    expectRefusal(await change(session, { ...own, password: 'no' }), 403);
    expect(await change(session, own)).toStrictEqual(
      answer(200, { email: own.email, message: 'The email stays the same' }),
    );
    expectRefusal(await redeemEmailToken(token), 403);
    expect(await isLive(session)).toBe(true);
    expectRefusal(await change(session, own), 400, /^email /);
    expect(JSON.stringify(await scanTable())).not.toContain(email);
  });

  it('leaves no address in the table after the account is deleted', async () => {
    const user = await register();
    const session = await logIn(user);
    const email = newEmail();
    await askForVerification(user);
    await askForEmailChange(session, user.password, email);
    const parts = { form: { password: user.password }, cookies: [`session_id=${session}`] };
    expect((await request('DELETE /profile', parts)).status).toBe(200);
    const left = JSON.stringify(await scanTable());
    for (const address of [user.email, email]) expect(left).not.toContain(address);
  });

  it.each(['password', 'email'])('refuses a missing or invalid %s', async (name) => {
    const user = await register();
    const session = await logIn(user);
    const fields = { password: user.password, email: newEmail() };
    const others = Object.fromEntries(Object.entries(fields).filter(([each]) => each !== name));
    const says = new RegExp(`^${name} `);
    for (const form of [others, { ...fields, [name]: 'x'.repeat(73) }, { ...fields, [name]: '' }]) {
      expectRefusal(await change(session, form), 400, says);
    }
    expect((await change(session, fields)).status).toBe(200);
  });

  it('refuses a request without a valid session', async () => {
    const { password } = await register();
    expectRefusal(await change('none', { password, email: newEmail() }), 403);
    expectRefusal(await request('PUT /email', { form: { password, email: newEmail() } }), 403);
  });

  describe('after many requests', () => {
    stopClock();

    it('makes the user wait after wrong passwords, but not before a login', async () => {
      const user = await register();
      const session = await logIn(user);
      const wrong = { password: 'no', email: newEmail() };
      for (let i = 0; i < 5; i++) expect((await change(session, wrong)).status).toBe(403);
      const { status, headers } = await change(session, { ...wrong, password: user.password });
      expect([status, headers?.['retry-after']]).toEqual([429, '1']);
      expect(await canLogIn(user)).toBe(true);
    });

    it('takes no notice of logins, which strangers can make fail', async () => {
      const user = await register();
      const session = await logIn(user);
      for (let i = 0; i < 6; i++) {
        await request('POST /sessions', { form: { ...user, password: 'no' } });
      }
      const form = { password: user.password, email: newEmail() };
      expect((await change(session, form)).status).toBe(200);
    });

    it('counts wrong passwords anew after the right one', async () => {
      const user = await register();
      const session = await logIn(user);
      const right = { password: user.password, email: newEmail() };
      const wrong = { ...right, password: 'no' };
      for (let i = 0; i < 4; i++) expect((await change(session, wrong)).status).toBe(403);
      expect((await change(session, right)).status).toBe(200);
      for (let i = 0; i < 5; i++) expect((await change(session, wrong)).status).toBe(403);
    });

    it('makes the user wait before the next mail to a new address, but not before a login', async () => {
      const user = await register();
      const session = await logIn(user);
      const ask = () => change(session, { password: user.password, email: newEmail() });
      for (let i = 0; i < 5; i++) expect((await ask()).status).toBe(200);
      const { status, headers } = await ask();
      expect([status, headers?.['retry-after']]).toEqual([429, '1']);
      expect(await canLogIn(user)).toBe(true);
      advance(1);
      expect((await ask()).status).toBe(200);
    });
  });
});
