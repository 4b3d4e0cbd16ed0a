/** The number of sessions that a user has at once (OWASP ASVS 5.0, 7.1.2). */
import { BatchWriteCommand } from '@aws-sdk/lib-dynamodb';
import { beforeEach, describe, expect, it } from 'vitest';
import { generateToken } from '../../../lib/core/token.ts';
import type { SessionItem } from '../../../lib/db/items.ts';
import { logIn as logInWith } from '../../../lib/login/password.ts';
import { endOtherSessions, listSessions } from '../../../lib/sessions/manage.ts';
import { newSession } from '../../../lib/sessions/session.ts';
import {
  createLibrary,
  documents,
  interceptedClient,
  newEmail,
  scanTable,
  tableName,
} from '../../support/library.ts';

const { app, auth, clock, logIn } = createLibrary();

const MAX = 100;

let id: string;
let email: string;

beforeEach(async () => {
  ({ id, email } = await auth.registerUser(newEmail(), 'pwd'));
});

/** Adds sessions without a login, each a second older than the next. The last one is of this second. */
async function addSessions(number: number): Promise<string[]> {
  const sessions = Array.from({ length: number }, () => generateToken(id));
  const items = sessions.map((session_id, i) => {
    const at = { ...app, now: () => clock.now - (number - 1 - i) };
    const client = { user_agent: 'x'.repeat(200) };
    return newSession(at, id, session_id, { epoch: 0, methods: [], client });
  });
  for (let i = 0; i < number; i += 25) await write(items.slice(i, i + 25));
  return sessions;
}

async function write(items: SessionItem[]): Promise<void> {
  const requests = items.map((Item) => ({ PutRequest: { Item } }));
  await documents.send(new BatchWriteCommand({ RequestItems: { [tableName]: requests } }));
}

const isLive = async (session_id = ''): Promise<boolean> =>
  (await auth.getUserFromSessionId(session_id)) !== null;

const countItems = async (): Promise<number> =>
  (await scanTable()).filter((item) => item['id'] === id && 'session_id' in item).length;

describe('a login', () => {
  it('ends the oldest session of a user who has a hundred, and no other', async () => {
    const [first, second, ...rest] = await addSessions(MAX - 1);
    clock.advance(1);
    const last = await logIn(email);
    expect(await isLive(first)).toBe(true);
    const over = await logIn(email);
    expect(await isLive(first)).toBe(false);
    for (const session_id of [second, rest[0], rest.at(-1), last, over]) {
      expect(await isLive(session_id)).toBe(true);
    }
    expect(await listSessions(app, over)).toHaveLength(MAX);
  });

  it('ends no live session while there are ended ones, of which it removes one', async () => {
    const [oldest = ''] = await addSessions(MAX);
    await endOtherSessions(app, oldest);
    clock.advance(1);
    const fresh = await logIn(email);
    expect([await isLive(oldest), await isLive(fresh)]).toEqual([true, true]);
    expect(await countItems()).toBe(MAX);
  });

  it('ends no further session if it ends the one that the client sends', async () => {
    const sessions = await addSessions(MAX);
    const presented = sessions.at(-1);
    const fresh = await logInWith(app, email, 'pwd', {}, { presented });
    expect(await isLive(presented)).toBe(false);
    expect(await isLive(sessions[0])).toBe(true);
    expect(await listSessions(app, fresh)).toHaveLength(MAX);
  });

  it('brings back to a hundred what logins at the same moment had added', async () => {
    await addSessions(MAX);
    await Promise.all(Array.from({ length: 10 }, () => auth.createSession(email)));
    expect(await countItems()).toBeLessThan(MAX + 10);
    clock.advance(1);
    expect(await listSessions(app, await logIn(email))).toHaveLength(MAX);
  });
});

describe('a user with thousands of sessions', () => {
  it('gets a list from one page, and has fewer of them after each login', async () => {
    const number = 3000;
    await addSessions(number);
    let queries = 0;
    const client = interceptedClient((command) => {
      if (command === 'QueryCommand') queries++;
      return Promise.resolve();
    });
    const session_id = await logIn(email);
    expect(await countItems()).toBe(number + 1 - 25);
    const listed = await listSessions(createLibrary({ client, now: app.now }).app, session_id);
    expect(queries).toBe(1);
    expect(listed.length).toBeGreaterThan(MAX);
    expect(listed.length).toBeLessThan(number);
  });
});
