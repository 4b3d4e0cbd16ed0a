import { describe, expect, it } from 'vitest';
import {
  answer,
  canLogIn,
  encode,
  ENCODINGS,
  expectRefusal,
  logIn,
  register,
  request,
  send,
  withSession,
} from '../support/client.ts';
import { emulated, event } from '../support/events.ts';
import { newEmail, scanTable } from '../support/library.ts';
import { clientWith } from '../support/settings.ts';

describe('POST /users', () => {
  describe.each(ENCODINGS)('with a body sent as %s', (encoding) => {
    it('creates a user who can log in, but starts no session', async () => {
      const user = { email: newEmail(), password: 'pwd' };
      expect(await request('POST /users', encode(encoding, user))).toStrictEqual(
        answer(200, { email: user.email, message: 'user created' }),
      );
      expect(await canLogIn(user)).toBe(true);
    });

    it('echoes the email as sent, and stores the normalised address', async () => {
      const email = newEmail();
      const sent = `  ${email.toUpperCase()} `;
      expect(
        await request('POST /users', encode(encoding, { email: sent, password: 'pwd' })),
      ).toStrictEqual(answer(200, { email: sent, message: 'user created' }));
      const session_id = await logIn({ email, password: 'pwd' });
      expect((await withSession('GET /profile', session_id)).body).toStrictEqual({ email });
    });

    it('refuses an email that is taken, in any spelling, and does not change its user', async () => {
      const user = await register();
      for (const email of [user.email, user.email.toUpperCase(), ` ${user.email}`]) {
        expect(
          await request('POST /users', encode(encoding, { email, password: 'another' })),
        ).toStrictEqual(answer(400, { message: 'email already registered' }));
      }
      expect(await canLogIn(user)).toBe(true);
      expect(await canLogIn({ ...user, password: 'another' })).toBe(false);
    });

    it.each([
      ['of one character', 'x'],
      ['of 72 bytes', 'x'.repeat(72)],
      ['of 72 bytes that are 18 characters', '🔑'.repeat(18)],
      ['with the signs of a form', 'a+b=c&d%20e;f#g?h'],
      ['with the signs of JSON', '"}\\u0041{'],
      ['with control characters', '\u0001\t\r\n\u001f\u007f'],
    ])('accepts a password %s', async (_, password) => {
      const user = { email: newEmail(), password };
      expect((await request('POST /users', encode(encoding, user))).status).toBe(200);
      expect(await canLogIn(user)).toBe(true);
    });

    // OWASP ASVS 5.0, 6.2.8.
    it.each([
      ['it is not trimmed', ' pwd ', 'pwd'],
      ['it is not changed to lower case', 'PWD', 'pwd'],
      ['it is not normalised', 'e\u0301', '\u00e9'],
      ['it is not cut short', 'x'.repeat(72), 'x'.repeat(71)],
    ])('uses the password as sent: %s', async (_, password, similar) => {
      const user = { email: newEmail(), password };
      expect((await request('POST /users', encode(encoding, user))).status).toBe(200);
      expect(await canLogIn({ ...user, password: similar })).toBe(false);
      expect(await canLogIn(user)).toBe(true);
    });
  });

  it('accepts both spellings of an address with an international domain', async () => {
    const user = await register({ email: 'ann@BÜCHER.example' });
    const session_id = await logIn({ ...user, email: 'ann@xn--bcher-kva.example' });
    expect((await withSession('GET /profile', session_id)).body).toStrictEqual({
      email: 'ann@xn--bcher-kva.example',
    });
  });

  it('distinguishes addresses that differ in dots and tags', async () => {
    await register({ email: 'jo.doe@example.com', password: 'one' });
    await register({ email: 'jodoe@example.com', password: 'two' });
    await register({ email: 'jodoe+tag@example.com', password: 'three' });
    expect(await canLogIn({ email: 'jo.doe@example.com', password: 'two' })).toBe(false);
    expect(await canLogIn({ email: 'jodoe+tag@example.com', password: 'three' })).toBe(true);
  });

  it('stores the email, a hash and its own attributes, and ignores other fields', async () => {
    const before = await scanTable();
    const email = newEmail();
    const json = {
      email,
      password: 'correct horse',
      id: '00000000-0000-4000-8000-000000000000',
      item: 'session#x',
      hashed_password: 'x',
      session_id: 'x',
      reset_token: 'x',
      session_epoch: 7,
      is_admin: true,
    };
    expect(await request('POST /users', { json })).toStrictEqual(
      answer(200, { email, message: 'user created' }),
    );
    const had = new Set(before.map(({ id }) => id));
    const written = (await scanTable()).filter(({ id }) => !had.has(id));
    expect(written).toHaveLength(2);
    const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
    const id = written.find(({ item }) => item === 'user')?.['id'];
    expect(id).not.toBe(json.id);
    expect(written).toContainEqual({
      id: expect.stringMatching(uuid),
      item: 'user',
      email,
      hashed_password: expect.stringMatching(/^\$2b\$04\$.{53}$/),
      session_epoch: 0,
      created_at: expect.any(Number),
      updated_at: expect.any(Number),
    });
    expect(written).toContainEqual({ id: `email#${email}`, item: 'marker', user_id: id });
  });

  it('requires the configured minimum length in characters, not in bytes', async () => {
    const { request: requestStrict } = await clientWith({ PASSWORD_MIN_LENGTH: '8' });
    const email = newEmail();
    const tooShort = { email, password: '🔑'.repeat(7) };
    expectRefusal(await requestStrict('POST /users', { form: tooShort }), 400, /^password /);
    const longEnough = { email, password: '🔑'.repeat(8) };
    expect((await requestStrict('POST /users', { form: longEnough })).status).toBe(200);
  });

  it('refuses common passwords and those derived from the email, if that is configured', async () => {
    const client = await clientWith({ REFUSE_COMMON_PASSWORDS: 'true' });
    const email = newEmail();
    for (const [password, says] of [
      ['Trustno1', /^password is one of the most common passwords$/],
      [email, /^password is easy to guess /],
    ] as const) {
      expectRefusal(await client.request('POST /users', { form: { email, password } }), 400, says);
    }
    const own = { email, password: 'trustno12' };
    expect((await client.request('POST /users', { form: own })).status).toBe(200);
    // An earlier password remains valid.
    const user = await register({ password: 'trustno1' });
    expect(await client.canLogIn(user)).toBe(true);
  });

  it('accepts any password of 3 to 5 characters in the stage local', async () => {
    for (const password of ['pwd', '1234', 'admin', '  x', 'a b', 'ＰＷＤ']) {
      const user = await register({ password });
      expect(await canLogIn(user)).toBe(true);
      expect(await canLogIn({ ...user, password: password.normalize('NFKC').trim() })).toBe(
        password === password.normalize('NFKC').trim(),
      );
    }
  });

  it('creates a user under the emulator', async () => {
    const user = { email: newEmail(), password: 'pwd' };
    expect(await send(emulated(event('POST /users', { form: user }), null))).toStrictEqual(
      answer(200, { email: user.email, message: 'user created' }),
    );
    expect(await canLogIn(user)).toBe(true);
  });
});
