/** How the endpoints treat a user whom an operator has disabled. */
import { describe, expect, it } from 'vitest';
import {
  answer,
  refusal,
  askForToken,
  askForVerification,
  canLogIn,
  encode,
  ENCODINGS,
  expectRefusal,
  isLive,
  logIn,
  redeemEmailToken,
  register,
  request,
  withSession,
  type Credentials,
  type Route,
} from '../support/client.ts';
import { createLibrary, createOperators, newEmail } from '../support/library.ts';
import { logOf } from '../support/log.ts';

const { db } = createLibrary();
const { operators } = createOperators();

const idOf = async ({ email }: Credentials): Promise<string> => (await db.findUserBy({ email })).id;

/** Registers a user, logs in and disables the user. */
async function disabled() {
  const user = await register();
  const session = await logIn(user);
  const id = await idOf(user);
  await operators.disable(id);
  return { ...user, id, session };
}

describe('a disabled user', () => {
  it.each(ENCODINGS)(
    'cannot log in, and learns the reason only with the right password: %s',
    async (how) => {
      const { email, password } = await disabled();
      const right = await request('POST /sessions', encode(how, { email, password }));
      expect(right).toStrictEqual(refusal(403, 'This account is disabled', 'account_disabled'));
      const wrong = await request('POST /sessions', encode(how, { email, password: 'no' }));
      expectRefusal(wrong, 401);
      const unknown = encode(how, { email: newEmail(), password });
      expect(await request('POST /sessions', unknown)).toStrictEqual(wrong);
    },
  );

  it.each<Route>([
    'GET /profile',
    'GET /sessions',
    'DELETE /sessions',
    'DELETE /sessions/others',
    'DELETE /sessions/all',
    'DELETE /profile',
    'PUT /password',
  ])('has no valid session for %s', async (route) => {
    const { session, password } = await disabled();
    const form = { password, new_password: 'new' };
    const without = await request(route, { form, cookies: ['session_id=none'] });
    expect(await request(route, { form, cookies: [`session_id=${session}`] })).toStrictEqual(
      without,
    );
    expectRefusal(without, 403);
  });

  it('may request a reset as usual, but cannot redeem the token', async () => {
    const user = await disabled();
    const form = { email: user.email, new_password: 'new', reset_token: await askForToken(user) };
    const refused = await request('PUT /reset_password', { form });
    const none = { ...form, reset_token: 'none' };
    expect(refused).toStrictEqual(await request('PUT /reset_password', { form: none }));
    expectRefusal(refused, 403);
    expectRefusal(await request('POST /sessions', { form: { ...user } }), 403, /disabled/);
    await operators.enable(user.id);
    expect(await canLogIn(user)).toBe(true);
  });

  it('is not made to wait by the right password', async () => {
    const user = await disabled();
    for (let i = 0; i < 7; i++) {
      expectRefusal(await request('POST /sessions', { form: { ...user } }), 403, /disabled/);
    }
  });

  it('may request a verification as usual, but cannot redeem the token', async () => {
    const user = await disabled();
    const token = await askForVerification(user);
    expectRefusal(await redeemEmailToken(token), 403);
    await operators.enable(user.id);
    // The token stays invalid.
    expectRefusal(await redeemEmailToken(token), 403);
  });

  it('keeps the email, which nobody else can register', async () => {
    const { email } = await disabled();
    expect(await request('POST /users', { form: { email, password: 'other' } })).toStrictEqual(
      answer(400, { message: 'email already registered' }),
    );
  });

  it('can log in again once enabled, and the old session stays invalid', async () => {
    const user = await disabled();
    await operators.enable(user.id);
    expect(await isLive(user.session)).toBe(false);
    expect(await isLive(await logIn(user))).toBe(true);
  });

  it('appears in the log with each refused login', async () => {
    const { id, email, password } = await disabled();
    const log = await logOf(() => request('POST /sessions', { form: { email, password } }));
    const reason = 'This account is disabled';
    expect(log).toMatchObject([{ event: 'authn_login_fail', user_id: id, reason }]);
  });
});

describe('the record of what operators did', () => {
  it('does not change the list of sessions', async () => {
    const user = await register();
    const session = await logIn(user);
    const before = await withSession('GET /sessions', session);
    const id = await idOf(user);
    await operators.show(id);
    await operators.enable(id);
    expect(await withSession('GET /sessions', session)).toStrictEqual(before);
  });
});
