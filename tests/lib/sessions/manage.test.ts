import { describe, expect, it } from 'vitest';
import { deleteUser } from '../../../lib/accounts/delete.ts';
import { requestEmailChange } from '../../../lib/emails/change.ts';
import { changePassword } from '../../../lib/passwords/change.ts';
import {
  endAllSessions,
  endOtherSessions,
  endSession,
  listSessions,
  logOut,
} from '../../../lib/sessions/manage.ts';
import { createLibrary, newEmail } from '../../support/library.ts';

const { app, clock, db, logIn, newcomer } = createLibrary();

const refused = (code: string) => expect.objectContaining({ name: 'AuthError', code });

describe('what a logged-in user may do', () => {
  it.each([null, undefined, '', 'none', '00000000-0000-4000-8000-000000000000'])(
    'is refused with %j in place of a session id',
    async (session_id) => {
      const outcomes = await Promise.allSettled([
        listSessions(app, session_id),
        endSession(app, session_id, 'x'),
        endOtherSessions(app, session_id),
        endAllSessions(app, session_id),
        changePassword(app, session_id, 'pwd', 'new'),
        deleteUser(app, session_id, 'pwd'),
        requestEmailChange(app, { session_id, password: 'pwd', email: newEmail() }),
        logOut(app, session_id),
      ]);
      const refusal = { status: 'rejected', reason: refused('no_session') };
      expect(outcomes).toEqual(outcomes.map(() => refusal));
    },
  );
});

describe('ending all sessions, or all others', () => {
  const HOUR = 60 * 60;

  it('is limited to five times in an hour, both together, and says when to retry', async () => {
    const { session_id, email } = await newcomer();
    await endOtherSessions(app, session_id);
    clock.advance(10);
    for (let i = 0; i < 3; i++) await endOtherSessions(app, session_id);
    await endAllSessions(app, session_id);
    const again = await logIn(email);
    for (const act of [endOtherSessions, endAllSessions]) {
      await expect(act(app, again)).rejects.toMatchObject({
        code: 'too_many_attempts',
        retryAfterSeconds: HOUR - 10,
      });
    }
    // The session that is refused is none the worse, and can still end itself and single ones.
    expect(await listSessions(app, again)).toMatchObject([{ current: true }]);
    clock.advance(HOUR - 11);
    await expect(endAllSessions(app, again)).rejects.toThrow(refused('too_many_attempts'));
    clock.advance(1);
    await endAllSessions(app, again);
    await expect(endAllSessions(app, await logIn(email))).rejects.toThrow(
      refused('too_many_attempts'),
    );
  });

  it('is counted if requests race', async () => {
    const { session_id } = await newcomer();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 9 }, () => endOtherSessions(app, session_id)),
    );
    const done = outcomes.filter(({ status }) => status === 'fulfilled');
    expect(done.length).toBeLessThanOrEqual(5);
    for (let i = done.length; i < 5; i++) await endOtherSessions(app, session_id);
    await expect(endOtherSessions(app, session_id)).rejects.toThrow(refused('too_many_attempts'));
  });

  it('remains possible at any time by a new password', async () => {
    const { email, session_id } = await newcomer();
    for (let i = 0; i < 5; i++) await endOtherSessions(app, session_id);
    const stolen = session_id;
    const { session_id: fresh } = await changePassword(app, await logIn(email), 'pwd', 'new');
    await expect(listSessions(app, stolen)).rejects.toThrow(refused('no_session'));
    expect(await listSessions(app, fresh)).toHaveLength(1);
  });
});

describe('listSessions', () => {
  it('returns a session that was added under a custom id, with null for what is unknown', async () => {
    const { id, session_id } = await newcomer();
    clock.advance(1);
    await db.updateUser(id, { session_id: `own-${id}` });
    const now = clock.now;
    const week = 7 * 24 * 60 * 60;
    expect(await listSessions(app, session_id)).toEqual([
      {
        ...{ id: expect.any(String), current: false, user_agent: null, ip: null },
        ...{ created_at: now, last_seen_at: now, expires_at: now + week },
      },
      {
        ...{ id: expect.any(String), current: true, user_agent: null, ip: null },
        ...{ created_at: now - 1, last_seen_at: now - 1, expires_at: now - 1 + week },
      },
    ]);
  });
});

describe('endSession', () => {
  it('does not find a session that has expired, even if its item is still there', async () => {
    const { email, session_id } = await newcomer();
    const [first] = await listSessions(app, session_id);
    clock.advance(3 * 24 * 60 * 60);
    const second = await logIn(email);
    clock.advance(5 * 24 * 60 * 60);
    await expect(endSession(app, second, String(first?.id))).rejects.toThrow(
      refused('session_not_found'),
    );
  });
});
