/**
 * The cost of each endpoint in round trips and bcrypts (lib/db/README.md has the table). The calls
 * are counted on the wire, without index lag. The last use is recent unless the title says otherwise.
 */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import { compare, hash } from 'bcryptjs';
import { afterAll, describe, expect, inject, it, vi } from 'vitest';
import type { Route } from '../support/client.ts';
import { advance, stopClock } from '../support/clock.ts';
import {
  createLibrary,
  createOperators,
  markVerified,
  newEmail,
  tableName,
} from '../support/library.ts';
import { startLambda, startMailbox } from '../support/mail.ts';
import { nameOf, type Call } from '../support/proxy.ts';
import { startRecorder } from '../support/recorder.ts';
import { clientWith } from '../support/settings.ts';

// Counts the calls, and lets the real functions run.
vi.mock('bcryptjs', { spy: true });

const recorder = await startRecorder(inject('dynamodb'));
const [lambda, ses] = await Promise.all([startLambda(), startMailbox()]);
afterAll(() => Promise.all([recorder.stop(), lambda.down(), ses.down()]));

// The functions make their client from the environment when they are first imported.
process.env['AWS_ENDPOINT_URL_DYNAMODB'] = recorder.url;
process.env['AWS_ENDPOINT_URL_LAMBDA'] = lambda.url;
process.env['AWS_ENDPOINT_URL_SESV2'] = ses.url;
const {
  askForEmailChange,
  askForToken,
  askForVerification,
  authorize,
  logIn,
  redeemEmailToken,
  register,
  request,
  withSession,
} = await import('../support/client.ts');

const BY_MAIL = { RESET_TOKEN_DELIVERY: 'email', MAIL_FROM: 'no-reply@example.com' };

/** Beside the write of a session: whether the user has too many. It decides on no authentication. */
const CAP = 'Query, eventually consistent';

/** Returns the name of the call, and checks that reads by key are consistent. */
function describeCall(call: Call): string {
  const { ConsistentRead, IndexName, RequestItems } = call.input;
  if (call.operation === 'Query' && ConsistentRead === false) return CAP;
  const isKeyed = call.operation === 'GetItem' || (call.operation === 'Query' && !IndexName);
  if (isKeyed) expect(ConsistentRead).toBe(true);
  for (const items of Object.values(RequestItems ?? {})) expect(items.ConsistentRead).toBe(true);
  return nameOf(call);
}

interface Cost {
  /** One entry for each sequential round trip. Parallel calls are joined by `∥`. */
  trips: string[];
  bcrypts: number;
}

/** @param result the expected status, or an object that the result has to match */
async function costOf(action: () => Promise<object>, result: number | object) {
  vi.mocked(hash).mockClear();
  vi.mocked(compare).mockClear();
  const trips = await recorder.roundTrips(async () => {
    expect(await action()).toMatchObject(typeof result === 'number' ? { status: result } : result);
  });
  const cost: Cost = {
    trips: trips.map((calls) => calls.map(describeCall).sort().join(' ∥ ')),
    bcrypts: vi.mocked(hash).mock.calls.length + vi.mocked(compare).mock.calls.length,
  };
  return cost;
}

describe('the recorder', () => {
  const client = DynamoDBDocumentClient.from(new DynamoDBClient({ endpoint: recorder.url }));
  const get = () =>
    client.send(new GetCommand({ TableName: tableName, Key: { id: 'x', item: 'user' } }));

  it('counts sequential calls as one round trip each', async () => {
    const trips = await recorder.roundTrips(async () => {
      await get();
      await get();
    });
    expect(trips.map((calls) => calls.length)).toEqual([1, 1]);
  });

  it('counts parallel calls as one round trip', async () => {
    const trips = await recorder.roundTrips(() => Promise.all([get(), get(), get()]));
    expect(trips.map((calls) => calls.length)).toEqual([3]);
  });
});

describe('GET /', () => {
  it('costs no round trip', async () => {
    expect(await costOf(() => request('GET /'), 200)).toEqual({ trips: [], bcrypts: 0 });
  });
});

describe('GET /profile', () => {
  const READ = 'BatchGetItem user + session';

  it('costs one round trip', async () => {
    const session_id = await logIn(await register());
    expect(await costOf(() => withSession('GET /profile', session_id), 200)).toEqual({
      trips: [READ],
      bcrypts: 0,
    });
  });

  it('costs one round trip with several cookies, and one more if one of them names no user', async () => {
    const [good, ended] = [await logIn(await register()), await logIn(await register())];
    await withSession('DELETE /sessions', ended);
    const ask = (...sessions: string[]) =>
      costOf(
        () =>
          request('GET /profile', { cookies: sessions.map((session) => `session_id=${session}`) }),
        200,
      );
    const several = 'BatchGetItem user + user + session + session';
    expect((await ask(ended, good)).trips).toEqual([several]);
    expect((await ask(good, 'x')).trips).toEqual(['Query session_id-index', READ]);
  });

  it('costs no round trip without a cookie, and one with a bad cookie', async () => {
    expect(await costOf(() => request('GET /profile'), 403)).toEqual({ trips: [], bcrypts: 0 });
    const altered = `${(await logIn(await register())).slice(0, -3)}xyz`;
    expect(await costOf(() => withSession('GET /profile', altered), 403)).toEqual({
      trips: [READ],
      bcrypts: 0,
    });
  });

  describe('over an hour after the recorded last use', () => {
    stopClock();

    it('costs a second round trip only once', async () => {
      const session_id = await logIn(await register());
      const profile = () => withSession('GET /profile', session_id);
      advance(60 * 60);
      expect((await costOf(profile, 200)).trips).toEqual([READ]);
      advance(1);
      expect((await costOf(profile, 200)).trips).toEqual([READ, 'UpdateItem session']);
      expect((await costOf(profile, 200)).trips).toEqual([READ]);
    });
  });
});

describe('the authorizer of other APIs', () => {
  const READ = 'BatchGetItem user + session';

  it('costs one round trip, whether or not it accepts the session', async () => {
    const session_id = await logIn(await register());
    const altered = `${session_id.slice(0, -3)}xyz`;
    for (const [cookie, isAuthorized] of [
      [session_id, true],
      [altered, false],
    ] as const) {
      expect(await costOf(() => authorize(cookie), { isAuthorized })).toEqual({
        trips: [READ],
        bcrypts: 0,
      });
    }
  });

  it('costs no round trip without a cookie', async () => {
    expect(await costOf(() => authorize(''), { isAuthorized: false })).toEqual({
      trips: [],
      bcrypts: 0,
    });
  });

  describe('over an hour after the recorded last use', () => {
    stopClock();

    it('costs a second round trip only once', async () => {
      const session_id = await logIn(await register());
      const use = () => authorize(session_id);
      advance(60 * 60 + 1);
      expect((await costOf(use, { isAuthorized: true })).trips).toEqual([
        READ,
        'UpdateItem session',
      ]);
      expect((await costOf(use, { isAuthorized: true })).trips).toEqual([READ]);
    });
  });
});

describe('DELETE /sessions', () => {
  it('costs two round trips', async () => {
    const session_id = await logIn(await register());
    expect(await costOf(() => withSession('DELETE /sessions', session_id), 302)).toEqual({
      trips: ['BatchGetItem user + session', 'DeleteItem session'],
      bcrypts: 0,
    });
  });

  it('costs one round trip if the session has ended', async () => {
    const session_id = await logIn(await register());
    await withSession('DELETE /sessions', session_id);
    expect(await costOf(() => withSession('DELETE /sessions', session_id), 403)).toEqual({
      trips: ['BatchGetItem user + session'],
      bcrypts: 0,
    });
  });
});

describe('the sessions of a user', () => {
  const READ = 'BatchGetItem user + session';
  const withSessionOf = (route: Route, session_id: string, id = '') =>
    costOf(() => request(route, { id, cookies: [`session_id=${session_id}`] }), {
      status: id === 'none' ? 404 : 200,
    });

  it('cost two round trips to list', async () => {
    const session_id = await logIn(await register());
    expect(await withSessionOf('GET /sessions', session_id)).toEqual({
      trips: [READ, 'Query'],
      bcrypts: 0,
    });
  });

  it('cost three round trips to end one, and two if none has the id', async () => {
    const session_id = await logIn(await register());
    const { body } = await withSession('GET /sessions', session_id);
    const [own] = (body as { sessions: { id: string }[] }).sessions;
    expect(await withSessionOf('DELETE /sessions/{id}', session_id, 'none')).toEqual({
      trips: [READ, 'Query'],
      bcrypts: 0,
    });
    expect(await withSessionOf('DELETE /sessions/{id}', session_id, own?.id)).toEqual({
      trips: [READ, 'Query', 'DeleteItem session'],
      bcrypts: 0,
    });
  });

  it.each(['DELETE /sessions/others', 'DELETE /sessions/all'] as const)(
    'cost two round trips to end all at once, for any number: %s',
    async (route) => {
      const user = await register();
      for (let i = 0; i < 3; i++) await logIn(user);
      expect(await withSessionOf(route, await logIn(user))).toEqual({
        trips: [READ, 'TransactWriteItems Update user'],
        bcrypts: 0,
      });
    },
  );

  describe('over an hour after the recorded last use', () => {
    stopClock();

    it.each([
      ['GET /sessions', ['Query']],
      ['DELETE /sessions/{id}', ['Query']],
      ['DELETE /sessions/others', ['TransactWriteItems Update user']],
    ] as const)('cost one more round trip: %s', async (route, rest) => {
      const session_id = await logIn(await register());
      advance(60 * 60 + 1);
      const id = route === 'DELETE /sessions/{id}' ? 'none' : '';
      const { trips } = await withSessionOf(route, session_id, id);
      expect(trips).toEqual([READ, 'UpdateItem session', ...rest]);
    });
  });
});

describe.each([
  ['PUT /password', 'TransactWriteItems Update user + Put session', 2],
  ['DELETE /profile', 'TransactWriteItems Delete user + Delete marker', 1],
  ['POST /profile/deletion', 'TransactWriteItems Delete user + Delete marker', 1],
] as const)('%s', (route, write, bcrypts) => {
  const COUNTED = ['BatchGetItem user + session', 'UpdateItem attempts'];
  const ask = (session_id: string, password: string) => () =>
    request(route, {
      form: { password, new_password: 'new' },
      cookies: [`session_id=${session_id}`],
    });

  it('costs three round trips and one bcrypt for each password', async () => {
    const user = await register();
    expect(await costOf(ask(await logIn(user), user.password), 200)).toEqual({
      trips: [...COUNTED, `DeleteItem attempts ∥ ${write}`],
      bcrypts,
    });
  });

  it('costs two round trips and one bcrypt with a wrong password', async () => {
    const session_id = await logIn(await register());
    expect(await costOf(ask(session_id, 'no'), 403)).toEqual({ trips: COUNTED, bcrypts: 1 });
  });

  it('costs one round trip with an ended session, none without a session, and no bcrypt', async () => {
    const ended = await logIn(await register());
    await withSession('DELETE /sessions', ended);
    expect(await costOf(ask(ended, 'pwd'), 403)).toEqual({
      trips: COUNTED.slice(0, 1),
      bcrypts: 0,
    });
    expect(await costOf(ask('', 'pwd'), 403)).toEqual({ trips: [], bcrypts: 0 });
  });
});

describe('POST /users', () => {
  it('costs two round trips and one bcrypt', async () => {
    const form = { email: newEmail(), password: 'pwd' };
    expect(await costOf(() => request('POST /users', { form }), 200)).toEqual({
      trips: ['GetItem marker', 'TransactWriteItems Put user + Put marker'],
      bcrypts: 1,
    });
  });

  it('costs one round trip and no bcrypt if the email is taken', async () => {
    const form = { ...(await register()) };
    expect(await costOf(() => request('POST /users', { form }), 400)).toEqual({
      trips: ['GetItem marker'],
      bcrypts: 0,
    });
  });
});

describe('POST /sessions', () => {
  const COUNTED = 'Query email-index ∥ UpdateItem attempts';
  const logInWith = (form: Record<string, string>) => () => request('POST /sessions', { form });

  it('costs three round trips and one bcrypt', async () => {
    expect(await costOf(logInWith({ ...(await register()) }), 200)).toEqual({
      trips: [COUNTED, 'GetItem user', `DeleteItem attempts ∥ PutItem session ∥ ${CAP}`],
      bcrypts: 1,
    });
  });

  it('costs one more round trip only if the user has a hundred sessions, to end the oldest', async () => {
    const user = await register();
    const { auth } = createLibrary({ now: () => Date.now() / 1000 });
    for (let i = 0; i < 100; i++) await auth.createSession(user.email);
    const { trips } = await costOf(logInWith({ ...user }), 200);
    // The last call may overlap with the one that clears the attempts.
    const calls = trips.slice(2).flatMap((each) => each.split(' ∥ '));
    expect(calls.sort()).toEqual([
      'DeleteItem attempts',
      'DeleteItem session',
      'PutItem session',
      CAP,
    ]);
  });

  it('ends the session that the request presents in the same round trip', async () => {
    const user = await register();
    const cookies = [`session_id=${await logIn(user)}`];
    const again = () => request('POST /sessions', { form: { ...user }, cookies });
    expect(await costOf(again, 200)).toEqual({
      trips: [
        COUNTED,
        'GetItem user',
        `DeleteItem attempts ∥ DeleteItem session ∥ PutItem session ∥ ${CAP}`,
      ],
      bcrypts: 1,
    });
  });

  // OWASP ASVS 5.0, 6.3.8: a different amount of work would reveal that an email is known.
  it('costs the same for an unknown email as for a wrong password', async () => {
    const { email } = await register();
    const wrong = await costOf(logInWith({ email, password: 'no' }), 401);
    const wrongHash = vi.mocked(compare).mock.calls[0]?.[1];
    const unknown = await costOf(logInWith({ email: newEmail(), password: 'no' }), 401);
    const nobodysHash = vi.mocked(compare).mock.calls[0]?.[1];
    const malformed = await costOf(logInWith({ email: 'no address', password: 'no' }), 401);
    expect(wrong).toEqual({ trips: [COUNTED, 'GetItem user'], bcrypts: 1 });
    expect(unknown).toEqual({ trips: [COUNTED, 'GetItem marker'], bcrypts: 1 });
    expect(malformed).toEqual(unknown);
    // Both hashes have the same cost and are valid, so that bcrypt does the same work.
    for (const hashed of [wrongHash, nobodysHash]) {
      expect(hashed).toMatch(/^\$2b\$04\$[./A-Za-z0-9]{53}$/);
    }
  });

  it('costs the same for a disabled user, except for the session', async () => {
    const { email, password } = await register();
    const { id } = await createLibrary().db.findUserBy({ email });
    await createOperators().operators.disable(id);
    const wrong = await costOf(logInWith({ email, password: 'no' }), 401);
    expect(wrong).toEqual({ trips: [COUNTED, 'GetItem user'], bcrypts: 1 });
    const right = await costOf(logInWith({ email, password }), 403);
    expect(right).toEqual({ trips: [COUNTED, 'GetItem user', 'DeleteItem attempts'], bcrypts: 1 });
  });
});

describe('a login after many failures', () => {
  // Uses a clock of its own: if the system clock is far off, the SDK repeats failed calls.
  const { auth, clock } = createLibrary({ client: new DynamoDBClient({ endpoint: recorder.url }) });
  const COUNTED = 'Query email-index ∥ UpdateItem attempts';

  it.each([
    ['a known', async () => (await register()).email, 'user'],
    ['an unknown', () => Promise.resolve(newEmail()), 'marker'],
  ])('costs one round trip and no bcrypt while %s email has to wait', async (_, make, read) => {
    const email = await make();
    const fail = async () => ({ result: await auth.logIn(email, 'no').catch(String) });
    for (let i = 0; i < 5; i++) await fail();
    const refused = { result: expect.stringMatching(/Too many attempts/) };
    expect(await costOf(fail, refused)).toEqual({ trips: [COUNTED], bcrypts: 0 });
    clock.advance(1);
    // The second count may be sent before the index answers: two or three round trips.
    const { trips, bcrypts } = await costOf(fail, { result: null });
    expect(trips.flatMap((calls) => calls.split(' ∥ '))).toEqual([
      'Query email-index',
      'UpdateItem attempts',
      'UpdateItem attempts',
      `GetItem ${read}`,
    ]);
    expect(bcrypts).toBe(1);
  });
});

describe('POST /sessions with a hash of lower cost', () => {
  it('costs one more bcrypt only once', async () => {
    const user = await register();
    const { request: dearer } = await clientWith({ BCRYPT_COST: '5' });
    const logInDearer = () => dearer('POST /sessions', { form: { ...user } });
    const TRIPS = ['Query email-index ∥ UpdateItem attempts', 'GetItem user'];
    expect(await costOf(logInDearer, 200)).toEqual({
      trips: [...TRIPS, `DeleteItem attempts ∥ PutItem session ∥ ${CAP} ∥ UpdateItem user`],
      bcrypts: 2,
    });
    expect(await costOf(logInDearer, 200)).toEqual({
      trips: [...TRIPS, `DeleteItem attempts ∥ PutItem session ∥ ${CAP}`],
      bcrypts: 1,
    });
  });
});

describe('POST /reset_password', () => {
  const ask = (email: string) => () => request('POST /reset_password', { form: { email } });

  it('costs three round trips', async () => {
    const { email } = await register();
    expect(await costOf(ask(email), 200)).toEqual({
      trips: ['Query email-index', 'GetItem user', 'UpdateItem user'],
      bcrypts: 0,
    });
  });

  it.each([newEmail(), 'no address'])(
    'costs two round trips for an unknown email: %s',
    async (email) => {
      expect(await costOf(ask(email), 403)).toEqual({
        trips: ['Query email-index', 'GetItem marker'],
        bcrypts: 0,
      });
    },
  );

  describe('with the delivery `email`', async () => {
    const client = await clientWith(BY_MAIL);
    // Imported after the start, so that it has the same settings.
    const { handler: sendMail } = await import('../../handlers/send-mail.ts');

    // OWASP ASVS 5.0, 6.3.8.
    it('costs one asynchronous invocation for a known and for an unknown email', async () => {
      for (const email of [(await register()).email, newEmail()]) {
        const asked = () => client.request('POST /reset_password', { form: { email } });
        expect(await costOf(asked, 200)).toEqual({ trips: [], bcrypts: 0 });
        expect(lambda.invocations()).toMatchObject([{ type: 'Event' }]);
      }
    });

    const send = (email: string) => async () => {
      await sendMail({ kind: 'password_reset', email, request_id: 'x' }, { awsRequestId: 'y' });
      return { status: (await ses.mailsTo(email)).length };
    };

    it('costs the function that sends the mail three round trips', async () => {
      expect(await costOf(send((await register()).email), 1)).toEqual({
        trips: [
          'GetItem recipient ∥ Query email-index',
          'GetItem user',
          'TransactWriteItems Update user + Put recipient',
        ],
        bcrypts: 0,
      });
    });

    it('costs that function two round trips for an unknown email', async () => {
      expect(await costOf(send(newEmail()), 0)).toEqual({
        trips: ['GetItem recipient ∥ Query email-index', 'GetItem marker'],
        bcrypts: 0,
      });
    });
  });
});

describe('PUT /reset_password', () => {
  const redeem = (email: string, reset_token: string) => () =>
    request('PUT /reset_password', { form: { email, reset_token, new_password: 'new' } });

  it('costs two round trips and one bcrypt', async () => {
    const user = await register();
    const reset_token = await askForToken(user);
    expect(await costOf(redeem(user.email, reset_token), 200)).toEqual({
      trips: ['GetItem user', 'DeleteItem attempts ∥ DeleteItem attempts ∥ UpdateItem user'],
      bcrypts: 1,
    });
    // Without a sender, no notice is sent.
    expect(lambda.invocations()).toEqual([]);
  });

  describe('costs one round trip and no bcrypt', () => {
    stopClock();

    const refused = { trips: ['GetItem user'], bcrypts: 0 };

    it('if the token belongs to another email', async () => {
      const [user, other] = [await register(), await register()];
      const reset_token = await askForToken(user);
      expect(await costOf(redeem(other.email, reset_token), 403)).toEqual(refused);
    });

    it('if the token has been used', async () => {
      const user = await register();
      const reset_token = await askForToken(user);
      await redeem(user.email, reset_token)();
      expect(await costOf(redeem(user.email, reset_token), 403)).toEqual(refused);
    });

    it('if a newer token has replaced the token', async () => {
      const user = await register();
      const reset_token = await askForToken(user);
      await askForToken(user);
      expect(await costOf(redeem(user.email, reset_token), 403)).toEqual(refused);
    });

    it('if the token has expired', async () => {
      const user = await register();
      const reset_token = await askForToken(user);
      advance(60 * 60);
      expect(await costOf(redeem(user.email, reset_token), 403)).toEqual(refused);
    });

    it('if the token names no user', async () => {
      expect(await costOf(redeem(newEmail(), 'x'), 403)).toEqual({
        trips: ['Query reset_token-index'],
        bcrypts: 0,
      });
    });
  });
});

describe('POST /email_verification', () => {
  const ask = (email: string, from: typeof request = request) => {
    return () => from('POST /email_verification', { form: { email } });
  };

  it('costs three round trips for a known email, and two for an unknown one', async () => {
    expect(await costOf(ask((await register()).email), 200)).toEqual({
      trips: ['Query email-index', 'GetItem user', 'PutItem email_token'],
      bcrypts: 0,
    });
    expect(await costOf(ask(newEmail()), 403)).toEqual({
      trips: ['Query email-index', 'GetItem marker'],
      bcrypts: 0,
    });
  });

  describe('with the delivery `email`', async () => {
    const client = await clientWith(BY_MAIL);
    // Imported after the start, so that it has the same settings.
    const { handler: sendMail } = await import('../../handlers/send-mail.ts');

    // OWASP ASVS 5.0, 6.3.8.
    it('costs one asynchronous invocation for a known and for an unknown email', async () => {
      for (const email of [(await register()).email, newEmail()]) {
        expect(await costOf(ask(email, client.request), 200)).toEqual({ trips: [], bcrypts: 0 });
        expect(lambda.invocations()).toMatchObject([{ type: 'Event' }]);
      }
    });

    it('costs the function that sends the mail three round trips', async () => {
      const { email } = await register();
      const send = async () => {
        const asked = { kind: 'email_verification', email, request_id: 'x' } as const;
        await sendMail(asked, { awsRequestId: 'y' });
        return { status: (await ses.mailsTo(email)).length };
      };
      expect(await costOf(send, 1)).toEqual({
        trips: [
          'GetItem recipient ∥ Query email-index',
          'GetItem user',
          'TransactWriteItems Put email_token + Put recipient',
        ],
        bcrypts: 0,
      });
    });
  });
});

describe('PUT /email_verification', () => {
  const READ = 'BatchGetItem user + email_token';
  const VERIFY = 'DeleteItem attempts ∥ TransactWriteItems Update user + Delete email_token';
  const MOVE = 'DeleteItem attempts ∥ TransactWriteItems Update user + Put marker + Delete marker';

  it('costs two round trips with a session, and no bcrypt', async () => {
    const user = await register();
    const session = await logIn(user);
    const redeem = (token: string) => () =>
      request('PUT /email_verification', {
        form: { token },
        cookies: [`session_id=${session}`],
      });
    const both = `${READ} ∥ BatchGetItem user + session`;
    expect(await costOf(redeem(await askForVerification(user)), 200)).toEqual({
      trips: [both, VERIFY],
      bcrypts: 0,
    });
    const change = await askForEmailChange(session, user.password, newEmail());
    expect(await costOf(redeem(change), 200)).toEqual({ trips: [both, MOVE], bcrypts: 0 });
  });

  it('costs three round trips with the password, and two if the password is wrong', async () => {
    const user = await register();
    const token = await askForVerification(user);
    expect(await costOf(() => redeemEmailToken(token, 'no'), 403)).toEqual({
      trips: [READ, 'UpdateItem attempts'],
      bcrypts: 1,
    });
    expect(await costOf(() => redeemEmailToken(token), 200)).toEqual({
      trips: [READ, 'UpdateItem attempts', `DeleteItem attempts ∥ ${VERIFY}`],
      bcrypts: 1,
    });
  });

  it('costs one round trip with an invalid token, and none with a malformed one', async () => {
    const user = await register();
    const token = await askForVerification(user);
    await request('DELETE /sessions/all', { cookies: [`session_id=${await logIn(user)}`] });
    expect(await costOf(() => redeemEmailToken(token), 403)).toEqual({ trips: [READ], bcrypts: 0 });
    expect((await costOf(() => redeemEmailToken('none'), 403)).trips).toEqual([]);
  });
});

describe('PUT /email', () => {
  const VERIFIED = [
    'BatchGetItem user + session',
    'UpdateItem attempts',
    'DeleteItem attempts ∥ UpdateItem attempts',
  ];
  const ask = (session_id: string, email: string, password = 'pwd') => ({
    form: { password, email },
    cookies: [`session_id=${session_id}`],
  });

  it('costs five round trips and one bcrypt', async () => {
    const parts = ask(await logIn(await register()), newEmail());
    expect(await costOf(() => request('PUT /email', parts), 200)).toEqual({
      trips: [...VERIFIED, 'GetItem marker', 'UpdateItem user'],
      bcrypts: 1,
    });
  });

  it('costs two round trips and one bcrypt with a wrong password', async () => {
    const parts = ask(await logIn(await register()), newEmail(), 'no');
    expect(await costOf(() => request('PUT /email', parts), 403)).toEqual({
      trips: VERIFIED.slice(0, 2),
      bcrypts: 1,
    });
  });

  describe('with the delivery `email`', async () => {
    const client = await clientWith(BY_MAIL);
    const { handler: sendMail } = await import('../../handlers/send-mail.ts');

    // OWASP ASVS 5.0, 6.3.8.
    it('costs four round trips and two invocations, whether or not the email is taken', async () => {
      const session = await logIn(await register());
      const verified = await register();
      await markVerified(verified.email);
      const READ = ['GetItem user', 'GetItem marker ∥ GetItem recipient'];
      for (const [email, then] of [
        [newEmail(), [...READ, 'TransactWriteItems Update user + Put recipient']],
        // An address that nobody has verified is as good as free.
        [
          (await register()).email,
          [...READ, 'GetItem user', 'TransactWriteItems Update user + Put recipient'],
        ],
        [verified.email, [...READ, 'GetItem user', 'TransactWriteItems Put recipient']],
      ] as const) {
        const asked = () => client.request('PUT /email', ask(session, email));
        const trips = [...VERIFIED, 'UpdateItem user'];
        expect(await costOf(asked, 200)).toEqual({ trips, bcrypts: 1 });
        const [change, notice, ...more] = lambda.invocations().map(({ payload }) => payload);
        expect(more).toEqual([]);
        for (const [payload, trips] of [
          [change, then],
          [notice, ['GetItem user']],
        ] as const) {
          if (!payload) expect.fail('no invocation');
          const send = async () => {
            await sendMail(payload, { awsRequestId: 'y' });
            return {};
          };
          expect(await costOf(send, {})).toEqual({ trips, bcrypts: 0 });
        }
      }
    });
  });
});

describe('POST /users, if the email has to be verified,', async () => {
  const client = await clientWith({ REQUIRE_VERIFIED_EMAIL: 'true' });

  // OWASP ASVS 5.0, 6.3.8.
  it('costs two round trips and one bcrypt, whether or not the email is taken', async () => {
    const form = { email: newEmail(), password: 'pwd' };
    for (const written of ['Put user + Put marker', 'Put decoy + Put decoy']) {
      expect(await costOf(() => client.request('POST /users', { form }), 200)).toEqual({
        trips: ['GetItem marker', `TransactWriteItems ${written}`],
        bcrypts: 1,
      });
    }
  });
});

describe('a request from a page of another site', () => {
  it('costs no round trip', async () => {
    const parts = { form: { ...(await register()) }, headers: { origin: 'https://evil.example' } };
    expect(await costOf(() => request('POST /sessions', parts), 403)).toEqual({
      trips: [],
      bcrypts: 0,
    });
  });
});

describe('bad input', () => {
  it.each([
    'POST /users',
    'POST /sessions',
    'POST /reset_password',
    'PUT /reset_password',
    'PUT /password',
    'DELETE /profile',
    'POST /profile/deletion',
    'POST /email_verification',
    'PUT /email_verification',
    'PUT /email',
  ] as const)('costs no round trip: %s', async (route) => {
    expect(await costOf(() => request(route, { json: { email: 1 } }), 400)).toEqual({
      trips: [],
      bcrypts: 0,
    });
  });
});
