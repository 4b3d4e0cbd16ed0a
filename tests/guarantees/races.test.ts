/**
 * Simultaneous requests. A proxy makes them meet: it holds their calls to DynamoDB until all have
 * arrived, or until the call that has to come first is answered.
 */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterEach, describe, expect, inject, it } from 'vitest';
import { hashPassword, verifyPassword } from '../../lib/passwords/hash.ts';
import * as direct from '../support/client.ts';
import { createLibrary, newEmail, scanTable } from '../support/library.ts';
import { gate, hold, nameOf, startProxy, type Interceptor, type Proxy } from '../support/proxy.ts';
import { clientWith } from '../support/settings.ts';
import { endOtherSessions } from '../../lib/sessions/manage.ts';
import { isEmailTaken } from '../../lib/users/find.ts';

const MANY = 50;

const proxies: Proxy[] = [];

afterEach(async () => {
  await Promise.all(proxies.splice(0).map((proxy) => proxy.stop()));
});

/** Creates a client whose calls to DynamoDB pass through the interceptor. */
async function meeting(intercept: Interceptor): Promise<typeof direct> {
  const proxy = await startProxy(inject('dynamodb'), intercept);
  proxies.push(proxy);
  return clientWith({ AWS_ENDPOINT_URL_DYNAMODB: proxy.url });
}

/** Makes an interceptor that runs `happen` before the first call of that name (see nameOf). */
function before(name: string, happen: () => Promise<unknown>): Interceptor {
  let happened: Promise<unknown> | undefined;
  return async (call, forward) => {
    if (nameOf(call) === name) await (happened ??= happen());
    return forward();
  };
}

const count = <T>(values: T[], value: T): number => values.filter((each) => each === value).length;

describe('simultaneous registrations of one email', () => {
  it('create one account out of fifty, in any spelling', async () => {
    // All requests find the address free before any of them writes.
    const { request } = await meeting(gate('GetItem marker', MANY));
    const email = newEmail();
    const spellings = [email, email.toUpperCase(), ` ${email}`, `${email.slice(0, -3)}COM`];
    const answers = await Promise.all(
      Array.from({ length: MANY }, (_, i) =>
        request('POST /users', {
          json: { email: spellings[i % spellings.length], password: `pwd${String(i)}` },
        }),
      ),
    );
    const statuses = answers.map(({ status }) => status);
    expect(count(statuses, 200)).toBe(1);
    expect(count(statuses, 400)).toBe(MANY - 1);
    const refusals = answers.filter(({ status }) => status === 400);
    for (const { body } of refusals) expect(body).toEqual({ message: 'email already registered' });

    const items = await scanTable();
    const users = items.filter((item) => item['email'] === email);
    expect(users).toHaveLength(1);
    expect(items.filter(({ id }) => id === `email#${email}`)).toEqual([
      { id: `email#${email}`, item: 'marker', user_id: users[0]?.['id'] },
    ]);
    const winner = statuses.indexOf(200);
    expect(await direct.canLogIn({ email, password: `pwd${String(winner)}` })).toBe(true);
    expect(await direct.canLogIn({ email, password: `pwd${String((winner + 1) % MANY)}` })).toBe(
      false,
    );
  });
});

describe('simultaneous redemptions of one reset token', () => {
  it('succeed once out of fifty, and set only that password', async () => {
    const user = await direct.register();
    const reset_token = await direct.askForToken(user);
    // All requests find the token valid before any of them writes.
    const { request } = await meeting(gate('GetItem user', MANY));
    const passwords = Array.from({ length: MANY }, (_, i) => `new${String(i)}`);
    const answers = await Promise.all(
      passwords.map((new_password) =>
        request('PUT /reset_password', { form: { email: user.email, reset_token, new_password } }),
      ),
    );
    const statuses = answers.map(({ status }) => status);
    expect(count(statuses, 200)).toBe(1);
    expect(count(statuses, 403)).toBe(MANY - 1);
    const { hashed_password } = await library.db.findUserBy({ email: user.email });
    const isSet = await Promise.all(
      [user.password, ...passwords].map((each) => verifyPassword(each, hashed_password, 4)),
    );
    expect(isSet).toEqual([false, ...statuses.map((status) => status === 200)]);
  });
});

describe('a reset during a login', () => {
  it('invalidates the session of a login that has already verified the old password', async () => {
    const user = await direct.register();
    const reset_token = await direct.askForToken(user);
    // The login verifies the old password. Its session is written after the reset.
    const { logIn, request } = await meeting(hold('PutItem session', 'UpdateItem user'));
    const login = logIn(user);
    const reset = await request('PUT /reset_password', {
      form: { email: user.email, reset_token, new_password: 'new' },
    });
    expect(reset.status).toBe(200);
    expect(await direct.isLive(await login)).toBe(false);
  });

  it('invalidates every session of the old password, whatever the order', async () => {
    const user = await direct.register();
    const reset_token = await direct.askForToken(user);
    const logins = Array.from({ length: 5 }, () =>
      direct.request('POST /sessions', { form: { ...user } }),
    );
    const reset = await direct.request('PUT /reset_password', {
      form: { email: user.email, reset_token, new_password: 'new' },
    });
    expect(reset.status).toBe(200);
    const cookies = (await Promise.all(logins)).flatMap((answer) => answer.cookies ?? []);
    for (const cookie of cookies) {
      const session_id = /^session_id=([^;]+)/.exec(cookie)?.[1] ?? '';
      expect(await direct.isLive(session_id)).toBe(false);
    }
    expect(await direct.isLive(await direct.logIn({ ...user, password: 'new' }))).toBe(true);
  });
});

describe('a logout during a login', () => {
  it.each([
    ['PutItem session', 'DeleteItem session'],
    ['DeleteItem session', 'PutItem session'],
  ])('ends only its own session: %s after %s', async (held, first) => {
    const user = await direct.register();
    const old = await direct.logIn(user);
    const { logIn, withSession } = await meeting(hold(held, first));
    const [fresh, logout] = await Promise.all([logIn(user), withSession('DELETE /sessions', old)]);
    expect(logout.status).toBe(302);
    expect(await direct.isLive(old)).toBe(false);
    expect(await direct.isLive(fresh)).toBe(true);
  });

  it('gets the same answer as other simultaneous logouts of the session', async () => {
    const session = await direct.logIn(await direct.register());
    const { withSession } = await meeting(gate('DeleteItem session', 10));
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => withSession('DELETE /sessions', session)),
    );
    // Each request finds the session valid, and the session ends.
    expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(302));
    expect(await direct.isLive(session)).toBe(false);
  });
});

describe('a request for a reset token during a redemption', () => {
  /** Makes an interceptor that holds one of two UpdateItem calls until the other is answered. */
  function secondFirst(isFirst: (values: string) => boolean): Interceptor {
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    return async (call, forward) => {
      if (nameOf(call) !== 'UpdateItem user') return forward();
      const held = isFirst(JSON.stringify(call.input.ExpressionAttributeValues));
      if (held) await released;
      const answer = await forward();
      release();
      return answer;
    };
  }
  const isRedemption = (values: string): boolean => values.includes('$2b$');

  it.each([
    ['the redemption first', (values: string) => !isRedemption(values), 200],
    ['the new token first', isRedemption, 403],
  ])('creates a token that stays valid: %s', async (_, held, status) => {
    const user = await direct.register();
    const older = await direct.askForToken(user);
    const { askForToken, request } = await meeting(secondFirst(held));
    const [newer, redemption] = await Promise.all([
      askForToken(user),
      request('PUT /reset_password', {
        form: { email: user.email, reset_token: older, new_password: 'older' },
      }),
    ]);
    expect(redemption.status).toBe(status);
    expect(await direct.canLogIn({ ...user, password: 'older' })).toBe(status === 200);
    const fields = { email: user.email, reset_token: newer, new_password: 'newer' };
    expect((await direct.request('PUT /reset_password', { form: fields })).status).toBe(200);
  });
});

describe('simultaneous logins', () => {
  // Five is the limit of failures: until one login succeeds, all of them could be guesses.
  it('all create a valid session', async () => {
    const user = await direct.register();
    const { logIn } = await meeting(gate('PutItem session', 5));
    const sessions = await Promise.all(Array.from({ length: 5 }, () => logIn(user)));
    expect(new Set(sessions).size).toBe(5);
    for (const session of sessions) expect(await direct.isLive(session)).toBe(true);
  });
});

describe('the service', () => {
  const put = (client: typeof direct, session: string, password: string, new_password: string) =>
    client.request('PUT /password', {
      form: { password, new_password },
      cookies: [`session_id=${session}`],
    });
  const remove = (client: typeof direct, session: string, password: string) =>
    client.request('DELETE /profile', { form: { password }, cookies: [`session_id=${session}`] });
  const CHANGE = 'TransactWriteItems Update user + Put session';
  const DELETION = 'TransactWriteItems Delete user + Delete marker';
  const END = 'TransactWriteItems Update user';

  it('sets one of two simultaneous new passwords, and refuses the other', async () => {
    const user = await direct.register();
    const sessions = [await direct.logIn(user), await direct.logIn(user)];
    const client = await meeting(gate(CHANGE, 2));
    const answers = await Promise.all(
      sessions.map((session, i) => put(client, session, user.password, `new${String(i)}`)),
    );
    const statuses = answers.map(({ status }) => status);
    expect(statuses.toSorted()).toEqual([200, 403]);
    const { hashed_password } = await library.db.findUserBy({ email: user.email });
    const winner = `new${String(statuses.indexOf(200))}`;
    expect(await verifyPassword(winner, hashed_password, 4)).toBe(true);
  });

  it('invalidates the session of a login that verified the old password before the change', async () => {
    const user = await direct.register();
    const session = await direct.logIn(user);
    const client = await meeting(hold('PutItem session', CHANGE));
    const [late, changed] = await Promise.all([
      client.logIn(user),
      put(client, session, user.password, 'new'),
    ]);
    expect(changed.status).toBe(200);
    expect(await direct.isLive(late)).toBe(false);
  });

  it('changes a password even if a login upgrades its hash during the change', async () => {
    const user = await direct.register();
    const session = await direct.logIn(user);
    const proxy = await startProxy(inject('dynamodb'), hold(CHANGE, 'UpdateItem user'));
    proxies.push(proxy);
    const client = await clientWith({ AWS_ENDPOINT_URL_DYNAMODB: proxy.url });
    const dearer = await clientWith({ AWS_ENDPOINT_URL_DYNAMODB: proxy.url, BCRYPT_COST: '5' });
    const [changed] = await Promise.all([
      put(client, session, user.password, 'new'),
      dearer.logIn(user),
    ]);
    expect(changed.status).toBe(200);
    expect(await direct.canLogIn({ ...user, password: 'new' })).toBe(true);
  });

  it('sets no new password if all sessions end before the change', async () => {
    const user = await direct.register();
    const [one, other] = [await direct.logIn(user), await direct.logIn(user)];
    const client = await meeting(
      before(CHANGE, () => direct.withSession('DELETE /sessions/all', other)),
    );
    expect((await put(client, one, user.password, 'new')).status).toBe(403);
    expect(await direct.canLogIn(user)).toBe(true);
  });

  it('refuses the old password if the library replaces it during the change, even for a valid session', async () => {
    const user = await direct.register();
    const session_id = await direct.logIn(user);
    const { id } = await library.db.findUserBy({ email: user.email });
    const hashed_password = await hashPassword('other', 4);
    const client = await meeting(
      before(CHANGE, () => library.db.updateUser(id, { hashed_password, session_id })),
    );
    const { status, body } = await put(client, session_id, user.password, 'new');
    expect([status, body]).toEqual([
      403,
      { message: 'The password is wrong', code: 'wrong_password' },
    ]);
    expect(await library.auth.validLogin(user.email, 'other')).toBe(true);
  });

  it('deletes an account whose email changes during the deletion, and frees the new email', async () => {
    const user = await direct.register();
    const session = await direct.logIn(user);
    const { id } = await library.db.findUserBy({ email: user.email });
    const email = newEmail();
    const client = await meeting(before(DELETION, () => library.db.updateUser(id, { email })));
    expect((await remove(client, session, user.password)).status).toBe(200);
    expect(await isEmailTaken(library.app, email)).toBe(false);
    expect(await isEmailTaken(library.app, user.email)).toBe(false);
  });

  it('deletes an account once, and then one of several registrations gets the email', async () => {
    const user = await direct.register();
    const sessions = [await direct.logIn(user), await direct.logIn(user)];
    const client = await meeting(gate(DELETION, 2));
    const answers = await Promise.all(
      sessions.map((session) => remove(client, session, user.password)),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 403]);
    const again = await Promise.all(
      Array.from({ length: 10 }, () => direct.request('POST /users', { form: { ...user } })),
    );
    expect(
      count(
        again.map(({ status }) => status),
        200,
      ),
    ).toBe(1);
  });

  it('does not delete an account whose password is reset during the deletion', async () => {
    const user = await direct.register();
    const session = await direct.logIn(user);
    const reset_token = await direct.askForToken(user);
    const client = await meeting(hold(DELETION, 'UpdateItem user'));
    const form = { email: user.email, reset_token, new_password: 'new' };
    const [deletion, reset] = await Promise.all([
      remove(client, session, user.password),
      client.request('PUT /reset_password', { form }),
    ]);
    expect([deletion.status, reset.status]).toEqual([403, 200]);
    expect(await direct.canLogIn({ ...user, password: 'new' })).toBe(true);
  });

  it('does not reset the password of an account that is deleted during the reset', async () => {
    const user = await direct.register();
    const session = await direct.logIn(user);
    const reset_token = await direct.askForToken(user);
    const client = await meeting(hold('UpdateItem user', DELETION));
    const form = { email: user.email, reset_token, new_password: 'new' };
    const [deletion, reset] = await Promise.all([
      remove(client, session, user.password),
      client.request('PUT /reset_password', { form }),
    ]);
    expect([deletion.status, reset.status]).toEqual([200, 403]);
    expect((await scanTable()).filter((item) => item['email'] === user.email)).toEqual([]);
  });

  it('keeps one session if each of two ends the others', async () => {
    const user = await direct.register();
    const sessions = [await direct.logIn(user), await direct.logIn(user)];
    const { withSession } = await meeting(gate(END, 2));
    const answers = await Promise.all(
      sessions.map((session) => withSession('DELETE /sessions/others', session)),
    );
    const statuses = answers.map(({ status }) => status);
    expect(statuses.toSorted()).toEqual([200, 403]);
    const live = await Promise.all(sessions.map((session) => direct.isLive(session)));
    expect(live).toEqual(statuses.map((status) => status === 200));
  });

  it('keeps a session that ends the others in two simultaneous requests', async () => {
    const session = await direct.logIn(await direct.register());
    const { withSession } = await meeting(gate(END, 2));
    const answers = await Promise.all(
      [1, 2].map(() => withSession('DELETE /sessions/others', session)),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(await direct.isLive(session)).toBe(true);
  });

  it.each(['DELETE /sessions/others', 'PUT /password'] as const)(
    'refuses to end all sessions for a session that %s in another session has just ended',
    async (route) => {
      const user = await direct.register();
      const [one, other] = [await direct.logIn(user), await direct.logIn(user)];
      const form = { password: user.password, new_password: 'new' };
      let kept = other;
      const { withSession } = await meeting(
        before(END, async () => {
          const cookies = [`session_id=${other}`];
          const received = await direct.request(route, { form, cookies });
          expect(received.status).toBe(200);
          if (route === 'PUT /password') kept = direct.sessionOf(received);
        }),
      );
      expect((await withSession('DELETE /sessions/all', one)).status).toBe(403);
      expect(await direct.isLive(kept)).toBe(true);
    },
  );

  it('ends all sessions even if the same session has just ended the others', async () => {
    const user = await direct.register();
    const session = await direct.logIn(user);
    const { withSession } = await meeting(
      before(END, () => direct.withSession('DELETE /sessions/others', session)),
    );
    expect((await withSession('DELETE /sessions/all', session)).status).toBe(200);
    expect(await direct.isLive(session)).toBe(false);
  });

  it('does not restore a session that is logged out while it ends the others', async () => {
    const session = await direct.logIn(await direct.register());
    const { withSession } = await meeting(hold(END, 'DeleteItem session'));
    const [others, logout] = await Promise.all([
      withSession('DELETE /sessions/others', session),
      withSession('DELETE /sessions', session),
    ]);
    expect([others.status, logout.status]).toEqual([200, 302]);
    expect(await direct.isLive(session)).toBe(false);
  });
});

/** Creates a library whose calls to DynamoDB pass through the interceptor. */
async function libraryMeeting(intercept: Interceptor): Promise<ReturnType<typeof createLibrary>> {
  const proxy = await startProxy(inject('dynamodb'), intercept);
  proxies.push(proxy);
  return createLibrary({ client: new DynamoDBClient({ endpoint: proxy.url }) });
}

const library = createLibrary();

const userItem = async (id: string) =>
  (await scanTable()).find((item) => item['id'] === id && item['item'] === 'user');

describe('a use of a session during its logout', () => {
  it('does not restore the session', async () => {
    const user = await direct.register();
    const { auth, clock } = await libraryMeeting(hold('UpdateItem session', 'DeleteItem session'));
    const session = (await auth.logIn(user.email, user.password)) ?? expect.fail('refused');
    clock.advance(2 * 60 * 60);
    const before = await scanTable();
    // The last use is written after the session is deleted.
    const use = auth.getUserFromSessionId(session);
    expect(await auth.logOut(session)).toBe(true);
    expect(await use).toMatchObject({ email: user.email });
    expect(await auth.getUserFromSessionId(session)).toBeNull();
    expect(await scanTable()).toHaveLength(before.length - 1);
  });
});

describe('simultaneous changes of email in the library', () => {
  const MOVE = 'TransactWriteItems Update user + Put marker + Delete marker';

  it('give an address to only one of two users', async () => {
    const { db } = await libraryMeeting(gate(MOVE, 2));
    const [one, two] = [
      await library.db.addUser(newEmail(), '$2b$one'),
      await library.db.addUser(newEmail(), '$2b$two'),
    ];
    const email = newEmail();
    const outcomes = await Promise.allSettled(
      [one, two].map(({ id }) => db.updateUser(id, { email })),
    );
    const [winner, loser] = outcomes[0]?.status === 'fulfilled' ? [one, two] : [two, one];
    expect(outcomes[winner === one ? 1 : 0]).toMatchObject({ reason: { code: 'email_taken' } });
    expect(await library.db.findUserBy({ email })).toMatchObject({ id: winner.id });
    expect(await library.db.findUserBy({ email: loser.email })).toEqual(loser);
  });

  it('leave a user with one address, and free the others', async () => {
    const { db } = await libraryMeeting(gate(MOVE, 2));
    const user = await library.db.addUser(newEmail(), '$2b$hash');
    const emails = [newEmail(), newEmail()];
    await Promise.all(emails.map((email) => db.updateUser(user.id, { email })));
    const { email: kept } = await library.db.findUserBy({ id: user.id });
    expect(emails).toContain(kept);
    const markers = (await scanTable()).filter((item) => item['user_id'] === user.id);
    expect(markers).toEqual([{ id: `email#${kept}`, item: 'marker', user_id: user.id }]);
  });
});

describe('redemptions of email tokens', () => {
  const MOVE = 'TransactWriteItems Update user + Put marker + Delete marker';
  const redemption = (client: typeof direct, token: string) => client.redeemEmailToken(token);

  /** Registers and logs in a user, and requests a token that changes the email. */
  const changing = async (email = newEmail()) => {
    const user = await direct.register();
    const session = await direct.logIn(user);
    const token = await direct.askForEmailChange(session, user.password, email);
    return { user, session, token, email };
  };
  const markersOf = async (email: string) =>
    (await scanTable()).filter(({ id }) => id === `email#${email}`);

  const verifying = async () => {
    const user = await direct.register();
    const session = await direct.logIn(user);
    return { session, token: await direct.askForVerification(user) };
  };

  it.each([
    ['a verification', verifying, 0],
    ['a change', changing, 1],
  ])('succeed alike fifty times with the token of %s, and act once', async (_, make, epoch) => {
    const { token, session } = await make();
    // All requests find the token valid before any of them writes.
    const client = await meeting(gate('BatchGetItem user + email_token', MANY));
    const sent = { form: { token }, cookies: [`session_id=${session}`] };
    const answers = await Promise.all(
      Array.from({ length: MANY }, () => client.request('PUT /email_verification', sent)),
    );
    expect(answers).toEqual(Array(MANY).fill(answers[0]));
    expect(answers[0]?.status).toBe(200);
    const { email } = answers[0]?.body as { email: string };
    const user = (await scanTable()).find((item) => item['email'] === email);
    expect(user).toMatchObject({ email_verified_at: expect.any(Number), session_epoch: epoch });
  });

  it('give an address to only one of two accounts', async () => {
    const email = newEmail();
    const both = [await changing(email), await changing(email)];
    const client = await meeting(gate(MOVE, 2));
    const answers = await Promise.all(both.map(({ token }) => redemption(client, token)));
    const statuses = answers.map(({ status }) => status);
    expect(statuses.toSorted()).toEqual([200, 400]);
    const [winner, loser] = statuses[0] === 200 ? both : both.toReversed();
    const { id } = await library.db.findUserBy({ email });
    expect(await markersOf(email)).toEqual([{ id: `email#${email}`, item: 'marker', user_id: id }]);
    expect(winner?.token.startsWith(`${id}.`)).toBe(true);
    expect(await markersOf(winner?.user.email ?? '')).toEqual([]);
    // The other account keeps its session and its email.
    expect(await direct.isLive(loser?.session ?? '')).toBe(true);
    expect(await direct.canLogIn(loser?.user ?? expect.fail())).toBe(true);
  });

  const REGISTRATION = 'TransactWriteItems Put user + Put marker';

  it.each([
    [REGISTRATION, MOVE, [400, 200]],
    [MOVE, REGISTRATION, [200, 400]],
  ])(
    'give an address to either a registration or a change, with a late %s',
    async (late, first, statuses) => {
      const { token, email } = await changing();
      const client = await meeting(hold(late, first));
      const [registration, change] = await Promise.all([
        client.request('POST /users', { form: { email, password: 'registered' } }),
        redemption(client, token),
      ]);
      expect([registration.status, change.status]).toEqual(statuses);
      const { id } = await library.db.findUserBy({ email });
      expect((await markersOf(email)).map((marker) => marker['user_id'])).toEqual([id]);
      expect(await direct.canLogIn({ email, password: 'registered' })).toBe(statuses[0] === 200);
    },
  );

  it('do not confirm a change that is replaced meanwhile', async () => {
    const { user, session, token, email } = await changing();
    const client = await meeting(hold(MOVE, 'UpdateItem user'));
    const [redeemed, replaced] = await Promise.all([
      redemption(client, token),
      client.askForEmailChange(session, user.password, newEmail()),
    ]);
    expect(redeemed.status).toBe(403);
    expect(await direct.canLogIn({ ...user, email })).toBe(false);
    expect((await redemption(direct, replaced)).status).toBe(200);
  });

  it('invalidate the session of a login that verified the password before the change of email', async () => {
    const { user, token } = await changing();
    const client = await meeting(hold('PutItem session', MOVE));
    const [late, changed] = await Promise.all([client.logIn(user), redemption(client, token)]);
    expect(changed.status).toBe(200);
    expect(await direct.isLive(late)).toBe(false);
  });

  it.each([
    ['UpdateItem user', MOVE, [403, 200]],
    [MOVE, 'UpdateItem user', [200, 403]],
  ])(
    'succeed only if a simultaneous password reset fails, with a late %s',
    async (late, first, statuses) => {
      const { user, token, email } = await changing();
      const reset_token = await direct.askForToken(user);
      const form = { email: user.email, reset_token, new_password: 'new' };
      const client = await meeting(hold(late, first));
      const [reset, change] = await Promise.all([
        client.request('PUT /reset_password', { form }),
        redemption(client, token),
      ]);
      expect([reset.status, change.status]).toEqual(statuses);
      const isReset = statuses[0] === 200;
      expect(await direct.canLogIn({ ...user, password: 'new' })).toBe(isReset);
      expect(await direct.canLogIn({ ...user, email })).toBe(!isReset);
    },
  );

  const PASSWORD = 'TransactWriteItems Update user + Put session';

  it.each([
    [PASSWORD, MOVE, [403, 200]],
    [MOVE, PASSWORD, [200, 403]],
  ])(
    'succeed only if a simultaneous change of password fails, with a late %s',
    async (late, first, statuses) => {
      const { user, session, token, email } = await changing();
      const form = { password: user.password, new_password: 'new' };
      const cookies = [`session_id=${session}`];
      const client = await meeting(hold(late, first));
      const [password, change] = await Promise.all([
        client.request('PUT /password', { form, cookies }),
        redemption(client, token),
      ]);
      expect([password.status, change.status]).toEqual(statuses);
      const isNew = statuses[0] === 200;
      expect(await direct.canLogIn({ ...user, password: 'new' })).toBe(isNew);
      expect(await direct.canLogIn({ ...user, email })).toBe(!isNew);
    },
  );

  const DELETION = 'TransactWriteItems Delete user + Delete marker';

  it.each([
    [DELETION, MOVE, [403, 200]],
    [MOVE, DELETION, [200, 403]],
  ])(
    'succeed only if a simultaneous deletion fails, and leave no address without a user, with a late %s',
    async (late, first, statuses) => {
      const { user, session, token, email } = await changing();
      const form = { password: user.password };
      const cookies = [`session_id=${session}`];
      const client = await meeting(hold(late, first));
      const [deletion, change] = await Promise.all([
        client.request('DELETE /profile', { form, cookies }),
        redemption(client, token),
      ]);
      expect([deletion.status, change.status]).toEqual(statuses);
      expect(await markersOf(user.email)).toEqual([]);
      expect(await markersOf(email)).toHaveLength(statuses[0] === 200 ? 0 : 1);
      expect(await direct.canLogIn({ ...user, email })).toBe(statuses[1] === 200);
    },
  );

  it('do not restore an account that is deleted during the verification', async () => {
    const user = await direct.register();
    const session = await direct.logIn(user);
    const token = await direct.askForVerification(user);
    const client = await meeting(
      hold('TransactWriteItems Update user + Delete email_token', DELETION),
    );
    const [verification, deletion] = await Promise.all([
      redemption(client, token),
      client.request('DELETE /profile', {
        form: { password: user.password },
        cookies: [`session_id=${session}`],
      }),
    ]);
    expect([verification.status, deletion.status]).toEqual([403, 200]);
    expect((await scanTable()).filter((item) => item['email'] === user.email)).toEqual([]);
  });

  it('do not verify an address that changes during the verification', async () => {
    const { user, token, email } = await changing();
    const verification = await direct.askForVerification(user);
    const VERIFY = 'TransactWriteItems Update user + Delete email_token';
    const client = await meeting(
      hold(VERIFY, 'TransactWriteItems Update user + Put marker + Delete marker'),
    );
    const { id } = await library.db.findUserBy({ email: user.email });
    const proxy = proxies.at(-1) ?? expect.fail('no proxy');
    const { db } = createLibrary({ client: new DynamoDBClient({ endpoint: proxy.url }) });
    const [verified] = await Promise.all([
      redemption(client, verification),
      db.updateUser(id, { email: newEmail() }),
    ]);
    expect(verified.status).toBe(403);
    expect(await userItem(id)).not.toHaveProperty('email_verified_at');
    // A change that was requested from the former address is refused, too.
    expect((await redemption(direct, token)).status).toBe(403);
    expect(await markersOf(email)).toEqual([]);
  });
});

describe('a new password during another change of the password', () => {
  it('ends a session that was created with the other new password', async () => {
    const { id, email } = await library.auth.registerUser(newEmail(), 'old');
    const { db } = await libraryMeeting(
      hold('TransactWriteItems Update user', 'BatchGetItem user + session'),
    );
    const late = db.updateUser(id, { hashed_password: '$2b$late' });
    // The late update has read the user and is held. The next two calls come before its write.
    await db.findUserBy({ id });
    await library.db.updateUser(id, { hashed_password: await hashPassword('other', 4) });
    const session = (await library.auth.logIn(email, 'other')) ?? expect.fail('refused');
    await expect(db.findUserBy({ session_id: session })).resolves.toMatchObject({ id });
    await late;
    expect(await library.auth.getUserFromSessionId(session)).toBeNull();
    expect(await userItem(id)).toMatchObject({ hashed_password: '$2b$late', session_epoch: 2 });
  });
});

describe('signing out everywhere', () => {
  it('succeeds in both of two simultaneous requests', async () => {
    const { id, email } = await library.auth.registerUser(newEmail(), 'pwd');
    const session = (await library.auth.logIn(email, 'pwd')) ?? expect.fail('refused');
    const { auth } = await libraryMeeting(gate('TransactWriteItems Update user', 2));
    await Promise.all([auth.destroySession(id), auth.destroySession(id)]);
    expect(await library.auth.getUserFromSessionId(session)).toBeNull();
  });

  it('also ends a session that ends all others at the same time', async () => {
    const { id, email } = await library.auth.registerUser(newEmail(), 'pwd');
    const session = (await library.auth.logIn(email, 'pwd')) ?? expect.fail('refused');
    const { auth } = await libraryMeeting(
      before('TransactWriteItems Update user', () => endOtherSessions(library.app, session)),
    );
    await auth.destroySession(id);
    expect(await library.auth.getUserFromSessionId(session)).toBeNull();
  });
});
