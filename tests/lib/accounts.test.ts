import { describe, expect, it } from 'vitest';
import { createLibrary, newEmail, scanTable } from '../support/library.ts';

const SOURCE = { ip: '192.0.2.9' };

const { accounts, auth, clock, db } = createLibrary();

async function logIn(email: string, password = 'pwd'): Promise<string> {
  return (await auth.logIn(email, password)) ?? expect.fail('refused');
}

/** Somebody who has just registered and logged in. */
async function newcomer(email = newEmail()) {
  const { id } = await auth.registerUser(email, 'pwd');
  return { id, email, session_id: await logIn(email) };
}

const isLive = async (session_id: string): Promise<boolean> =>
  (await auth.getUserFromSessionId(session_id)) !== null;

const refused = (code: string) => expect.objectContaining({ name: 'AuthError', code });

describe('without a session', () => {
  it.each([null, undefined, '', 'none', '00000000-0000-4000-8000-000000000000'])(
    'nothing is done: %j',
    async (session_id) => {
      const outcomes = await Promise.allSettled([
        accounts.listSessions(session_id),
        accounts.endSession(session_id, 'x'),
        accounts.endOtherSessions(session_id),
        accounts.endAllSessions(session_id),
        accounts.changePassword(session_id, 'pwd', 'new'),
        accounts.deleteUser(session_id, 'pwd'),
      ]);
      const refusal = { status: 'rejected', reason: refused('no_session') };
      expect(outcomes).toEqual(outcomes.map(() => refusal));
    },
  );
});

describe('Accounts.listSessions', () => {
  it('gives a session that was added under an id of somebody’s own, and what is not known as null', async () => {
    const { id, session_id } = await newcomer();
    clock.advance(1);
    await db.updateUser(id, { session_id: `own-${id}` });
    const now = clock.now;
    const week = 7 * 24 * 60 * 60;
    expect(await accounts.listSessions(session_id)).toEqual([
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

describe('Accounts.changePassword', () => {
  it('gives the User, with the new hash and a session that lives', async () => {
    const { id, email, session_id } = await newcomer();
    const user = await accounts.changePassword(session_id, 'pwd', 'new');
    expect(user).toEqual({
      id,
      email,
      hashed_password: expect.stringMatching(/^\$2b\$04\$/),
      session_id: expect.any(String),
    });
    expect(await db.findUserBy(user)).toEqual(user);
    expect(await isLive(session_id)).toBe(false);
  });

  it('counts no attempt for a new password that the rules refuse', async () => {
    const strict = createLibrary({}, [() => 'is refused']).accounts;
    const { email, session_id } = await newcomer();
    for (let i = 0; i < 6; i++) {
      await expect(strict.changePassword(session_id, 'pwd', 'new')).rejects.toThrow(
        'new_password is refused',
      );
    }
    await logIn(email);
  });

  it('hashes at the cost that is set', async () => {
    const dearer = createLibrary({ bcryptCost: 5 }).accounts;
    const { session_id } = await newcomer();
    const { hashed_password } = await dearer.changePassword(session_id, 'pwd', 'new');
    expect(hashed_password).toMatch(/^\$2b\$05\$/);
  });
});

describe('a password that is asked for again', () => {
  // One fails in 10 minutes.
  const limited = createLibrary({ failedLoginsPerSource: 1 });

  it.each<[string, (session_id: string, password: string) => Promise<unknown>]>([
    [
      'changePassword',
      (id, password) => limited.accounts.changePassword(id, password, 'new', SOURCE),
    ],
    ['deleteUser', (id, password) => limited.accounts.deleteUser(id, password, SOURCE)],
  ])(
    'is no failure of its source when it is right, and one when it is wrong: %s',
    async (_, act) => {
      limited.clock.advance(10 * 60);
      for (let i = 0; i < 3; i++) await act((await newcomer()).session_id, 'pwd');
      const { email, session_id } = await newcomer();
      await expect(act(session_id, 'no')).rejects.toThrow(refused('wrong_password'));
      await expect(act(session_id, 'pwd')).rejects.toThrow(refused('too_many_attempts'));
      // Not the email's: it has one attempt of five.
      await logIn(email);
    },
  );

  it('is wrong at first sight where bcrypt would cut it short', async () => {
    const { session_id } = await newcomer();
    const long = 'x'.repeat(73);
    await expect(accounts.deleteUser(session_id, long)).rejects.toThrow(refused('invalid_field'));
    await expect(accounts.changePassword(session_id, long, 'new')).rejects.toThrow(/^password /);
  });
});

describe('Accounts.deleteUser', () => {
  it('gives the User that was, and leaves no item but sessions that expire', async () => {
    const { id, email, session_id } = await newcomer();
    expect(await accounts.deleteUser(session_id, 'pwd')).toMatchObject({ id, email });
    await expect(db.findUserBy({ id })).rejects.toThrow(refused('user_not_found'));
    const left = (await scanTable()).filter(
      (item) => item['id'] === id || item['user_id'] === id || item['email'] === email,
    );
    expect(left).toEqual([
      expect.objectContaining({
        item: expect.stringMatching(/^session#/),
        expires_at: expect.any(Number),
      }),
    ]);
  });

  it('frees the address that the user has by then, and no other', async () => {
    const { id, email, session_id } = await newcomer();
    const [moved, neighbour] = [newEmail(), newEmail()];
    await db.updateUser(id, { email: moved });
    const { id: other } = await auth.registerUser(email, 'pwd');
    await auth.registerUser(neighbour, 'pwd');
    await accounts.deleteUser(session_id, 'pwd');
    expect(await db.isEmailTaken(moved)).toBe(false);
    expect(await db.findUserBy({ email })).toMatchObject({ id: other });
    expect(await db.isEmailTaken(neighbour)).toBe(true);
  });
});
