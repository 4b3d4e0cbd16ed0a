/** Guessing: how often passwords may be tried, by email and by source (OWASP ASVS 5.0, 6.3.1). */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { compare } from 'bcryptjs';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { AuthError } from '../../../lib/core/errors.ts';
import { findByEmail } from '../../../lib/users/find.ts';
import { replaceHash } from '../../../lib/users/store.ts';
import { createLibrary, interceptedClient, newEmail, scanTable } from '../../support/library.ts';
import { logOf } from '../../support/log.ts';

// Counted, not replaced: each call goes through.
vi.mock('bcryptjs', { spy: true });

const DAY = 24 * 60 * 60;
const SOURCE_WINDOW = 10 * 60;
const PASSWORD = 'pwd';
/** The waits after the fifth failure, the sixth, and so on. */
const WAITS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900];

// Without the time limits of the service: a hundred calls at once take a busy machine longer.
const client = new DynamoDBClient();
const { app, auth, clock, db } = createLibrary({ client });

type Library = Pick<ReturnType<typeof createLibrary>, 'auth'>;

/** @returns whether it was a success; for too many attempts, the seconds to wait */
async function logIn(
  email: string,
  password: string,
  { source, auth: other = auth }: { source?: string } & Partial<Library> = {},
): Promise<boolean | number> {
  try {
    return (
      (await other.logIn(email, password, source === undefined ? {} : { ip: source })) !== null
    );
  } catch (error) {
    const { code, retryAfterSeconds } = error as AuthError;
    expect(code).toBe('too_many_attempts');
    return retryAfterSeconds ?? expect.fail('no Retry-After');
  }
}

async function fail(times: number, email: string): Promise<void> {
  for (let i = 0; i < times; i++) expect(await logIn(email, 'no')).toBe(false);
}

async function register(): Promise<string> {
  return (await auth.registerUser(newEmail(), PASSWORD)).email;
}

const attemptsItems = async () => (await scanTable()).filter(({ item }) => item === 'attempts');

describe.each([
  ['a known email', register],
  ['an unknown email', () => Promise.resolve(newEmail())],
])('%s', (_, make) => {
  let email: string;

  beforeEach(async () => {
    email = await make();
  });

  it('may fail five times, and then each failure doubles the wait, up to 15 minutes', async () => {
    await fail(4, email);
    for (const wait of WAITS) {
      await fail(1, email);
      expect(await logIn(email, 'no')).toBe(wait);
      clock.advance(wait - 1);
      // The right password waits as well: else an answer would tell that it is right.
      expect(await logIn(email, PASSWORD)).toBe(1);
      clock.advance(1);
    }
  });

  it('is tried five times by a hundred guesses at once, and once after the wait', async () => {
    vi.mocked(compare).mockClear();
    const guess = (): Promise<(boolean | number)[]> =>
      Promise.all(Array.from({ length: 100 }, (__, i) => logIn(email, `no${String(i)}`)));
    expect((await guess()).filter((result) => result === false)).toHaveLength(5);
    expect(compare).toHaveBeenCalledTimes(5);
    clock.advance(1);
    expect((await guess()).filter((result) => result === false)).toHaveLength(1);
    expect(compare).toHaveBeenCalledTimes(6);
  });

  it('does not wait longer for what was refused', async () => {
    await fail(5, email);
    for (let i = 0; i < 20; i++) expect(await logIn(email, 'no')).toBe(1);
    clock.advance(1);
    await fail(1, email);
    expect(await logIn(email, 'no')).toBe(2);
  });

  it.each([
    ['is remembered for a day', DAY - 1, 2],
    ['is forgotten after a day', DAY, false],
  ])('%s', async (__, seconds, after) => {
    await fail(5, email);
    clock.advance(seconds);
    await fail(1, email);
    expect(await logIn(email, 'no')).toBe(after);
  });

  it('counts anew after a day, however few there were', async () => {
    await fail(4, email);
    clock.advance(DAY);
    await fail(5, email);
    expect(await logIn(email, 'no')).toBe(1);
  });
});

describe('the count of an email', () => {
  it('is one in whatever spelling, and one for each email', async () => {
    const email = await register();
    await fail(5, email);
    expect(await logIn(` ${email.toUpperCase()} `, PASSWORD)).toBe(1);
    expect(await logIn(await register(), PASSWORD)).toBe(true);
  });

  it('starts anew when the password is right', async () => {
    const email = await register();
    await fail(4, email);
    expect(await logIn(email, PASSWORD)).toBe(true);
    await fail(5, email);
    expect(await logIn(email, PASSWORD)).toBe(1);
  });

  it('starts anew when the password is reset, so that its owner can always get in', async () => {
    const email = await register();
    await fail(5, email);
    await auth.updatePassword(await auth.getResetPasswordToken(email), 'new');
    expect(await logIn(email, 'new')).toBe(true);
  });

  it('does not start anew by a reset that is refused', async () => {
    const email = await register();
    const token = await auth.getResetPasswordToken(email);
    await fail(5, email);
    await expect(auth.updatePassword(`${token.slice(0, -1)}_`, 'new')).rejects.toThrow();
    expect(await logIn(email, PASSWORD)).toBe(1);
  });

  it('is kept without the email, and for a day', async () => {
    const email = newEmail();
    const before = await attemptsItems();
    await fail(1, email);
    const made = (await attemptsItems()).filter(({ id }) =>
      before.every((old) => old['id'] !== id),
    );
    expect(made).toEqual([
      {
        id: expect.stringMatching(/^attempts#[\w-]{43}$/),
        item: 'attempts',
        count: 1,
        last_at: clock.now,
        expires_at: clock.now + DAY,
      },
    ]);
  });

  it('is none for what is no email or no password', async () => {
    const before = await attemptsItems();
    await expect(auth.logIn('no email', 'no')).rejects.toThrow('email');
    await expect(auth.logIn(newEmail(), 'x'.repeat(73))).rejects.toThrow('password');
    expect(await attemptsItems()).toEqual(before);
  });

  it('is not that of validLogin, which is for code that has its own', async () => {
    const email = await register();
    for (let i = 0; i < 6; i++) expect(await auth.validLogin(email, 'no')).toBe(false);
    expect(await auth.validLogin(email, PASSWORD)).toBe(true);
  });
});

describe('a source', () => {
  const LIMIT = 3;
  const limited = createLibrary({ client, failedLoginsPerSource: LIMIT });
  /** Of 10 minutes, 100 seconds are left. */
  const LEFT = 100;
  let source: string;
  let addresses = 0;

  beforeEach(() => {
    const { clock: its } = limited;
    its.now += 2 * SOURCE_WINDOW - (its.now % SOURCE_WINDOW) - LEFT;
    addresses++;
    source = `198.51.100.${String(addresses)}`;
  });

  const from = (ip: string) => ({ source: ip, auth: limited.auth });

  async function exhaust(ip: string): Promise<void> {
    for (let i = 0; i < LIMIT; i++) expect(await logIn(newEmail(), 'no', from(ip))).toBe(false);
  }

  it('may fail so often in 10 minutes, with whatever emails', async () => {
    const email = await register();
    await exhaust(source);
    expect(await logIn(newEmail(), 'no', from(source))).toBe(LEFT);
    limited.clock.advance(LEFT - 1);
    expect(await logIn(email, PASSWORD, from(source))).toBe(1);
    limited.clock.advance(1);
    expect(await logIn(email, PASSWORD, from(source))).toBe(true);
  });

  it('is counted however many tries are made at once', async () => {
    const tries = Array.from({ length: 20 }, () => logIn(newEmail(), 'no', from(source)));
    expect((await Promise.all(tries)).filter((result) => result === false)).toHaveLength(LIMIT);
  });

  it('is its own address, and no other', async () => {
    await exhaust(source);
    expect(await logIn(await register(), PASSWORD, from('203.0.113.1'))).toBe(true);
  });

  it('may succeed any number of times, which clears no failure', async () => {
    const email = await register();
    for (let i = 0; i < LIMIT - 1; i++) await logIn(newEmail(), 'no', from(source));
    for (let i = 0; i < LIMIT + 1; i++) {
      expect(await logIn(email, PASSWORD, from(source))).toBe(true);
    }
    expect(await logIn(newEmail(), 'no', from(source))).toBe(false);
    expect(await logIn(email, PASSWORD, from(source))).toBe(LEFT);
  });

  it('is refused without making the owner of an email wait', async () => {
    const email = await register();
    await exhaust(source);
    for (let i = 0; i < 6; i++) expect(await logIn(email, 'no', from(source))).toBe(LEFT);
    // By the same clock, from anywhere else.
    const { auth: same } = limited;
    for (let i = 0; i < 4; i++) expect(await logIn(email, 'no', { auth: same })).toBe(false);
    expect(await logIn(email, PASSWORD, { auth: same })).toBe(true);
  });

  it.each([
    ['2001:db8:1:2::1', '2001:DB8:1:2:ffff:0:0:9', true],
    ['2001:db8:0:7::', '2001:0db8:0000:0007:1:2:3:4', true],
    ['2001:db8::1', '2001:db8:0:0:5::', true],
    ['2001:db8:1:3::1', '2001:db8:1:4::1', false],
    ['::1:2:3:4', '1:2:3:4::', false],
  ])('of IPv6 is a network of 64 bits: %s and %s, %s', async (one, other, same) => {
    await exhaust(one);
    expect(await logIn(newEmail(), 'no', from(other))).toBe(same ? LEFT : false);
  });

  it('is kept as a digest, until the window ends', async () => {
    await logIn(newEmail(), 'no', from(source));
    const items = await attemptsItems();
    expect(JSON.stringify(items)).not.toContain(source);
    const end = limited.clock.now + LEFT;
    expect(items).toContainEqual({
      id: expect.stringMatching(/^attempts#[\w-]{43}$/),
      item: 'attempts',
      count: 1,
      expires_at: end,
    });
  });

  it('has no limit where none is set', async () => {
    for (let i = 0; i < LIMIT + 1; i++) {
      expect(await logIn(newEmail(), 'no', { source: '203.0.113.9' })).toBe(false);
    }
  });
});

describe('a hash of another system or a lower cost', () => {
  const { auth: dearer } = createLibrary({ bcryptCost: 5 });
  const hashOf = async (email: string) => (await db.findUserBy({ email })).hashed_password;
  const users = async (email: string) =>
    (await scanTable()).filter((item) => item['email'] === email);

  it.each(['$2a$04', '$2y$04', '$2y$05', '$2b$04'])(
    'is upgraded at the next login, from %s, and ends no session',
    async (prefix) => {
      const { id, email } = await createLibrary({
        bcryptCost: Number(prefix.slice(-2)),
      }).auth.registerUser(newEmail(), PASSWORD);
      const old = (await hashOf(email)).replace(/^\$2b\$\d\d/, prefix);
      await db.updateUser(id, { hashed_password: old });
      const session = (await auth.createSession(email)) ?? expect.fail('no user');
      const [before] = await users(email);
      expect(await logIn(email, PASSWORD, { auth: dearer })).toBe(true);
      const upgraded = await hashOf(email);
      expect(upgraded).toMatch(/^\$2b\$05\$/);
      expect(await users(email)).toEqual([
        { ...before, hashed_password: upgraded, updated_at: expect.any(Number) },
      ]);
      expect(await auth.getUserFromSessionId(session)).toMatchObject({ email });
      expect(await logIn(email, PASSWORD, { auth: dearer })).toBe(true);
      expect(await hashOf(email)).toBe(upgraded);
    },
  );

  it('is left alone by a login that fails', async () => {
    const email = await register();
    const before = await hashOf(email);
    expect(await logIn(email, 'no', { auth: dearer })).toBe(false);
    expect(await hashOf(email)).toBe(before);
  });

  it('is left alone where it is dearer than what is set', async () => {
    const { email } = await dearer.registerUser(newEmail(), PASSWORD);
    expect(await logIn(email, PASSWORD)).toBe(true);
    expect(await hashOf(email)).toMatch(/^\$2b\$05\$/);
  });

  it('does not bring an old password back that was changed meanwhile', async () => {
    const email = await register();
    const user = (await findByEmail(app, email)) ?? expect.fail('no user');
    await db.updateUser(user.id, { hashed_password: '$2b$new' });
    await replaceHash(app, user, '$2b$upgraded');
    expect(await hashOf(email)).toBe('$2b$new');
  });

  it('may fail to be upgraded: the login stands, and it is logged', async () => {
    const email = await register();
    // The second update: the first one counts the attempt.
    let updates = 0;
    const client = interceptedClient((command) =>
      command === 'UpdateItemCommand' && ++updates === 2
        ? Promise.reject(new Error('no'))
        : Promise.resolve(),
    );
    const { auth: other } = createLibrary({ bcryptCost: 5, client });
    const log = await logOf(async () => {
      expect(await logIn(email, PASSWORD, { auth: other })).toBe(true);
    });
    expect(log).toContainEqual(expect.objectContaining({ level: 'WARN' }));
    expect(await hashOf(email)).toMatch(/^\$2b\$04\$/);
  });
});
