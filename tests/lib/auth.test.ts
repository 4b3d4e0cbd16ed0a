import { describe, expect, it, vi } from 'vitest';
import { digest, generateToken, generateUuid } from '../../lib/core/token.ts';
import type { UserItem } from '../../lib/db/items.ts';
import { update } from '../../lib/db/table.ts';
import { loginOf } from '../../lib/limits/attempts.ts';
import { finishLogin } from '../../lib/login/finish.ts';
import { issueResetToken, spendResetToken } from '../../lib/tokens/reset-token.ts';
import { findByEmail } from '../../lib/users/find.ts';
import { createLibrary, interceptedClient, newEmail, scanTable } from '../support/library.ts';
import { logOf } from '../support/log.ts';
import { getResetTokenToMail } from '../../lib/passwords/reset.ts';

const DAY = 24 * 60 * 60;
const IDLE = 7 * DAY;
const ABSOLUTE = 30 * DAY;
const RESET_TOKEN = 60 * 60;

const { app, auth, clock, db } = createLibrary();

const withRules = createLibrary({ refuseCommonPasswords: true }).auth;
const COMMON = 'password1';
const RULES = (field: string, email: string) =>
  [
    [COMMON, `${field} is one of the most common passwords`],
    [email, `${field} is easy to guess from the email address or the service`],
  ] as const;

async function register(password = 'pwd'): Promise<{ id: string; email: string }> {
  return auth.registerUser(newEmail(), password);
}

async function logIn(email: string, password = 'pwd'): Promise<string> {
  return (await auth.logIn(email, password)) ?? expect.fail('refused');
}

const isLive = async (session_id: string): Promise<boolean> =>
  (await auth.getUserFromSessionId(session_id)) !== null;

const readUser = async (email: string) =>
  (await findByEmail(app, email)) ?? expect.fail('not found');

/** Tries to spend the token of a user as a reset has read it. Returns whether the write applied. */
const isSpent = async (user: UserItem, reset_token: string, email?: string): Promise<boolean> => {
  const set = { hashed_password: '$2b$new' };
  const spend = spendResetToken(user, reset_token, app.now(), set, email);
  return (await update(app.table, spend)).applied;
};

const refused = (code: string) => expect.objectContaining({ name: 'AuthError', code });

describe('Auth.registerUser', () => {
  it('returns the user with the email normalised and the password hashed', async () => {
    const user = await auth.registerUser('Alice@Example.com', 'pwd');
    expect(user).toEqual({
      id: expect.any(String),
      email: 'alice@example.com',
      hashed_password: expect.stringMatching(/^\$2b\$04\$/),
    });
    expect(await auth.validLogin('alice@example.com', 'pwd')).toBe(true);
  });

  it('refuses an email that is taken, in any spelling', async () => {
    const { email } = await register();
    const shouted = email.toUpperCase();
    await expect(auth.registerUser(shouted, 'other')).rejects.toThrow(
      expect.objectContaining({
        code: 'email_taken',
        message: `User ${shouted} already exists`,
      }),
    );
    expect(await auth.validLogin(email, 'other')).toBe(false);
  });

  it('requires the configured minimum length', async () => {
    const strict = createLibrary({ passwordMinLength: 8 }).auth;
    await expect(strict.registerUser(newEmail(), '7 chars')).rejects.toThrow(
      'password must be at least 8 characters long',
    );
    await strict.registerUser(newEmail(), '8 chars.');
  });

  it('applies every password rule, with the normalised email, before it calls DynamoDB', async () => {
    const email = newEmail();
    const client = interceptedClient(() => Promise.reject(new Error('It was asked')));
    const { auth: unasked } = createLibrary({ refuseCommonPasswords: true, client });
    for (const [password, message] of RULES('password', email)) {
      await expect(unasked.registerUser(email.toUpperCase(), password)).rejects.toThrow(
        expect.objectContaining({ code: 'password_too_common', message }),
      );
    }
    await withRules.registerUser(email, 'pwd');
  });
});

describe('Auth.validLogin', () => {
  it('returns true for the right password, and false in every other case', async () => {
    const { email } = await register();
    expect(await auth.validLogin(email, 'pwd')).toBe(true);
    expect(await auth.validLogin(email.toUpperCase(), 'pwd')).toBe(true);
    for (const [otherEmail, password] of [
      [email, 'PWD'],
      [email, ''],
      [email, 'p\0wd'],
      [email, 'p'.repeat(73)],
      ['unknown@example.com', 'pwd'],
      ['no address', 'pwd'],
      ['', ''],
    ] as const) {
      expect(await auth.validLogin(otherEmail, password)).toBe(false);
    }
  });

  it('returns false if what is stored is not a hash', async () => {
    const { email } = await db.addUser(newEmail(), 'SuperHashedPwd');
    expect(await auth.validLogin(email, 'SuperHashedPwd')).toBe(false);
  });
});

describe('Auth.logIn', () => {
  it('creates a new session each time, and both are valid', async () => {
    const { email } = await register();
    const sessions = [await logIn(email), await logIn(email)];
    expect(new Set(sessions).size).toBe(2);
    for (const session of sessions) expect(await isLive(session)).toBe(true);
  });

  it('returns null for a wrong password or an unknown email, and writes only attempts', async () => {
    const { email } = await register();
    const before = await scanTable();
    expect(await auth.logIn(email, 'wrong')).toBeNull();
    expect(await auth.logIn('unknown@example.com', 'pwd')).toBeNull();
    const others = (await scanTable()).filter(({ item }) => item !== 'attempts');
    expect(others).toEqual(before);
  });

  it('creates an invalid session if the password changes before the session is written', async () => {
    const { id, email } = await register();
    // A login has read the user before the change.
    const user = await readUser(email);
    await db.updateUser(id, { hashed_password: '$2b$new' });
    const session_id = await finishLogin(app, user, {
      methods: ['password'],
      client: {},
      attempt: { subject: loginOf(email) },
    });
    expect(await isLive(session_id)).toBe(false);
  });

  it('does not require the minimum length, which may have been raised since the registration', async () => {
    const { email } = await register('old');
    const strict = createLibrary({ passwordMinLength: 8 }).auth;
    expect(await strict.logIn(email, 'old')).not.toBeNull();
  });

  it('applies no rule for new passwords to existing ones', async () => {
    const { email } = await register(COMMON);
    expect(await withRules.logIn(email, COMMON)).not.toBeNull();
  });
});

describe('Auth.createSession', () => {
  it('creates a session without a password, and returns null for an unknown email', async () => {
    const { email } = await register();
    const session_id = (await auth.createSession(email)) ?? expect.fail('refused');
    expect(await auth.getUserFromSessionId(session_id)).toMatchObject({ email, session_id });
    expect(await auth.createSession('unknown@example.com')).toBeNull();
    expect(await auth.createSession('no address')).toBeNull();
  });
});

describe('Auth.getUserFromSessionId', () => {
  it('returns null for anything that is not a session id', async () => {
    const { id } = await register();
    const none = [null, undefined, '', 'x', generateUuid(), generateToken(id), '\uD800'];
    for (const session_id of none) {
      expect(await auth.getUserFromSessionId(session_id)).toBeNull();
    }
  });

  it('does not accept the digest of a session id', async () => {
    const session_id = await logIn((await register()).email);
    expect(await auth.getUserFromSessionId(digest(session_id))).toBeNull();
  });

  it('refuses a session from the second at which its idle limit is reached', async () => {
    const session = await logIn((await register()).email);
    clock.advance(IDLE - 1);
    // This method does not count as a use of the session.
    await db.findUserBy({ session_id: session });
    clock.advance(1);
    expect(await isLive(session)).toBe(false);
    clock.advance(1);
    expect(await isLive(session)).toBe(false);
  });

  it('restarts the idle limit with each use', async () => {
    const session = await logIn((await register()).email);
    clock.advance(IDLE - 1);
    expect(await isLive(session)).toBe(true);
    clock.advance(IDLE - 1);
    expect(await isLive(session)).toBe(true);
    clock.advance(IDLE);
    expect(await isLive(session)).toBe(false);
  });

  it('refuses a session from the second of its absolute limit, even if it is in use', async () => {
    const session = await logIn((await register()).email);
    const end = clock.now + ABSOLUTE;
    while (clock.now + 5 * DAY < end) {
      clock.advance(5 * DAY);
      expect(await isLive(session)).toBe(true);
    }
    clock.now = end - 1;
    expect(await isLive(session)).toBe(true);
    clock.now = end;
    expect(await isLive(session)).toBe(false);
    clock.advance(1);
    expect(await isLive(session)).toBe(false);
  });

  it('records the last use only if the recorded one is over an hour old', async () => {
    const session = await logIn((await register()).email);
    const loggedIn = clock.now;
    const onRecord = async () =>
      (await scanTable()).find((item) => item['session_id'] === digest(session));
    clock.advance(60 * 60);
    await isLive(session);
    expect(await onRecord()).toMatchObject({ last_seen: loggedIn, expires_at: loggedIn + IDLE });
    clock.advance(1);
    await isLive(session);
    expect(await onRecord()).toMatchObject({
      created_at: loggedIn,
      last_seen: clock.now,
      expires_at: clock.now + IDLE,
    });
  });

  it.each([
    [12, 1],
    [30 * 60, 150],
    [12 * 60 * 60, 60 * 60],
  ])(
    'keeps a session in use with an idle limit of %i s, and records its use after %i s',
    async (sessionIdleSeconds, precision) => {
      const { auth: strict } = createLibrary({ now: () => clock.now, sessionIdleSeconds });
      const { email } = await register();
      const session = (await strict.logIn(email, 'pwd')) ?? expect.fail('refused');
      const isKept = async () => (await strict.getUserFromSessionId(session)) !== null;
      for (const end = clock.now + 2 * sessionIdleSeconds; clock.now < end;) {
        clock.advance(precision + 1);
        expect(await isKept()).toBe(true);
      }
      const recorded = clock.now;
      clock.advance(precision);
      expect(await isKept()).toBe(true);
      clock.now = recorded + sessionIdleSeconds;
      expect(await isKept()).toBe(false);
    },
  );

  it('never restores a session that ends while its last use is written', async () => {
    const { email } = await register();
    const session = await logIn(email);
    clock.advance(2 * 60 * 60);
    let before: unknown;
    const client = interceptedClient(async (command) => {
      if (command !== 'UpdateItemCommand') return;
      await auth.logOut(session);
      before = await scanTable();
    });
    const { auth: late } = createLibrary({ client, now: () => clock.now });
    expect(await late.getUserFromSessionId(session)).toMatchObject({ email });
    expect(before).toBeDefined();
    expect(await scanTable()).toEqual(before);
    expect(await isLive(session)).toBe(false);
  });

  it('accepts the session if its last use cannot be written', async () => {
    const { email } = await register();
    const session = await logIn(email);
    clock.advance(2 * 60 * 60);
    const client = interceptedClient((command) =>
      command === 'UpdateItemCommand' ? Promise.reject(new Error('no')) : Promise.resolve(),
    );
    const { auth: readOnly } = createLibrary({ client, now: () => clock.now });
    const log = await logOf(async () => {
      expect(await readOnly.getUserFromSessionId(session)).toMatchObject({ email });
    });
    expect(log).toMatchObject([{ level: 'WARN', error: { message: 'no' } }]);
  });
});

describe('Auth.logOut', () => {
  it('ends exactly one session, once', async () => {
    const { email } = await register();
    const [one, other] = [await logIn(email), await logIn(email)];
    expect(await auth.logOut(one)).toBe(true);
    expect(await isLive(one)).toBe(false);
    expect(await isLive(other)).toBe(true);
    expect(await auth.logOut(one)).toBe(false);
    expect(await auth.logOut(undefined)).toBe(false);
  });
});

describe('Auth.destroySession', () => {
  it('ends every session of the user and no session of another user', async () => {
    const { id, email } = await register();
    const [one, other] = [await logIn(email), await logIn(email)];
    const bystander = await logIn((await register()).email);
    expect(await auth.destroySession(id)).toBeUndefined();
    expect(await isLive(one)).toBe(false);
    expect(await isLive(other)).toBe(false);
    expect(await isLive(bystander)).toBe(true);
    expect(await isLive(await logIn(email))).toBe(true);
  });

  it('does nothing for an unknown user', async () => {
    const before = await scanTable();
    await auth.destroySession(generateUuid());
    await auth.destroySession('nobody');
    expect(await scanTable()).toEqual(before);
  });
});

describe('Auth.getResetPasswordToken', () => {
  it('refuses an unknown email', async () => {
    await expect(auth.getResetPasswordToken('unknown@example.com')).rejects.toThrow(
      refused('user_not_found'),
    );
  });

  it('replaces an earlier token, and keeps the sessions', async () => {
    const { email } = await register();
    const session = await logIn(email);
    const older = await auth.getResetPasswordToken(email);
    const newer = await auth.getResetPasswordToken(email);
    expect(await isLive(session)).toBe(true);
    await expect(auth.updatePassword(older, 'new')).rejects.toThrow(refused('bad_reset_token'));
    await auth.updatePassword(newer, 'new');
  });

  it('sets no token if the email of the user has changed since it was read', async () => {
    const { id, email } = await register();
    const user = await readUser(email);
    await db.updateUser(id, { email: newEmail() });
    expect(await issueResetToken(app, user)).toBeUndefined();
  });
});

describe('getResetTokenToMail', () => {
  it('returns the user of the email with a valid token', async () => {
    const { id, email } = await register();
    const user = await getResetTokenToMail(app, ` ${email.toUpperCase()}`, 'invocation');
    expect(user).toMatchObject({ id, email });
    await auth.updatePassword(user?.reset_token ?? expect.fail('no token'), 'new', email);
  });

  it('returns nothing for an unknown email', async () => {
    expect(await getResetTokenToMail(app, 'unknown@example.com', 'invocation')).toBeUndefined();
  });

  it('returns another token at any time to the invocation that got the last one, and replaces that one', async () => {
    const { email } = await register();
    const first = await getResetTokenToMail(app, email, 'invocation');
    const second = await getResetTokenToMail(app, email, 'invocation');
    await expect(auth.updatePassword(String(first?.reset_token), 'new')).rejects.toThrow(
      refused('bad_reset_token'),
    );
    await auth.updatePassword(String(second?.reset_token), 'new');
  });

  it('does not wait after a token that was not mailed', async () => {
    const { email } = await register();
    await auth.getResetPasswordToken(email);
    expect(await getResetTokenToMail(app, email, 'invocation')).toBeDefined();
  });
});

describe('Auth.updatePassword', () => {
  it('sets the password, ends every session and spends the token', async () => {
    const { email } = await register();
    const session = await logIn(email);
    const token = await auth.getResetPasswordToken(email);
    expect(await auth.updatePassword(token, 'new')).toBeUndefined();
    expect(await isLive(session)).toBe(false);
    expect(await auth.validLogin(email, 'pwd')).toBe(false);
    expect(await auth.validLogin(email, 'new')).toBe(true);
    await expect(auth.updatePassword(token, 'newer')).rejects.toThrow(refused('bad_reset_token'));
    expect(await auth.validLogin(email, 'new')).toBe(true);
  });

  it('accepts a token until the second at which it expires', async () => {
    const { email } = await register();
    const set = async (age: number, password: string): Promise<void> => {
      const token = await auth.getResetPasswordToken(email);
      clock.advance(age);
      await auth.updatePassword(token, password);
    };
    await set(RESET_TOKEN - 1, 'in time');
    await expect(set(RESET_TOKEN, 'late')).rejects.toThrow(refused('bad_reset_token'));
    await expect(set(RESET_TOKEN + 1, 'later')).rejects.toThrow(refused('bad_reset_token'));
    expect(await auth.validLogin(email, 'in time')).toBe(true);
  });

  it('refuses a token that expires while the password is hashed', async () => {
    const { email } = await register();
    const reset_token = await auth.getResetPasswordToken(email);
    const user = await readUser(email);
    clock.advance(RESET_TOKEN);
    expect(await isSpent(user, reset_token)).toBe(false);
  });

  it('refuses a token for an email that changes while the password is hashed', async () => {
    const { id, email } = await register();
    const reset_token = await auth.getResetPasswordToken(email);
    const user = await readUser(email);
    await db.updateUser(id, { email: newEmail() });
    expect(await isSpent(user, reset_token, email)).toBe(false);
    expect(await isSpent(user, reset_token)).toBe(true);
  });

  it('verifies the email if the token was mailed to it', async () => {
    const { id, email } = await register();
    const mailed = await getResetTokenToMail(app, email, 'invocation');
    await auth.updatePassword(mailed?.reset_token ?? expect.fail('no token'), 'new');
    const verified = { id, email_verified_at: clock.now, session_epoch: 1 };
    expect(await readUser(email)).toMatchObject(verified);
    clock.advance(60 * 60);
    const again = await getResetTokenToMail(app, email, 'another');
    await auth.updatePassword(again?.reset_token ?? expect.fail('no token'), 'newer');
    expect(await readUser(email)).toMatchObject({ ...verified, session_epoch: 2 });
    expect(await readUser(email)).not.toHaveProperty('reset_token_mailed');
  });

  it('verifies no email if the token was not mailed, or to another address', async () => {
    const { id, email } = await register();
    await getResetTokenToMail(app, email, 'invocation');
    await auth.updatePassword(await auth.getResetPasswordToken(email), 'new');
    expect(await readUser(email)).not.toHaveProperty('email_verified_at');

    clock.advance(60 * 60);
    const mailed = await getResetTokenToMail(app, email, 'another');
    const [next, last] = [newEmail(), newEmail()];
    await db.updateUser(id, { email: next });
    await auth.updatePassword(mailed?.reset_token ?? expect.fail('no token'), 'newer');
    expect(await readUser(next)).not.toHaveProperty('email_verified_at');

    clock.advance(60 * 60);
    const { reset_token } =
      (await getResetTokenToMail(app, next, 'a third')) ?? expect.fail('no token');
    const user = await readUser(next);
    await db.updateUser(id, { email: last });
    // The address changes while the password is hashed.
    expect(await isSpent(user, reset_token)).toBe(false);
  });

  it('refuses a token that belongs to another email, and does not spend it', async () => {
    const [{ email }, other] = [await register(), await register()];
    const token = await auth.getResetPasswordToken(email);
    await expect(auth.updatePassword(token, 'new', other.email)).rejects.toThrow(
      refused('bad_reset_token'),
    );
    await auth.updatePassword(token, 'new', email.toUpperCase());
  });

  it('refuses anything that is not a token, even for a user who has none', async () => {
    const { id, email } = await register();
    const tokens = ['', 'x', generateToken(id), generateUuid(), undefined, null] as string[];
    for (const token of tokens) {
      await expect(auth.updatePassword(token, 'new', email)).rejects.toThrow(
        refused('bad_reset_token'),
      );
    }
  });

  it('refuses a bad password with the name of its field, and does not spend the token', async () => {
    const { email } = await register();
    const token = await auth.getResetPasswordToken(email);
    for (const password of ['', 'p'.repeat(73), '\0']) {
      await expect(auth.updatePassword(token, password)).rejects.toThrow(/^new_password /);
    }
    await auth.updatePassword(token, 'new');
  });

  it('applies every password rule, and does not spend the token', async () => {
    const { email } = await register();
    const token = await auth.getResetPasswordToken(email);
    for (const asked of [undefined, email.toUpperCase()]) {
      for (const [password, message] of RULES('new_password', email)) {
        await expect(withRules.updatePassword(token, password, asked)).rejects.toThrow(
          expect.objectContaining({ code: 'password_too_common', message }),
        );
      }
    }
    expect(await auth.validLogin(email, 'pwd')).toBe(true);
    await withRules.updatePassword(token, 'new');
  });

  it('applies no password rule for a client without a valid token', async () => {
    const { id } = await register();
    const rule = vi.spyOn(globalThis, 'fetch');
    const watched = createLibrary({ refuseBreachedPasswords: true }).auth;
    await expect(watched.updatePassword(generateToken(id), 'new')).rejects.toThrow(
      refused('bad_reset_token'),
    );
    expect(rule).not.toHaveBeenCalled();
    vi.restoreAllMocks();
  });
});
