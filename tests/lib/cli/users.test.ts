import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { userInfo } from 'node:os';
import { PassThrough } from 'node:stream';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { main } from '../../../lib/cli/users.ts';
import { getVerificationToken } from '../../../lib/emails/verify.ts';
import { getChangeToken } from '../../../lib/emails/change.ts';
import { findMark, takeMailEvent } from '../../../lib/mail/undeliverable.ts';
import { disableUser, purgeUnverified } from '../../../lib/operators/operators.ts';
import { findEmailToken } from '../../../lib/tokens/email-token.ts';
import { findById } from '../../../lib/users/find.ts';
import { freePort } from '../../../lib/emulator/ports.mjs';
import { startAws } from '../../support/aws.ts';
import { runCommand, runScript, type Result } from '../../support/cli.ts';
import {
  auditOf,
  createLibrary,
  createOperators,
  documents,
  newEmail,
  scanTable,
  tableName,
} from '../../support/library.ts';
import { logOf } from '../../support/log.ts';
import { bounceOf } from '../../support/mail-events.ts';
import { startProxy } from '../../support/proxy.ts';
import { findBlock } from '../../support/readme.ts';
import { readServerless } from '../../support/serverless.ts';

// The commands go by the system's clock.
const now = (): number => Math.floor(Date.now() / 1000);
const { app, auth } = createLibrary({ now });
const { operators } = createOperators({ now });

const OPERATOR = userInfo().username;
const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/);

const register = async () => auth.registerUser(newEmail(), 'pwd');

async function logIn(email: string): Promise<string> {
  return (await auth.logIn(email, 'pwd')) ?? expect.fail('refused');
}

/** What a command printed as its result, and what it said beside it. */
function read({ status, stdout, stderr }: Result) {
  return { status, result: stdout && (JSON.parse(stdout) as unknown), said: stderr.trimEnd() };
}

/** Runs the command, with the events that it logged. */
async function users(
  args: string[],
  env?: Record<string, string | undefined>,
  input?: PassThrough,
) {
  let result: Result | undefined;
  const events = await logOf(async () => (result = await runCommand(main, args, env, input)));
  return { ...read(result ?? expect.fail()), events };
}

const done = (result: object, said: RegExp | string = '') => ({
  ...{ status: 0, result },
  said: typeof said === 'string' ? said : expect.stringMatching(said),
});

const event = (act: string, user_id: string) => ({
  ...{ event: 'authz_admin', outcome: 'success', act, user_id, actor: OPERATOR },
});

describe('npm run users --', () => {
  it('disable and enable take effect once, for every way to name a user', async () => {
    const { id, email } = await register();
    const session = await logIn(email);
    const [handle = ''] = (await operators.show(id)).sessions.map((each) => each.id);
    const first = await users(['disable', handle, '--reason', 'abuse, case 17']);
    expect(first).toMatchObject(done({ id, changed: true }, /^Disabled\. /));
    expect(first.events).toMatchObject([event('disable', id)]);
    expect(await auth.getUserFromSessionId(session)).toBeNull();
    expect(await auth.validLogin(email, 'pwd')).toBe(false);
    const again = await users(['disable', email]);
    expect(again).toEqual({ ...done({ id, changed: false }, 'Already disabled.'), events: [] });

    const enabled = await users(['enable', id]);
    expect(enabled).toMatchObject(done({ id, changed: true }, /^Enabled\. /));
    expect(await auth.validLogin(email, 'pwd')).toBe(true);
    const enabledAgain = await users(['enable', email]);
    expect(enabledAgain).toMatchObject(done({ id, changed: false }, 'Already enabled.'));
    const [, disabling, enabling, ...more] = await auditOf(id);
    expect(disabling).toMatchObject({
      ...{ act: 'disable', actor: OPERATOR, reason: 'abuse, case 17' },
    });
    expect(enabling).toMatchObject({ act: 'enable', actor: OPERATOR });
    expect(enabling).not.toHaveProperty('reason');
    expect(more).toEqual([]);
  });

  it('sign-out ends every session, and the password still works', async () => {
    const { id, email } = await register();
    const session = await logIn(email);
    const { events, ...rest } = await users(['sign-out', email]);
    expect(rest).toMatchObject(done({ id, changed: true }, 'All sessions have ended.'));
    expect(events).toMatchObject([event('sign-out', id)]);
    expect(await auth.getUserFromSessionId(session)).toBeNull();
    expect(await auth.validLogin(email, 'pwd')).toBe(true);
  });

  it('cancel-email-change voids the pending change', async () => {
    const { id, email } = await register();
    const session_id = await logIn(email);
    await getChangeToken(app, { session_id, password: 'pwd', email: newEmail() });
    const cancel = ['cancel-email-change', email, '--reason', 'a stranger asked for it'];
    const { events, ...rest } = await users(cancel);
    expect(rest).toMatchObject(done({ id, changed: true }, 'The email stays the same.'));
    expect(events).toMatchObject([event('cancel-email-change', id)]);
    const again = await users(cancel);
    expect(again).toMatchObject(done({ id, changed: false }, 'No change of email was pending.'));
    expect(await auditOf(id)).toMatchObject([{ reason: 'a stranger asked for it' }]);
  });

  it('unlock lets the user try passwords again', async () => {
    const { id, email } = await register();
    for (let i = 0; i < 6; i++) await auth.logIn(email, 'no').catch(() => null);
    const { events, ...rest } = await users(['unlock', email]);
    expect(rest).toMatchObject(
      done({ id, changed: true }, 'Unlocked. The user can try passwords again.'),
    );
    expect(events).toMatchObject([event('unlock', id)]);
    await logIn(email);
  });

  it('unmark lets mail be sent to the address again', async () => {
    const { id, email } = await register();
    await takeMailEvent(app, bounceOf(email));
    const shown = await users(['show', email]);
    expect(shown.result).toMatchObject({
      user: { undeliverable: { reason: 'bounce', at: TIME } },
    });
    const { events, ...rest } = await users(['unmark', email]);
    expect(rest).toMatchObject(
      done({ id, changed: true }, 'Unmarked. Mail is sent to the address again.'),
    );
    expect(events).toMatchObject([event('unmark', id)]);
    expect(await findMark(app, email)).toBeUndefined();
  });

  it('show and find-session print dates that people can read', async () => {
    const { id, email } = await register();
    await logIn(email);
    await operators.disable(id);
    await operators.enable(id);
    const session_id = await logIn(email);
    const shown = await users(['show', email]);
    const session = { id: expect.stringContaining(`${id}.`), ip: null, user_agent: null };
    const times = { created_at: TIME, last_seen_at: TIME, expires_at: TIME };
    expect(shown).toMatchObject({ status: 0, said: '', events: [event('show', id)] });
    expect(shown.result).toEqual({
      id,
      user: {
        ...{ email, created_at: TIME, updated_at: TIME, language: null, disabled_at: null },
        ...{ reset_token_expires_at: null, pending_email: null, undeliverable: null },
        attempts: { count: 0, failures: 0, wait_seconds: 0 },
      },
      sessions: [{ ...session, ...times, current: false }],
      audit: ['disable', 'enable'].map((act) => ({
        ...{ at: TIME, act, actor: 'ann', reason: 'asked for' },
      })),
    });
    expect(JSON.stringify(shown)).not.toContain(session_id);

    const { sessions } = shown.result as { sessions: { id: string }[] };
    const found = await users(['find-session', sessions[0]?.id ?? '']);
    expect(found.events).toMatchObject([event('find-session', id)]);
    expect(found.result).toMatchObject({
      id,
      user: { email },
      session: { ...session, ...times, live: true },
    });
  });

  it('delete --yes removes the user and keeps the records', async () => {
    const { id, email } = await register();
    const session = await logIn(email);
    const { events, ...rest } = await users(['delete', email, '--yes']);
    expect(rest).toEqual(done({ id, email, changed: true }, 'Deleted.'));
    expect(events).toMatchObject([event('delete', id)]);
    expect(await auth.getUserFromSessionId(session)).toBeNull();
    expect(await auth.createSession(email)).toBeNull();
    expect(await users(['show', id])).toMatchObject(
      done({ id, user: null, sessions: [], audit: [{ act: 'delete', actor: OPERATOR }] }),
    );
    expect(await users(['delete', id, '--yes'])).toMatchObject({ status: 1, result: '' });
  });

  /** Standard input as a terminal. */
  const terminal = () => Object.assign(new PassThrough(), { isTTY: true });

  const QUESTION = /^This deletes the user .* for good\. Type the email to confirm: /;

  it('delete removes the user when the email is typed', async () => {
    const { id, email } = await register();
    const input = terminal();
    input.end(`${email}\n`);
    const { said, ...deleted } = await users(['delete', id], {}, input);
    expect(deleted).toMatchObject({ status: 0, result: { id, email, changed: true } });
    expect(said).toMatch(QUESTION);
    expect(said).toContain(email);
    expect(await auth.createSession(email)).toBeNull();
  });

  it.each([
    ['another word is typed', 'ben@example.com\n'],
    ['an empty line is typed', '\n'],
    ['the terminal is closed', ''],
  ])('delete removes nothing when %s', async (_, typed) => {
    const { email } = await register();
    const before = await scanTable();
    const input = terminal();
    input.end(typed);
    const { said, ...refused } = await users(['delete', email], {}, input);
    expect(refused).toEqual({ status: 1, result: '', events: [] });
    expect(said).toMatch(QUESTION);
    expect(said).toMatch(/The email does not match: nothing was deleted\.$/);
    expect(await scanTable()).toEqual(before);
  });

  describe('purge-unverified', () => {
    const DAY = 24 * 60 * 60;
    const old = createLibrary({ now: () => now() - 30 * DAY - 5 });

    it('deletes old users without a verified email and all that is theirs, if asked to', async () => {
      const { id, email, session_id } = await old.newcomer();
      const token = await getVerificationToken(old.app, email);
      const verified = await old.newcomer();
      await documents.send(
        new UpdateCommand({
          TableName: tableName,
          Key: { id: verified.id, item: 'user' },
          UpdateExpression: 'SET email_verified_at = :now',
          ExpressionAttributeValues: { ':now': now() },
        }),
      );
      const banned = await old.newcomer();
      await disableUser(old.app, banned.id, { actor: 'ann' });
      const { id: recent } = await register();
      const before = await scanTable();
      const dry = await users(['purge-unverified', '--older-than', '30d']);
      expect(dry).toMatchObject({
        result: { written: false, users: [{ id, email, created_at: TIME }], changed_meanwhile: 0 },
        said: 'Nothing was deleted. Add --write to delete these users.',
        events: [],
      });
      expect(await scanTable()).toEqual(before);
      expect(await users(['purge-unverified', '--older-than', '31d', '--write'])).toMatchObject({
        result: { written: true, users: [] },
      });

      const args = ['purge-unverified', '--older-than', '30d', '--write', '--reason', 'bounces'];
      const { result, events } = await users(args);
      expect(result).toMatchObject({ written: true, users: [{ id, email }], changed_meanwhile: 0 });
      expect(events).toMatchObject([event('purge-unverified', id)]);
      expect(await auth.getUserFromSessionId(session_id)).toBeNull();
      expect(await findEmailToken(auth.app, token)).toBeUndefined();
      const left = await scanTable();
      expect(left.filter((item) => item['id'] === id)).toMatchObject([
        { act: 'purge-unverified', actor: OPERATOR, reason: 'bounces' },
      ]);
      expect(left.some((item) => item['id'] === `email#${email}`)).toBe(false);
      for (const other of [verified.id, banned.id, recent]) {
        expect(left.some((item) => item['id'] === other && item['item'] === 'user')).toBe(true);
      }
    });

    it.each(['email_verified_at', 'disabled_at', 'updated_at', 'session_epoch'])(
      'deletes nobody whose %s has changed since the look',
      async (attribute) => {
        const { id, email } = await old.newcomer();
        const read = (await findById(old.app, id)) ?? expect.fail();
        await documents.send(
          new UpdateCommand({
            TableName: tableName,
            Key: { id, item: 'user' },
            UpdateExpression: 'SET #attribute = :now',
            ExpressionAttributeNames: { '#attribute': attribute },
            ExpressionAttributeValues: { ':now': now() },
          }),
        );
        expect(await purgeUnverified(old.app, read, { actor: 'ann' })).toBe(false);
        expect(await findById(old.app, id)).toMatchObject({ email });
        expect(await auditOf(id)).toEqual([]);
      },
    );

    it.each([[], ['--older-than', '30'], ['--older-than', '0d'], ['--older-than', 'd']])(
      'asks for an age: %s',
      async (...args) => {
        expect(await users(['purge-unverified', ...args])).toMatchObject({
          ...{ status: 2, said: 'Give an age in days: --older-than 30d.' },
        });
      },
    );
  });

  it('delete removes nothing when there is no terminal', async () => {
    const { email } = await register();
    const before = await scanTable();
    const pipe = new PassThrough();
    pipe.end(`${email}\n`);
    for (const input of [undefined, pipe]) {
      expect(await users(['delete', email], {}, input)).toEqual({
        ...{ status: 2, result: '', events: [] },
        said: 'Standard input is not a terminal: add --yes to confirm.',
      });
    }
    expect(await scanTable()).toEqual(before);
  });

  describe('against a stage', () => {
    const ARN = 'arn:aws:sts::123456789012:assumed-role/operators/ann';

    /** DynamoDB, not known as one on this machine. */
    const elsewhere = inject('dynamodb').replace('127.0.0.1', '0.0.0.0');

    it('is a script that finds the table by the stack, and the operator by the credentials', async () => {
      const { service } = readServerless();
      const aws = await startAws(ARN, { [`${service}-prod`]: tableName });
      onTestFinished(aws.stop);
      const env = { ...aws.env, AWS_ENDPOINT_URL_DYNAMODB: elsewhere, TABLE_NAME: undefined };
      const { id, email } = await register();
      const disabled = await runScript('users', ['disable', email, '--stage', 'prod'], env);
      // Standard output has the result alone.
      const { status, result, said } = read(disabled);
      expect({ status, result }).toEqual({ status: 0, result: { id, changed: true } });
      const [line = '', ...more] = said.split('\n');
      expect(JSON.parse(line)).toMatchObject({ act: 'disable', user_id: id, actor: ARN });
      expect(more).toEqual([expect.stringMatching(/^Disabled\. /)]);
      expect(await auditOf(id)).toMatchObject([{ act: 'disable', actor: ARN }]);

      expect(
        await users(['show', email, '--stage', 'staging', '--region', 'x'], env),
      ).toMatchObject({
        ...{ status: 2, result: '' },
        said: `The stack ${service}-staging does not exist in this account and region, or has no table.`,
      });
    });

    it('does nothing if it cannot find out who the operator is', async () => {
      const sts = `http://127.0.0.1:${String(await freePort())}`;
      const env = { AWS_ENDPOINT_URL_DYNAMODB: elsewhere, AWS_ENDPOINT_URL_STS: sts };
      const { id, email } = await register();
      const { status, said } = await users(['disable', email], env);
      expect(status).toBe(1);
      expect(said).toContain('ECONNREFUSED');
      expect(await operators.enable(id)).toBe(false);
      expect(await auditOf(id)).toEqual([]);
    });

    it('knows the table of npm start, which is on this machine', async () => {
      const local = ['show', newEmail(), '--stage', 'local'];
      expect(await users(local)).toMatchObject({
        ...{ status: 2, result: '' },
        said: 'The table does not exist in this account and region.',
      });
      const elsewhere = { AWS_ENDPOINT_URL_DYNAMODB: 'https://dynamodb.example' };
      expect(await users(local, elsewhere)).toMatchObject({
        ...{ status: 2, result: '' },
        said: 'Unset AWS_ENDPOINT_URL_DYNAMODB: it is not on this machine.',
      });
    });
  });

  it.each([
    ['an unknown user', ['show', newEmail()], 1, /^There is no such user$/],
    [
      'an unknown session',
      ['find-session', `${crypto.randomUUID()}.${'x'.repeat(22)}`],
      1,
      /^There is no such session$/,
    ],
    ['nothing', [], 2, /^Usage: npm run users -- show/],
    ['a command that is none', ['__proto__', 'a@b.example'], 2, /^Usage: /],
    ['nobody', ['disable'], 2, /^Usage: /],
    ['too many', ['disable', 'a@b.example', 'c@d.example'], 2, /^Usage: /],
    ['no name of a user', ['disable', 'ann'], 2, /^A user is named by /],
    ['no name of a session', ['find-session', newEmail()], 2, /^That is not the id of a session$/],
    ['an unknown option', ['show', newEmail(), '--now'], 2, /^Unknown option '--now'/],
    ['--write', ['show', newEmail(), '--write'], 2, /^show takes no --write\. Usage: /],
    [
      '--older-than',
      ['--older-than=3d', 'disable', newEmail()],
      2,
      /^disable takes no --older-than/,
    ],
    ['--yes', ['find-session', 'x', '--yes'], 2, /^find-session takes no --yes/],
    ['--yes', ['purge-unverified', '--yes'], 2, /^purge-unverified takes no --yes/],
    ['no table', ['show', newEmail(), '--table='], 2, /^Name the table with /],
    ['two tables', ['show', newEmail(), '--table=a', '--stage=b'], 2, /, not both\.$/],
    [
      'a table that is not there',
      ['show', newEmail(), '--table=none'],
      2,
      /^The table does not exist/,
    ],
  ])('answers %s with one sentence', async (_, args, status, sentence) => {
    const result = await users(args);
    expect(result).toMatchObject({ status, result: '', events: [] });
    expect(result.said).toMatch(sentence);
    expect(result.said).not.toContain('\n');
  });

  it('says at which address DynamoDB is out of reach', async () => {
    const endpoint = `http://127.0.0.1:${String(await freePort())}`;
    const env = { AWS_ENDPOINT_URL_DYNAMODB: endpoint };
    const { status, said } = await users(['disable', newEmail()], env);
    expect(status).toBe(1);
    expect(said).toMatch(/^The service is busy, please try again \(.*ECONNREFUSED/);
  });
});

describe('the rights of operators', () => {
  it('are those in its README, and each is needed', async () => {
    const needed = new Set(['cloudformation:DescribeStackResource']);
    const proxy = await startProxy(inject('dynamodb'), ({ operation, input }, forward) => {
      const { IndexName = '', TransactItems } = input;
      const actions = TransactItems?.flatMap(Object.keys).map((verb) => `${verb}Item`);
      for (const action of actions ?? [operation]) needed.add(`dynamodb:${action} ${IndexName}`);
      return forward();
    });
    onTestFinished(proxy.stop);
    const by = createOperators({ client: new DynamoDBClient({ endpoint: proxy.url }) }).operators;
    const { id, email } = await register();
    await by.disable(id);
    await by.enable(id);
    await by.signOut(id);
    await by.unlock((await by.findUser(email)).id);
    await by.show(id);
    await by.deleteUser(await by.findUser(email));
    await runCommand(main, ['purge-unverified', '--older-than', '9999d'], {
      AWS_ENDPOINT_URL_DYNAMODB: proxy.url,
    });

    const policy = findBlock('lib/cli/README.md', '"Version"');
    const { Statement } = JSON.parse(policy.text) as {
      Statement: { Action: string | string[]; Resource: string }[];
    };
    const rights = Statement.flatMap(({ Action, Resource }) => {
      const [, index = ''] = /\/index\/(.*)$/.exec(Resource) ?? [];
      return [Action]
        .flat()
        .map((each) => (each.startsWith('dynamodb:') ? `${each} ${index}` : each));
    });
    expect(rights.sort()).toEqual([...needed].sort());
  });
});
