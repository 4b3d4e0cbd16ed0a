/**
 * Faults between the service and DynamoDB, at each call of each endpoint. If a fault happens once,
 * the client does not notice. If it lasts, the answer is 503, or 409 for conflicts with other changes of
 * the account, and the state is the old or the new one.
 * The same request then succeeds, or gets the answer that a repetition gets after a success.
 */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { digest } from '../../lib/core/token.ts';
import { emailTokenKey } from '../../lib/db/items.ts';
import * as direct from '../support/client.ts';
import { sessionOf, type Credentials, type Received } from '../support/client.ts';
import { faultsOf, Saboteur } from '../support/faults.ts';
import { createLibrary, newEmail, scanTable } from '../support/library.ts';
import { nameOf, startProxy, type Proxy } from '../support/proxy.ts';
import { readServerless } from '../support/serverless.ts';
import { clientWith } from '../support/settings.ts';

type Client = typeof direct;

/** Whether the request has changed the state. */
type State = 'old' | 'new';

interface Case {
  /** Sends the request through the client. */
  act: (client: Client) => Promise<Received>;
  succeeded: number;
  /** The status of the same request after it has succeeded. */
  repeated: number;
  /** Returns the state, read without faults. Fails if it is a mix. */
  state: (received: Received | undefined) => Promise<State>;
}

interface Scenario {
  endpoint: string;
  calls: string[];
  prepare: () => Promise<Case>;
}

const wholeAccount = async (email: string): Promise<State> => {
  const items = await scanTable();
  const users = items.filter((item) => item['email'] === email);
  const markers = items.filter(({ id }) => id === `email#${email}`);
  expect(markers.map((marker) => marker['user_id'])).toEqual(users.map(({ id }) => id));
  expect(users.length).toBeLessThanOrEqual(1);
  return users.length === 1 ? 'new' : 'old';
};

const scenarios: Scenario[] = [
  {
    endpoint: 'POST /users',
    calls: ['GetItem marker', 'TransactWriteItems Put user + Put marker'],
    prepare: () => {
      const user = { email: newEmail(), password: 'pwd' };
      return Promise.resolve({
        act: ({ request }) => request('POST /users', { form: user }),
        succeeded: 200,
        repeated: 400,
        state: async (received) => {
          if (received) expect(await direct.canLogIn(user)).toBe(true);
          return wholeAccount(user.email);
        },
      });
    },
  },
  {
    endpoint: 'POST /sessions',
    calls: [
      'Query email-index',
      'UpdateItem attempts',
      'GetItem user',
      'Query',
      'PutItem session',
      'DeleteItem attempts',
    ],
    prepare: async () => {
      const user = await direct.register();
      return {
        act: ({ request }) => request('POST /sessions', { form: { ...user } }),
        succeeded: 200,
        repeated: 200,
        state: async (received) => {
          if (received) expect(await direct.isLive(sessionOf(received))).toBe(true);
          return received ? 'new' : 'old';
        },
      };
    },
  },
  {
    endpoint: 'POST /sessions, refused',
    calls: ['Query email-index', 'UpdateItem attempts', 'GetItem marker'],
    prepare: () =>
      Promise.resolve({
        act: ({ request }) =>
          request('POST /sessions', { form: { email: newEmail(), password: 'pwd' } }),
        succeeded: 401,
        repeated: 401,
        state: (received) => Promise.resolve(received ? 'new' : 'old'),
      }),
  },
  {
    endpoint: 'GET /profile',
    calls: ['BatchGetItem user + session'],
    prepare: async () => {
      const session = await direct.logIn(await direct.register());
      return {
        act: ({ withSession }) => withSession('GET /profile', session),
        succeeded: 200,
        repeated: 200,
        state: (received) => Promise.resolve(received ? 'new' : 'old'),
      };
    },
  },
  {
    endpoint: 'DELETE /sessions',
    calls: ['BatchGetItem user + session', 'DeleteItem session'],
    prepare: async () => {
      const session = await direct.logIn(await direct.register());
      return {
        act: ({ withSession }) => withSession('DELETE /sessions', session),
        succeeded: 302,
        repeated: 403,
        state: async () => ((await direct.isLive(session)) ? 'old' : 'new'),
      };
    },
  },
  {
    endpoint: 'POST /reset_password',
    calls: ['Query email-index', 'GetItem user', 'UpdateItem user'],
    prepare: async () => {
      const user = await direct.register();
      return {
        act: ({ request }) => request('POST /reset_password', { form: { email: user.email } }),
        succeeded: 200,
        repeated: 200,
        state: async (received) => {
          if (received) {
            const { reset_token } = received.body as { reset_token: string };
            await expectRedeemed(user, reset_token);
          }
          return received ? 'new' : 'old';
        },
      };
    },
  },
  {
    endpoint: 'PUT /reset_password',
    calls: ['GetItem user', 'UpdateItem user', 'DeleteItem attempts', 'DeleteItem attempts'],
    prepare: async () => {
      const user = await direct.register();
      const session = await direct.logIn(user);
      const reset_token = await direct.askForToken(user);
      const form = { email: user.email, reset_token, new_password: 'new' };
      return {
        act: ({ request }) => request('PUT /reset_password', { form }),
        succeeded: 200,
        repeated: 403,
        state: async () => {
          const hasNew = await direct.canLogIn({ ...user, password: 'new' });
          expect(await direct.canLogIn(user)).toBe(!hasNew);
          expect(await direct.isLive(session)).toBe(!hasNew);
          return hasNew ? 'new' : 'old';
        },
      };
    },
  },
];

const ownAccount: Scenario[] = [
  {
    endpoint: 'GET /sessions',
    calls: ['BatchGetItem user + session', 'Query'],
    prepare: async () => {
      const session = await direct.logIn(await direct.register());
      return {
        act: ({ withSession }) => withSession('GET /sessions', session),
        succeeded: 200,
        repeated: 200,
        state: (received) => Promise.resolve(received ? 'new' : 'old'),
      };
    },
  },
  {
    endpoint: 'DELETE /sessions/{id}',
    calls: ['BatchGetItem user + session', 'Query', 'DeleteItem session'],
    prepare: async () => {
      const user = await direct.register();
      const [session, other] = [await direct.logIn(user), await direct.logIn(user)];
      const { body } = await direct.withSession('GET /sessions', other);
      const { sessions } = body as { sessions: { id: string; current: boolean }[] };
      const id = sessions.find(({ current }) => current)?.id ?? '';
      const cookies = [`session_id=${session}`];
      return {
        act: ({ request }) => request('DELETE /sessions/{id}', { id, cookies }),
        succeeded: 200,
        repeated: 404,
        state: async () => {
          expect(await direct.isLive(session)).toBe(true);
          return (await direct.isLive(other)) ? 'old' : 'new';
        },
      };
    },
  },
  {
    endpoint: 'DELETE /sessions/others',
    calls: ['BatchGetItem user + session', 'TransactWriteItems Update user'],
    prepare: async () => {
      const user = await direct.register();
      const [session, other] = [await direct.logIn(user), await direct.logIn(user)];
      return {
        act: ({ withSession }) => withSession('DELETE /sessions/others', session),
        succeeded: 200,
        repeated: 200,
        state: async () => {
          expect(await direct.isLive(session)).toBe(true);
          return (await direct.isLive(other)) ? 'old' : 'new';
        },
      };
    },
  },
  {
    endpoint: 'DELETE /sessions/all',
    calls: ['BatchGetItem user + session', 'TransactWriteItems Update user'],
    prepare: async () => {
      const user = await direct.register();
      const [session, other] = [await direct.logIn(user), await direct.logIn(user)];
      return {
        act: ({ withSession }) => withSession('DELETE /sessions/all', session),
        succeeded: 200,
        repeated: 403,
        state: async () => {
          const isLive = await direct.isLive(session);
          expect(await direct.isLive(other)).toBe(isLive);
          return isLive ? 'old' : 'new';
        },
      };
    },
  },
  {
    endpoint: 'PUT /password',
    calls: [
      'BatchGetItem user + session',
      'UpdateItem attempts',
      'TransactWriteItems Update user + Put session',
      'DeleteItem attempts',
    ],
    prepare: async () => {
      const user = await direct.register();
      const session = await direct.logIn(user);
      const form = { password: user.password, new_password: 'new' };
      const cookies = [`session_id=${session}`];
      return {
        act: ({ request }) => request('PUT /password', { form, cookies }),
        succeeded: 200,
        repeated: 403,
        state: async (received) => {
          const hasNew = await direct.canLogIn({ ...user, password: 'new' });
          expect(await direct.canLogIn(user)).toBe(!hasNew);
          expect(await direct.isLive(session)).toBe(!hasNew);
          if (received) expect(await direct.isLive(sessionOf(received))).toBe(true);
          return hasNew ? 'new' : 'old';
        },
      };
    },
  },
  {
    endpoint: 'DELETE /profile',
    calls: [
      'BatchGetItem user + session',
      'UpdateItem attempts',
      'TransactWriteItems Delete user + Delete marker',
      'DeleteItem attempts',
    ],
    prepare: async () => {
      const user = await direct.register();
      const session = await direct.logIn(user);
      const form = { password: user.password };
      const cookies = [`session_id=${session}`];
      return {
        act: ({ request }) => request('DELETE /profile', { form, cookies }),
        succeeded: 200,
        repeated: 403,
        state: async () => {
          const isThere = (await wholeAccount(user.email)) === 'new';
          expect(await direct.canLogIn(user)).toBe(isThere);
          expect(await direct.isLive(session)).toBe(isThere);
          return isThere ? 'old' : 'new';
        },
      };
    },
  },
];

const emails: Scenario[] = [
  {
    endpoint: 'POST /email_verification',
    calls: ['Query email-index', 'GetItem user', 'PutItem email_token'],
    prepare: async () => {
      const user = await direct.register();
      const form = { email: user.email };
      return {
        act: ({ request }) => request('POST /email_verification', { form }),
        succeeded: 200,
        repeated: 200,
        state: async (received) => {
          if (!received) return 'old';
          const { token } = received.body as { token: string };
          expect((await direct.redeemEmailToken(token)).status).toBe(200);
          return 'new';
        },
      };
    },
  },
  {
    endpoint: 'PUT /email',
    calls: [
      'BatchGetItem user + session',
      'UpdateItem attempts',
      'UpdateItem attempts',
      'DeleteItem attempts',
      'GetItem marker',
      'UpdateItem user',
    ],
    prepare: async () => {
      const user = await direct.register();
      const session = await direct.logIn(user);
      const form = { password: user.password, email: newEmail() };
      const cookies = [`session_id=${session}`];
      return {
        act: ({ request }) => request('PUT /email', { form, cookies }),
        succeeded: 200,
        repeated: 200,
        state: async (received) => {
          expect(await wholeAccount(user.email)).toBe('new');
          expect(await direct.isLive(session)).toBe(true);
          return received ? 'new' : 'old';
        },
      };
    },
  },
  {
    endpoint: 'PUT /email_verification, of the email',
    calls: [
      'BatchGetItem user + email_token',
      'UpdateItem attempts',
      'DeleteItem attempts',
      'DeleteItem attempts',
      'TransactWriteItems Update user + Delete email_token',
    ],
    prepare: async () => {
      const user = await direct.register();
      const token = await direct.askForVerification(user);
      return {
        act: ({ redeemEmailToken }) => redeemEmailToken(token),
        succeeded: 200,
        repeated: 200,
        state: async () => {
          const items = await scanTable();
          const isVerified = items.some(
            (item) => item['email'] === user.email && item['email_verified_at'] !== undefined,
          );
          const isLeft = items.some(
            (item) => item['item'] === emailTokenKey('', digest(token)).item,
          );
          expect(isLeft).toBe(!isVerified);
          return isVerified ? 'new' : 'old';
        },
      };
    },
  },
  {
    endpoint: 'PUT /email_verification, of another email',
    calls: [
      'BatchGetItem user + email_token',
      'UpdateItem attempts',
      'DeleteItem attempts',
      'DeleteItem attempts',
      'TransactWriteItems Update user + Put marker + Delete marker',
    ],
    prepare: async () => {
      const user = await direct.register();
      const session = await direct.logIn(user);
      const email = newEmail();
      const token = await direct.askForEmailChange(session, user.password, email);
      return {
        act: ({ redeemEmailToken }) => redeemEmailToken(token),
        succeeded: 200,
        repeated: 200,
        state: async () => {
          const state = await wholeAccount(email);
          expect(await wholeAccount(user.email)).toBe(state === 'new' ? 'old' : 'new');
          expect(await direct.canLogIn({ ...user, email })).toBe(state === 'new');
          expect(await direct.isLive(session)).toBe(state === 'old');
          return state;
        },
      };
    },
  },
];

async function expectRedeemed({ email }: Credentials, reset_token: string): Promise<void> {
  const form = { email, reset_token, new_password: 'new' };
  expect((await direct.request('PUT /reset_password', { form })).status).toBe(200);
}

const { functions } = readServerless();

/** Returns the timeout of the function of the route, in milliseconds. */
function timeLimitOf(endpoint: string): number {
  const [route = ''] = endpoint.split(',');
  const isOf = ({ httpApi }: { httpApi: string }) => httpApi === route;
  const its = Object.values(functions).find(({ events = [] }) => events.some(isOf));
  return (its ?? expect.fail(`No function has ${route}`)).timeout * 1000;
}

// Runs before the environment changes for other clients, as the SDK reads it at its first call.
beforeAll(() => direct.warmUp());

const proxies: Proxy[] = [];

afterAll(() => Promise.all(proxies.map((proxy) => proxy.stop())));

interface Sabotaged {
  client: Client;
  saboteur: Saboteur;
  /** The number of cases that have used the client. */
  cases: number;
}

/** The SDK stops retrying after the failures of some 25 cases. */
const MOST_CASES = 8;
const idle: Sabotaged[] = [];
let lastMade: Promise<unknown> = Promise.resolve();

/**
 * Lends each case a client of its own, as cases run in parallel. Clients are used again, because
 * each new import of the functions takes Vitest longer.
 */
async function sabotage(work: (sabotaged: Sabotaged) => Promise<void>): Promise<void> {
  const sabotaged = idle.pop() ?? (await makeSabotaged());
  await work(sabotaged);
  sabotaged.cases++;
  if (sabotaged.cases < MOST_CASES) idle.push(sabotaged);
}

/** Makes one client after the other, as each reads its settings from the environment. */
function makeSabotaged(): Promise<Sabotaged> {
  const made = lastMade.then(async () => {
    const saboteur = new Saboteur();
    const proxy = await startProxy(inject('dynamodb'), saboteur.intercept);
    proxies.push(proxy);
    const settings = { AWS_ENDPOINT_URL_DYNAMODB: proxy.url };
    return { client: await clientWith(settings), saboteur, cases: 0 };
  });
  lastMade = made.catch(() => undefined);
  return made;
}

/** Changes of an account by its user, which other changes of the account can keep from happening. */
const CONTENDED = [
  'TransactWriteItems Update user',
  'TransactWriteItems Update user + Put session',
  'TransactWriteItems Delete user + Delete marker',
];

function isContended(endpoint: string, call: string): boolean {
  const isOwnChange = call === 'UpdateItem user' && endpoint.startsWith('PUT /email');
  return CONTENDED.includes(call) || isOwnChange;
}

const all = [...scenarios, ...ownAccount, ...emails];

describe.concurrent.each(all)('$endpoint', (scenario) => {
  const { calls, endpoint, prepare } = scenario;

  it('makes exactly the calls that are tested with faults', async () => {
    const { act, succeeded } = await prepare();
    await sabotage(async ({ client, saboteur }) => {
      saboteur.arm(undefined);
      expect((await act(client)).status).toBe(succeeded);
      // The order of parallel calls may differ.
      expect(saboteur.calls.map(nameOf).sort()).toEqual(calls.toSorted());
    });
  });

  describe.each([...new Set(calls)])('at %s', (call) => {
    const kinds = faultsOf(call);

    it.each(kinds)('hides %s that happens once', async (kind) => {
      const { act, succeeded, repeated, state } = await prepare();
      await sabotage(async ({ client, saboteur }) => {
        saboteur.arm(kind, call);
        const received = await act(client);
        expect(saboteur.struck).toBe(true);
        expect(received.status).toBe(succeeded);
        expect(await state(received)).toBe('new');
        expect((await act(client)).status).toBe(repeated);
      });
    });

    it.each(kinds)(
      'answers 503, or 409 for contention, while %s lasts, and leaves the old or the new state',
      async (kind) => {
        const { act, succeeded, repeated, state } = await prepare();
        await sabotage(async ({ client, saboteur }) => {
          saboteur.arm(kind, call, true);
          const started = performance.now();
          const received = await act(client);
          expect(performance.now() - started).toBeLessThan(timeLimitOf(endpoint));
          expect(saboteur.struck).toBe(true);
          const is409 = kind === 'a conflict of writes' && isContended(endpoint, call);
          expect(received).toMatchObject({
            status: is409 ? 409 : 503,
            headers: { 'retry-after': expect.stringMatching(/^\d+$/) },
            body: is409
              ? { message: 'Another request is changing the account, please try again' }
              : { message: 'The service is busy, please try again' },
          });
          const left = await state(undefined);
          saboteur.arm(undefined);
          expect((await act(client)).status).toBe(left === 'new' ? repeated : succeeded);
        });
      },
    );
  });
});

describe.concurrent('the authorizer of other APIs', () => {
  const CALL = 'BatchGetItem user + session';

  it.each(faultsOf(CALL))('accepts a valid session even if %s happens once', async (kind) => {
    const session = await direct.logIn(await direct.register());
    await sabotage(async ({ client, saboteur }) => {
      saboteur.arm(kind, CALL);
      expect(await client.authorize(session)).toStrictEqual(await direct.authorize(session));
      expect(saboteur.struck).toBe(true);
    });
  });

  it.each(faultsOf(CALL))('fails, and accepts nobody, while %s lasts', async (kind) => {
    const session = await direct.logIn(await direct.register());
    await sabotage(async ({ client, saboteur }) => {
      saboteur.arm(kind, CALL, true);
      await expect(client.authorize(session)).rejects.toMatchObject({ code: 'unavailable' });
      saboteur.arm(undefined);
      expect(await client.authorize(session)).toMatchObject({ isAuthorized: true });
    });
  });
});

describe('a registration whose answer is lost', () => {
  it('is recognised by its marker after DynamoDB has forgotten the request', async () => {
    const client = new DynamoDBClient({});
    client.middlewareStack.add(
      (next, { commandName }) =>
        async (args) => {
          const result = await next(args);
          if (commandName !== 'TransactWriteItemsCommand') return result;
          // After ten minutes, DynamoDB treats the same request as a new one.
          return next({ ...args, input: { ...args.input, ClientRequestToken: randomUUID() } });
        },
      { step: 'initialize' },
    );
    const email = newEmail();
    const { id } = await createLibrary({ client }).db.addUser(email, '$2b$hash');
    expect(await wholeAccount(email)).toBe('new');
    expect(await createLibrary().db.findUserBy({ email })).toMatchObject({ id });
  });
});
