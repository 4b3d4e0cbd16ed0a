import { describe, expect, it } from 'vitest';
import { digest, generateToken, generateUuid } from '../../../lib/core/token.ts';
import { getChangeToken } from '../../../lib/emails/change.ts';
import { getVerificationToken, redeemEmailToken } from '../../../lib/emails/verify.ts';
import { findEmailToken } from '../../../lib/tokens/email-token.ts';
import { auditOf, createLibrary, operatorsOf, newEmail, scanTable } from '../../support/library.ts';
import { logOf } from '../../support/log.ts';
import { bounceOf } from '../../support/mail-events.ts';
import { findMark, takeMailEvent } from '../../../lib/mail/undeliverable.ts';
import { getResetTokenToMail } from '../../../lib/passwords/reset.ts';
import { changePassword } from '../../../lib/passwords/change.ts';

const { app, auth, clock, db } = createLibrary();
const operators = operatorsOf(app);

const register = async () => auth.registerUser(newEmail(), 'pwd');

async function logIn(email: string): Promise<string> {
  return (await auth.logIn(email, 'pwd')) ?? expect.fail('refused');
}

const isLive = async (session_id: string): Promise<boolean> =>
  (await auth.getUserFromSessionId(session_id)) !== null;

const refused = (code: string) => expect.objectContaining({ name: 'AuthError', code });

const notFound = refused('user_not_found');

const userItem = async (id: string) =>
  (await scanTable()).find((item) => item['id'] === id && item['item'] === 'user');

const record = (act: string) => ({ at: clock.now, act, actor: 'ann', reason: 'asked for' });

/** Returns the ids of the valid sessions, the newest first. */
const sessionsOf = async (id: string): Promise<string[]> =>
  (await operators.show(id)).sessions.map((session) => session.id);

describe('Operators.disable', () => {
  it('ends every session, and prevents new ones with or without the password', async () => {
    const { id, email } = await register();
    const sessions = [await logIn(email), await logIn(email)];
    expect(await operators.disable(id)).toBe(true);
    for (const session of sessions) expect(await isLive(session)).toBe(false);
    await expect(auth.logIn(email, 'pwd')).rejects.toThrow(refused('account_disabled'));
    expect(await auth.validLogin(email, 'pwd')).toBe(false);
    expect(await auth.createSession(email)).toBeNull();
    expect(await sessionsOf(id)).toEqual([]);
  });

  it('shows only in a login with the right password, and attempts count as usual', async () => {
    const { id, email } = await register();
    await operators.disable(id);
    for (let i = 0; i < 4; i++) expect(await auth.logIn(email, 'wrong')).toBeNull();
    await expect(auth.logIn(email, 'pwd')).rejects.toThrow(refused('account_disabled'));
    for (let i = 0; i < 5; i++) expect(await auth.logIn(email, 'wrong')).toBeNull();
    await expect(auth.logIn(email, 'pwd')).rejects.toThrow(refused('too_many_attempts'));
  });

  it('invalidates every session, even one of the current epoch', async () => {
    const { id } = await register();
    await operators.disable(id);
    const session_id = generateToken(id);
    await db.updateUser(id, { session_id });
    expect(await isLive(session_id)).toBe(false);
    expect(await sessionsOf(id)).toEqual([]);
  });

  it('invalidates earlier reset tokens and those requested while the user is disabled', async () => {
    const { id, email } = await register();
    const before = await auth.getResetPasswordToken(email);
    await operators.disable(id);
    const during = await auth.getResetPasswordToken(email);
    for (const token of [before, during]) {
      await expect(auth.updatePassword(token, 'new')).rejects.toThrow(refused('bad_reset_token'));
      await expect(db.findUserBy({ reset_token: token })).rejects.toThrow(notFound);
    }
    expect(await operators.show(id)).toMatchObject({ user: { reset_token_expires_at: null } });
    expect(await getResetTokenToMail(app, email, 'an invocation')).toBeUndefined();
    await operators.enable(id);
    for (const token of [before, during]) {
      await expect(auth.updatePassword(token, 'new')).rejects.toThrow(refused('bad_reset_token'));
    }
    await auth.updatePassword(await auth.getResetPasswordToken(email), 'new');
    expect(await auth.validLogin(email, 'new')).toBe(true);
  });

  it('writes the time and a record in one transaction, and nothing the second time', async () => {
    const { id, email, hashed_password } = await register();
    const { created_at } = (await userItem(id)) ?? {};
    await auth.getResetPasswordToken(email);
    clock.advance(10);
    await operators.disable(id);
    expect(await userItem(id)).toEqual({
      ...{ id, item: 'user', email, hashed_password, created_at, session_epoch: 1 },
      ...{ disabled_at: clock.now, updated_at: clock.now },
    });
    expect(await auditOf(id)).toEqual([
      { id, item: expect.stringMatching(/^audit#[\da-f-]{36}$/), ...record('disable') },
    ]);
    const then = await scanTable();
    clock.advance(10);
    expect(await operators.disable(id)).toBe(false);
    expect(await scanTable()).toEqual(then);
  });
});

describe('Operators.enable', () => {
  it('lets the user log in again, and restores no session', async () => {
    const { id, email } = await register();
    const before = await logIn(email);
    await operators.disable(id);
    // Other code may create such a session through the library.
    const during = generateToken(id);
    await db.updateUser(id, { session_id: during });
    expect(await operators.enable(id)).toBe(true);
    for (const session of [before, during]) expect(await isLive(session)).toBe(false);
    expect(await isLive(await logIn(email))).toBe(true);
    expect(await userItem(id)).not.toHaveProperty('disabled_at');
    expect(await auditOf(id)).toMatchObject([record('disable'), record('enable')]);
  });

  it('changes nothing if the user is not disabled', async () => {
    const { id, email } = await register();
    const session = await logIn(email);
    const before = await scanTable();
    expect(await operators.enable(id)).toBe(false);
    expect(await scanTable()).toEqual(before);
    expect(await isLive(session)).toBe(true);
  });
});

describe('Operators.unlock', () => {
  it('lets the user log in and confirm the password again, and is recorded', async () => {
    const { id, email } = await register();
    const session_id = await logIn(email);
    const confirm = (password: string) => changePassword(app, session_id, password, 'new');
    const token = await getVerificationToken(app, email);
    const redeem = (password: string) => redeemEmailToken(app, token, { password });
    for (let i = 0; i < 6; i++) {
      await auth.logIn(email, 'wrong').catch(() => null);
      await confirm('wrong').catch(() => null);
      await redeem('wrong').catch(() => null);
    }
    await expect(auth.logIn(email, 'pwd')).rejects.toThrow(refused('too_many_attempts'));
    await expect(confirm('pwd')).rejects.toThrow(refused('too_many_attempts'));
    await expect(redeem('pwd')).rejects.toThrow(refused('too_many_attempts'));
    await operators.unlock(id);
    expect(await auth.getUserFromSessionId(session_id)).not.toBeNull();
    await logIn(email);
    await redeem('pwd');
    await confirm('pwd');
    expect(await auditOf(id)).toMatchObject([record('unlock')]);
  });
});

describe('Operators.signOut', () => {
  it('ends every session of the user and no session of another user', async () => {
    const { id, email } = await register();
    const sessions = [await logIn(email), await logIn(email)];
    const other = await logIn((await register()).email);
    await operators.signOut(id);
    for (const session of sessions) expect(await isLive(session)).toBe(false);
    expect(await isLive(other)).toBe(true);
    expect(await isLive(await logIn(email))).toBe(true);
    expect(await auditOf(id)).toMatchObject([record('sign-out')]);
  });
});

describe('Operators.deleteUser', () => {
  it.each([
    ['disabled', true],
    ['not disabled', false],
  ])('deletes a user who is %s, frees the email and keeps the records', async (_, disabled) => {
    const user = await register();
    const { id, email } = user;
    const session = await logIn(email);
    if (disabled) await operators.disable(id);
    await operators.deleteUser(user);
    expect(await isLive(session)).toBe(false);
    expect(await auth.logIn(email, 'pwd')).toBeNull();
    const left = (await scanTable()).filter(
      (item) => item['id'] === id || item['user_id'] === id || item['email'] === email,
    );
    expect(left.map(({ item }) => String(item).replace(/#.*/, ''))).toEqual([
      ...(disabled ? ['audit'] : []),
      'audit',
      'session',
    ]);
    expect(await operators.show(id)).toMatchObject({
      user: null,
      sessions: [],
      audit: [...(disabled ? [record('disable')] : []), record('delete')],
    });
    await expect(operators.deleteUser(user)).rejects.toThrow(notFound);
    expect((await auth.registerUser(email, 'new')).id).not.toBe(id);
  });

  it('deletes nobody if the email has changed since it was read', async () => {
    const user = await register();
    const email = newEmail();
    await db.updateUser(user.id, { email });
    const before = await scanTable();
    await expect(operators.deleteUser(user)).rejects.toThrow(notFound);
    expect(await scanTable()).toEqual(before);
  });
});

describe('Operators.show', () => {
  it('returns everything about a user except secrets', async () => {
    const { id, email, hashed_password } = await register();
    const created_at = clock.now;
    const client = { ip: '192.0.2.7', user_agent: 'Firefox' };
    const older = (await auth.logIn(email, 'pwd', client)) ?? expect.fail('refused');
    clock.advance(10);
    const newer = await logIn(email);
    const reset_token = await auth.getResetPasswordToken(email);
    for (let i = 0; i < 6; i++) await auth.logIn(email, 'wrong').catch(() => null);
    const session = { id: expect.stringContaining(`${id}.`), current: false };
    const limits = (at: number) => ({
      created_at: at,
      last_seen_at: at,
      expires_at: at + 7 * 24 * 60 * 60,
    });
    const overview = await operators.show(id);
    expect(overview).toEqual({
      user: {
        ...{ email, created_at, updated_at: clock.now, disabled_at: null },
        reset_token_expires_at: clock.now + 3600,
        ...{ language: null, pending_email: null, undeliverable: null },
        attempts: { count: 5, failures: 5, wait_seconds: 1 },
      },
      sessions: [
        { ...session, ...limits(clock.now), ip: null, user_agent: null },
        { ...session, ...limits(clock.now - 10), ...client },
      ],
      audit: [],
    });
    for (const secret of [older, newer, reset_token, hashed_password]) {
      expect(JSON.stringify(overview)).not.toContain(secret);
      expect(JSON.stringify(overview)).not.toContain(digest(secret));
    }
    clock.advance(3600);
    expect(await operators.show(id)).toMatchObject({
      user: { reset_token_expires_at: null, attempts: { count: 5, failures: 5, wait_seconds: 0 } },
      audit: [{ ...record('show'), at: clock.now - 3600 }],
    });
    clock.advance(24 * 60 * 60);
    expect(await operators.show(id)).toMatchObject({
      user: { attempts: { count: 0, failures: 5 } },
    });
  });

  it('lists the acts of operators in the order in which they happened', async () => {
    const { id } = await register();
    const acts = ['disable', 'enable', 'disable', 'enable', 'signOut'] as const;
    for (const act of acts) await operators[act](id);
    expect((await operators.show(id)).audit).toEqual(
      acts.map((act) => record(act === 'signOut' ? 'sign-out' : act)),
    );
  });
});

describe('Operators.cancelEmailChange', () => {
  it('voids the token of the pending change, and keeps a record', async () => {
    const { id, email } = await register();
    const new_email = newEmail();
    const session_id = await logIn(email);
    const token = await getChangeToken(app, { session_id, password: 'pwd', email: new_email });
    expect(await operators.show(id)).toMatchObject({ user: { pending_email: new_email } });
    expect(await operators.cancelEmailChange(id)).toBe(true);
    expect(await findEmailToken(app, token ?? '')).toBeUndefined();
    expect(await operators.cancelEmailChange(id)).toBe(false);
    expect(await isLive(session_id)).toBe(true);
    expect(await operators.show(id)).toMatchObject({
      user: { email, pending_email: null },
      audit: [record('show'), record('cancel-email-change')],
    });
    await expect(operators.cancelEmailChange(generateUuid())).rejects.toThrow(notFound);
  });
});

describe('Operators.unmark', () => {
  it('lets mail be sent to the email and to the pending one, and keeps a record', async () => {
    const { id, email } = await register();
    const new_email = newEmail();
    const session_id = await logIn(email);
    await getChangeToken(app, { session_id, password: 'pwd', email: new_email });
    const other = newEmail();
    for (const each of [email, new_email, other]) await takeMailEvent(app, bounceOf(each));
    expect(await operators.show(id)).toMatchObject({
      user: { undeliverable: { reason: 'bounce', at: clock.now } },
    });
    await operators.unmark(id);
    for (const each of [email, new_email]) expect(await findMark(app, each)).toBeUndefined();
    expect(await findMark(app, other)).toBeDefined();
    expect(await operators.show(id)).toMatchObject({
      user: { undeliverable: null },
      audit: [record('show'), record('unmark')],
    });
    await expect(operators.unmark(generateUuid())).rejects.toThrow(notFound);
  });
});

describe('Operators.findSession', () => {
  it('returns the session and its user as long as the table has the session', async () => {
    const { id, email } = await register();
    await logIn(email);
    const session_id = await logIn(email);
    const [session] = (await operators.show(id)).sessions;
    const handle = session?.id ?? expect.fail('no session');
    expect(await operators.findSession(handle)).toEqual({
      id,
      user: expect.objectContaining({ email, disabled_at: null }),
      session: { ...session, live: true },
    });
    const upper = handle.replace(id, id.toUpperCase());
    expect(await operators.findSession(upper)).toMatchObject({ id, session });
    await operators.disable(id);
    const user = { email, disabled_at: clock.now };
    expect(await operators.findSession(handle)).toMatchObject({ user, session: { live: false } });
    await operators.deleteUser(await db.findUserBy({ id }));
    expect(await operators.findSession(handle)).toMatchObject({ id, user: null });
    expect((await auditOf(id)).map(({ act }) => act)).toEqual([
      ...['show', 'find-session', 'find-session', 'disable', 'find-session'],
      ...['delete', 'find-session'],
    ]);

    const ended = `${handle.slice(0, -3)}xyz`;
    await expect(operators.findSession(ended)).rejects.toThrow(refused('session_not_found'));
    for (const none of [session_id, id, email, '', `${handle}.x`, `x${handle}`]) {
      await expect(operators.findSession(none)).rejects.toThrow(refused('invalid_field'));
    }
  });
});

describe('the subject of an act', () => {
  it('is found by email, by user id or by session handle', async () => {
    const { id, email } = await register();
    await logIn(email);
    const [handle = ''] = await sessionsOf(id);
    const [, name = ''] = handle.split('.');
    for (const subject of [
      ...[email, ` ${email.toUpperCase()}`, id, id.toUpperCase()],
      ...[handle, `${id.toUpperCase()}.${name}`],
    ]) {
      expect(await operators.idOf(subject)).toBe(id);
      expect(await operators.findUser(subject)).toMatchObject({ id, email });
    }
  });

  it('is not found by anything else', async () => {
    const { id } = await register();
    for (const subject of [newEmail(), 'x@', '@']) {
      await expect(operators.idOf(subject)).rejects.toThrow(notFound);
    }
    for (const subject of ['', 'ann', 'user', generateToken(id), `${id}.`]) {
      await expect(operators.idOf(subject)).rejects.toThrow(refused('invalid_field'));
    }
  });

  it('has to exist, or nothing is written', async () => {
    const before = await scanTable();
    const id = generateUuid();
    for (const act of ['show', 'disable', 'enable', 'signOut', 'findUser'] as const) {
      await expect(operators[act](id)).rejects.toThrow(notFound);
    }
    await expect(
      operators.deleteUser({ id, email: newEmail(), hashed_password: '' }),
    ).rejects.toThrow(notFound);
    await expect(operators.unlock(id)).rejects.toThrow(notFound);
    expect(await scanTable()).toEqual(before);
  });
});

describe('the log of operators', () => {
  it('names each act, its operator and its subject, and no act that did nothing', async () => {
    const user = await register();
    const { id, email } = user;
    await logIn(email);
    const log = await logOf(async () => {
      const [handle = ''] = await sessionsOf(id);
      await operators.findSession(handle);
      await operators.enable(id);
      await operators.disable(id);
      await operators.disable(id);
      await operators.enable(id);
      await operators.signOut(id);
      await operators.unlock(id);
      await operators.unmark(id);
      await operators.deleteUser(user);
      await expect(operators.deleteUser(user)).rejects.toThrow(notFound);
    });
    const acts = [
      ...['show', 'find-session', 'disable', 'enable', 'sign-out'],
      ...['unlock', 'unmark', 'delete'],
    ];
    expect(log).toMatchObject(
      acts.map((act) => ({ event: 'authz_admin', act, user_id: id, actor: 'ann' })),
    );
    expect((await auditOf(id)).map(({ act }) => act)).toEqual(acts);
  });
});
