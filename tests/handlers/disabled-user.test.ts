/** What the endpoints make of a user whom an operator has disabled. */
import { describe, expect, it } from 'vitest';
import {
  answer,
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

/** Registers someone, logs in and then disables them. */
async function disabled() {
  const user = await register();
  const session = await logIn(user);
  const id = await idOf(user);
  await operators.disable(id);
  return { ...user, id, session };
}

describe('a user who is disabled', () => {
  it.each(ENCODINGS)('is refused at login, and told so for the right password: %s', async (how) => {
    const { email, password } = await disabled();
    const right = await request('POST /sessions', encode(how, { email, password }));
    expect(right).toStrictEqual(answer(403, { message: 'This account is disabled' }));
    const wrong = await request('POST /sessions', encode(how, { email, password: 'no' }));
    expectRefusal(wrong, 401);
    const unknown = encode(how, { email: newEmail(), password });
    expect(await request('POST /sessions', unknown)).toStrictEqual(wrong);
  });

  it.each<Route>([
    'GET /profile',
    'GET /sessions',
    'DELETE /sessions',
    'DELETE /sessions/others',
    'DELETE /sessions/all',
    'DELETE /profile',
    'PUT /password',
  ])('has no session: %s', async (route) => {
    const { session, password } = await disabled();
    const form = { password, new_password: 'new' };
    const without = await request(route, { form, cookies: ['session_id=none'] });
    expect(await request(route, { form, cookies: [`session_id=${session}`] })).toStrictEqual(
      without,
    );
    expectRefusal(without, 403);
  });

  it('may ask for a reset like anybody, and gets nothing by it', async () => {
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

  it('may ask for the verification of the email like anybody, and gets nothing by it', async () => {
    const user = await disabled();
    const token = await askForVerification(user);
    expectRefusal(await redeemEmailToken(token), 403);
    await operators.enable(user.id);
    // Nor later.
    expectRefusal(await redeemEmailToken(token), 403);
  });

  it('keeps the email from being registered by others', async () => {
    const { email } = await disabled();
    expectRefusal(await request('POST /users', { form: { email, password: 'other' } }), 400);
  });

  it('logs in again once enabled, with a new session', async () => {
    const user = await disabled();
    await operators.enable(user.id);
    expect(await isLive(user.session)).toBe(false);
    expect(await isLive(await logIn(user))).toBe(true);
  });

  it('is in the log with each login that is refused', async () => {
    const { id, email, password } = await disabled();
    const log = await logOf(() => request('POST /sessions', { form: { email, password } }));
    const reason = 'This account is disabled';
    expect(log).toMatchObject([{ event: 'authn_login_fail', user_id: id, reason }]);
  });
});

describe('what is on record of a user', () => {
  it('is in no list of sessions, and leaves them as they are', async () => {
    const user = await register();
    const session = await logIn(user);
    const before = await withSession('GET /sessions', session);
    const id = await idOf(user);
    await operators.show(id);
    await operators.enable(id);
    expect(await withSession('GET /sessions', session)).toStrictEqual(before);
  });
});
