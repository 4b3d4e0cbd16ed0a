/**
 * What operators do, against what users do at that moment, each the first of the two; and whatever
 * goes wrong between it and DynamoDB: what is done is on record, and what is on record is done.
 */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { randomUUID } from 'node:crypto';
import { afterAll, describe, expect, inject, it } from 'vitest';
import { TIME_LIMITS } from '../../lib/aws/limits.ts';
import * as direct from '../support/client.ts';
import { faultsOf, Saboteur } from '../support/faults.ts';
import { findById } from '../../lib/users/find.ts';
import {
  auditOf,
  createLibrary,
  createOperators,
  scanTable,
  type Operators,
} from '../support/library.ts';
import { gate, hold, startProxy, type Interceptor, type Proxy } from '../support/proxy.ts';
import { clientWith } from '../support/settings.ts';

const { app, db } = createLibrary();
const { operators } = createOperators();

const proxies: Proxy[] = [];

afterAll(() => Promise.all(proxies.map((proxy) => proxy.stop())));

/** A client and operators whose calls to DynamoDB meet as the interceptor says. */
async function meeting(intercept: Interceptor) {
  const proxy = await startProxy(inject('dynamodb'), intercept);
  proxies.push(proxy);
  const client = new DynamoDBClient({ endpoint: proxy.url });
  return {
    client: await clientWith({ AWS_ENDPOINT_URL_DYNAMODB: proxy.url }),
    operators: createOperators({ client }).operators,
  };
}

async function register() {
  const user = await direct.register();
  const { id } = await db.findUserBy({ email: user.email });
  return { ...user, id };
}

type Registered = Awaited<ReturnType<typeof register>>;

/** Whether the user is kept out: no login, and so no session. */
async function isDisabled({ id, email, password }: Registered): Promise<boolean> {
  const { status } = await direct.request('POST /sessions', { form: { email, password } });
  expect([200, 403]).toContain(status);
  const user = await findById(app, id);
  expect(user?.disabled_at !== undefined).toBe(status === 403);
  return status === 403;
}

/** Enables the user, for no session of before to live. */
async function expectNoSession(user: Registered, ...sessions: string[]): Promise<void> {
  const areLive = () => Promise.all(sessions.map(direct.isLive));
  expect(await areLive()).toEqual(sessions.map(() => false));
  await operators.enable(user.id);
  expect(await areLive()).toEqual(sessions.map(() => false));
}

const CHANGE = 'TransactWriteItems Update user + Put audit';
const DELETION = 'TransactWriteItems Delete user + Delete marker + Put audit';

describe('disabling a user', () => {
  it.each([
    ['PutItem session', CHANGE],
    [CHANGE, 'PutItem session'],
  ])('leaves no session of a login alive: the %s after the %s', async (held, first) => {
    const user = await register();
    const { client, ...meet } = await meeting(hold(held, first));
    const [session] = await Promise.all([client.logIn(user), meet.operators.disable(user.id)]);
    expect(await isDisabled(user)).toBe(true);
    await expectNoSession(user, session);
  });

  it.each([
    ['UpdateItem user', CHANGE, 403],
    [CHANGE, 'UpdateItem user', 200],
  ])('outlasts a reset: the %s after the %s', async (held, first, status) => {
    const user = await register();
    const reset_token = await direct.askForToken(user);
    const { client, ...meet } = await meeting(hold(held, first));
    const form = { email: user.email, reset_token, new_password: 'new' };
    const [reset] = await Promise.all([
      client.request('PUT /reset_password', { form }),
      meet.operators.disable(user.id),
    ]);
    expect(reset.status).toBe(status);
    const password = status === 200 ? 'new' : user.password;
    expect(await isDisabled({ ...user, password })).toBe(true);
    await operators.enable(user.id);
    expect(await direct.canLogIn({ ...user, password })).toBe(true);
  });

  it.each([
    ['TransactWriteItems Update user + Put session', CHANGE, 403],
    [CHANGE, 'TransactWriteItems Update user + Put session', 200],
  ])('outlasts a change of password: the %s after the %s', async (held, first, status) => {
    const user = await register();
    const session = await direct.logIn(user);
    const { client, ...meet } = await meeting(hold(held, first));
    const [changed] = await Promise.all([
      client.request('PUT /password', {
        form: { password: user.password, new_password: 'new' },
        cookies: [`session_id=${session}`],
      }),
      meet.operators.disable(user.id),
    ]);
    expect(changed.status).toBe(status);
    const [, fresh = 'none'] = /^session_id=([^;]+)/.exec(changed.cookies?.[0] ?? '') ?? [];
    const password = status === 200 ? 'new' : user.password;
    expect(await isDisabled({ ...user, password })).toBe(true);
    await expectNoSession(user, session, fresh);
  });

  it('keeps a user from deleting the account, who could then register again', async () => {
    const user = await register();
    const session = await direct.logIn(user);
    const { client, ...meet } = await meeting(
      hold('TransactWriteItems Delete user + Delete marker', CHANGE),
    );
    const [deletion] = await Promise.all([
      client.request('DELETE /profile', {
        form: { password: user.password },
        cookies: [`session_id=${session}`],
      }),
      meet.operators.disable(user.id),
    ]);
    expect(deletion.status).toBe(403);
    expect(await isDisabled(user)).toBe(true);
  });

  it('ends the sessions of whoever ends those of others meanwhile', async () => {
    const user = await register();
    const session = await direct.logIn(user);
    const { client, ...meet } = await meeting(hold('TransactWriteItems Update user', CHANGE));
    const [others] = await Promise.all([
      client.withSession('DELETE /sessions/others', session),
      meet.operators.disable(user.id),
    ]);
    expect(others.status).toBe(403);
    await expectNoSession(user, session);
  });

  it('is done by one of several who do it at once, and on record once', async () => {
    const { id } = await register();
    const meet = await meeting(gate(CHANGE, 5));
    const changed = await Promise.all(Array.from({ length: 5 }, () => meet.operators.disable(id)));
    expect(changed.filter(Boolean)).toHaveLength(1);
    expect(await auditOf(id)).toHaveLength(1);
  });
});

describe('deleting a user', () => {
  it.each([
    ['PutItem session', DELETION],
    [DELETION, 'PutItem session'],
  ])('leaves nobody logged in: the %s after the %s', async (held, first) => {
    const user = await register();
    const { client, ...meet } = await meeting(hold(held, first));
    const [session] = await Promise.all([
      client.logIn(user),
      meet.operators.deleteUser(await db.findUserBy({ id: user.id })),
    ]);
    expect(await direct.isLive(session)).toBe(false);
    expect(await direct.canLogIn(user)).toBe(false);
    await direct.register(user);
    expect(await direct.isLive(session)).toBe(false);
  });

  it('is not undone by a reset', async () => {
    const user = await register();
    const reset_token = await direct.askForToken(user);
    const { client, ...meet } = await meeting(hold('UpdateItem user', DELETION));
    const form = { email: user.email, reset_token, new_password: 'new' };
    const [reset] = await Promise.all([
      client.request('PUT /reset_password', { form }),
      meet.operators.deleteUser(await db.findUserBy({ id: user.id })),
    ]);
    expect(reset.status).toBe(403);
    expect((await scanTable()).filter((item) => item['email'] === user.email)).toEqual([]);
  });

  it('is done by one of several who do it at once, and on record once', async () => {
    const { id } = await register();
    const user = await db.findUserBy({ id });
    const meet = await meeting(gate(DELETION, 5));
    const deletions = await Promise.allSettled(
      Array.from({ length: 5 }, () => meet.operators.deleteUser(user)),
    );
    expect(deletions.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await auditOf(id)).toHaveLength(1);
  });
});

interface Act {
  name: string;
  calls: string[];
  act: (operators: Operators, user: Registered) => Promise<unknown>;
  /** Whether it is done, by what is in the table of the user. */
  isDone: (user: Record<string, unknown> | undefined) => boolean;
}

const acts: Act[] = [
  {
    name: 'disable',
    calls: [CHANGE],
    act: (by, { id }) => by.disable(id),
    isDone: (user) => user?.['disabled_at'] !== undefined && user['session_epoch'] === 1,
  },
  {
    name: 'sign-out',
    calls: [CHANGE],
    act: (by, { id }) => by.signOut(id),
    isDone: (user) => user?.['session_epoch'] === 1,
  },
  {
    name: 'delete',
    calls: [DELETION],
    act: (by, { id, email }) => by.deleteUser({ id, email, hashed_password: '' }),
    isDone: (user) => user === undefined,
  },
  {
    name: 'show',
    calls: ['Query', 'GetItem attempts', 'PutItem audit'],
    act: (by, { id }) => by.show(id),
    // What is seen is seen by nobody who is told that it failed.
    isDone: () => true,
  },
];

const userItem = async (id: string) =>
  (await scanTable()).find((item) => item['id'] === id && item['item'] === 'user');

describe.each(acts)('$name', ({ name, calls, act, isDone }) => {
  describe.each(calls)('at %s', (call) => {
    const kinds = faultsOf(call);

    it.concurrent.each(kinds)('hides %s that happens once, and is on record once', async (kind) => {
      const user = await register();
      const saboteur = new Saboteur();
      const meet = await sabotaged(saboteur);
      saboteur.arm(kind, call);
      const result = await act(meet, user);
      expect(saboteur.struck).toBe(true);
      // As if nothing had happened: disabled by this call, and not before it.
      expect(result).not.toBe(false);
      expect(isDone(await userItem(user.id))).toBe(true);
      expect(await auditOf(user.id)).toMatchObject([{ act: name, actor: 'ann' }]);
    });

    it.concurrent.each(kinds)('is done and on record, or neither, while %s lasts', async (kind) => {
      const user = await register();
      const saboteur = new Saboteur();
      const meet = await sabotaged(saboteur);
      saboteur.arm(kind, call, true);
      await expect(act(meet, user)).rejects.toMatchObject({ code: 'unavailable' });
      const records = await auditOf(user.id);
      if (call.startsWith('TransactWriteItems')) {
        expect(records).toHaveLength(isDone(await userItem(user.id)) ? 1 : 0);
      }
      expect(records.length).toBeLessThanOrEqual(1);
    });
  });
});

/** Operators of their own, as the SDK stops retrying after many failures. */
async function sabotaged({ intercept }: Saboteur): Promise<Operators> {
  const proxy = await startProxy(inject('dynamodb'), intercept);
  proxies.push(proxy);
  const client = new DynamoDBClient({ endpoint: proxy.url, ...TIME_LIMITS });
  return createOperators({ client }).operators;
}

describe('an act whose answer was lost', () => {
  it.each(acts.filter(({ name }) => name !== 'show'))(
    'is known by its record when DynamoDB does not know the request any more: $name',
    async ({ act, isDone }) => {
      const client = new DynamoDBClient({});
      client.middlewareStack.add(
        (next, { commandName }) =>
          async (args) => {
            const result = await next(args);
            if (commandName !== 'TransactWriteItemsCommand') return result;
            // Ten minutes later, the same request is another one to DynamoDB.
            return next({ ...args, input: { ...args.input, ClientRequestToken: randomUUID() } });
          },
        { step: 'initialize' },
      );
      const user = await register();
      expect(await act(createOperators({ client }).operators, user)).not.toBe(false);
      expect(isDone(await userItem(user.id))).toBe(true);
      expect(await auditOf(user.id)).toHaveLength(1);
    },
  );
});
