/** The limits of password attempts for an email and for a source (OWASP ASVS 5.0, 6.3.1). */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { compare } from 'bcryptjs';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { AuthError } from '../../../lib/core/errors.ts';
import { update } from '../../../lib/db/table.ts';
import { loginOf, subjectKey } from '../../../lib/limits/attempts.ts';
import { logIn as passwordLogin } from '../../../lib/login/password.ts';
import { findByEmail } from '../../../lib/users/find.ts';
import { replaceHash } from '../../../lib/users/store.ts';
import { createLibrary, interceptedClient, newEmail, scanTable } from '../../support/library.ts';
import { logOf } from '../../support/log.ts';

// Counts the calls, and lets the real functions run.
vi.mock('bcryptjs', { spy: true });

const DAY = 24 * 60 * 60;
const YEAR = 365 * DAY;
const SOURCE_WINDOW = 10 * 60;
const PASSWORD = 'pwd';
/** The wait in seconds after the fifth failure, after the sixth, and so on. */
const WAITS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900];

// Has no time limits, as a hundred simultaneous calls may take a busy machine longer.
const client = new DynamoDBClient();
const { app, auth, clock, db } = createLibrary({ client });

type Library = Pick<ReturnType<typeof createLibrary>, 'auth'>;

/** @returns whether the login succeeded, or the seconds to wait after too many attempts */
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

/** Fails on two days, and makes the item say that it was on as many. Another test fails that often. */
async function failInARow(times: number, email: string): Promise<void> {
  clock.advance(DAY);
  await fail(1, email);
  await update(app.table, { key: subjectKey(loginOf(email)), set: { failures: times - 1 } });
  clock.advance(DAY);
  await fail(1, email);
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
      // The right password has to wait, too. Otherwise the answer would reveal that it is right.
      expect(await logIn(email, PASSWORD)).toBe(1);
      clock.advance(1);
    }
  });

  it('is tried five times by a hundred simultaneous guesses, and once more after the wait', async () => {
    vi.mocked(compare).mockClear();
    const guess = (): Promise<(boolean | number)[]> =>
      Promise.all(Array.from({ length: 100 }, (__, i) => logIn(email, `no${String(i)}`)));
    expect((await guess()).filter((result) => result === false)).toHaveLength(5);
    expect(compare).toHaveBeenCalledTimes(5);
    clock.advance(1);
    expect((await guess()).filter((result) => result === false)).toHaveLength(1);
    expect(compare).toHaveBeenCalledTimes(6);
  });

  it('does not wait longer because of refused attempts', async () => {
    await fail(5, email);
    for (let i = 0; i < 20; i++) expect(await logIn(email, 'no')).toBe(1);
    clock.advance(1);
    await fail(1, email);
    expect(await logIn(email, 'no')).toBe(2);
  });

  // NIST SP 800-63B-4, 3.2.2.
  it('is refused after a hundred failures in a row, however much time passes between them', async () => {
    await failInARow(100, email);
    expect(await logIn(email, PASSWORD)).toBe(YEAR);
    clock.advance(YEAR - 1);
    expect(await logIn(email, PASSWORD)).toBe(1);
    clock.advance(1);
    await fail(5, email);
    expect(await logIn(email, 'no')).toBe(1);
  });

  it('has one hundredth attempt out of a hundred simultaneous ones', async () => {
    await failInARow(98, email);
    clock.advance(DAY);
    await fail(1, email);
    const tries = Array.from({ length: 100 }, () => logIn(email, 'no'));
    expect((await Promise.all(tries)).filter((result) => result === false)).toHaveLength(1);
    clock.advance(DAY);
    expect(await logIn(email, PASSWORD)).toBe(YEAR - DAY);
  });

  it('is reported once when its last attempt has failed', async () => {
    const locked: string[] = [];
    const onLock = (address: string) => void locked.push(address);
    await failInARow(98, email);
    const log = await logOf(async () => {
      for (let i = 0; i < 4; i++) {
        clock.advance(DAY);
        await passwordLogin(app, email, 'no', {}, { onLock }).catch(() => null);
      }
    });
    expect(locked).toEqual([email]);
    expect(log.filter(({ event }) => event === 'authn_login_lock')).toHaveLength(1);
  });

  it.each([
    ['keeps its count until a day has passed', DAY - 1, 2],
    ['loses its count after a day', DAY, false],
  ])('%s', async (__, seconds, after) => {
    await fail(5, email);
    clock.advance(seconds);
    await fail(1, email);
    expect(await logIn(email, 'no')).toBe(after);
  });

  it('starts a new count after a day, even below the limit', async () => {
    await fail(4, email);
    clock.advance(DAY);
    await fail(5, email);
    expect(await logIn(email, 'no')).toBe(1);
  });
});

describe('the count of an email', () => {
  it('is the same for every spelling, and separate from other emails', async () => {
    const email = await register();
    await fail(5, email);
    expect(await logIn(` ${email.toUpperCase()} `, PASSWORD)).toBe(1);
    expect(await logIn(await register(), PASSWORD)).toBe(true);
  });

  it('starts again after the right password', async () => {
    const email = await register();
    await fail(4, email);
    expect(await logIn(email, PASSWORD)).toBe(true);
    await fail(5, email);
    expect(await logIn(email, PASSWORD)).toBe(1);
  });

  it('starts again after a reset, so that the owner can always log in', async () => {
    const email = await register();
    await fail(5, email);
    await auth.updatePassword(await auth.getResetPasswordToken(email), 'new');
    expect(await logIn(email, 'new')).toBe(true);
  });

  it('starts again after a reset even if a hundred have failed, and ends no session until then', async () => {
    const email = await register();
    const session = (await auth.logIn(email, PASSWORD)) ?? expect.fail('refused');
    for (let i = 0; i < 100; i++) {
      clock.advance(15 * 60);
      await fail(1, email);
    }
    expect(await auth.getUserFromSessionId(session)).toMatchObject({ email });
    await expect(auth.logIn(email, PASSWORD)).rejects.toThrow('please reset your password');
    await auth.updatePassword(await auth.getResetPasswordToken(email), 'new');
    expect(await logIn(email, 'new')).toBe(true);
    await failInARow(99, email);
    expect(await logIn(email, 'new')).toBe(true);
  });

  it('does not start again after a refused reset', async () => {
    const email = await register();
    const token = await auth.getResetPasswordToken(email);
    await fail(5, email);
    await expect(auth.updatePassword(`${token.slice(0, -1)}_`, 'new')).rejects.toThrow();
    expect(await logIn(email, PASSWORD)).toBe(1);
  });

  it('is stored for a year, without the email', async () => {
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
        failures: 1,
        last_at: clock.now,
        expires_at: clock.now + YEAR,
      },
    ]);
  });

  it('includes an email that is no address, in any case, and stores none of it', async () => {
    const email = `No Address ${newEmail()} ${'x'.repeat(7000)}`;
    const before = await attemptsItems();
    await fail(4, email);
    await fail(1, email.toUpperCase());
    expect(await logIn(email, 'no')).toBe(1);
    const made = (await attemptsItems()).filter(({ id }) =>
      before.every((old) => old['id'] !== id),
    );
    expect(made).toMatchObject([{ count: 5, id: expect.stringMatching(/^attempts#[\w-]{43}$/) }]);
  });

  it('does not include passwords that nobody can have', async () => {
    const before = await attemptsItems();
    for (const password of ['', 'p\0wd']) {
      await expect(auth.logIn(newEmail(), password)).rejects.toThrow(/^password /);
    }
    expect(await attemptsItems()).toEqual(before);
  });

  it('includes passwords over 72 bytes, known email or not', async () => {
    for (const email of [newEmail(), await register()]) {
      for (let i = 0; i < 5; i++) expect(await logIn(email, 'x'.repeat(73))).toBe(false);
      expect(await logIn(email, 'x'.repeat(73))).toBe(1);
    }
  });

  it('does not include validLogin, whose callers count for themselves', async () => {
    const email = await register();
    for (let i = 0; i < 6; i++) expect(await auth.validLogin(email, 'no')).toBe(false);
    expect(await auth.validLogin(email, PASSWORD)).toBe(true);
  });
});

describe('a source', () => {
  const LIMIT = 3;
  const limited = createLibrary({ client, failedLoginsPerSource: LIMIT });
  /** Each test starts when 100 seconds of the 10 minutes are left. */
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

  /** Uses up the limit of a source. */
  async function exhaust(ip: string): Promise<void> {
    for (let i = 0; i < LIMIT; i++) expect(await logIn(newEmail(), 'no', from(ip))).toBe(false);
  }

  it('may fail up to the limit in 10 minutes, over all emails', async () => {
    const email = await register();
    await exhaust(source);
    expect(await logIn(newEmail(), 'no', from(source))).toBe(LEFT);
    limited.clock.advance(LEFT - 1);
    expect(await logIn(email, PASSWORD, from(source))).toBe(1);
    limited.clock.advance(1);
    expect(await logIn(email, PASSWORD, from(source))).toBe(true);
  });

  it('is limited even if all attempts are simultaneous', async () => {
    const tries = Array.from({ length: 20 }, () => logIn(newEmail(), 'no', from(source)));
    expect((await Promise.all(tries)).filter((result) => result === false)).toHaveLength(LIMIT);
  });

  it('is limited separately from other addresses', async () => {
    await exhaust(source);
    expect(await logIn(await register(), PASSWORD, from('203.0.113.1'))).toBe(true);
  });

  it('may succeed any number of times, and no success clears a failure', async () => {
    const email = await register();
    for (let i = 0; i < LIMIT - 1; i++) await logIn(newEmail(), 'no', from(source));
    for (let i = 0; i < LIMIT + 1; i++) {
      expect(await logIn(email, PASSWORD, from(source))).toBe(true);
    }
    expect(await logIn(newEmail(), 'no', from(source))).toBe(false);
    expect(await logIn(email, PASSWORD, from(source))).toBe(LEFT);
  });

  it('does not make the owner of an email wait once it is refused', async () => {
    const email = await register();
    await exhaust(source);
    for (let i = 0; i < 6; i++) expect(await logIn(email, 'no', from(source))).toBe(LEFT);
    // The same clock, from another source.
    const { auth: same } = limited;
    for (let i = 0; i < 4; i++) expect(await logIn(email, 'no', { auth: same })).toBe(false);
    expect(await logIn(email, PASSWORD, { auth: same })).toBe(true);
  });

  it('uses up nothing with attempts that are refused because the email has to wait', async () => {
    const email = newEmail();
    // From elsewhere.
    for (let i = 0; i < 5; i++) await logIn(email, 'no', { auth: limited.auth });
    for (let i = 0; i < 2 * LIMIT; i++) expect(await logIn(email, 'no', from(source))).toBe(1);
    await exhaust(source);
    expect(await logIn(newEmail(), 'no', from(source))).toBe(LEFT);
  });

  it('has no more attempts in a window because a login began in the one before', async () => {
    const email = await register();
    let isNext = false;
    const late = createLibrary({
      failedLoginsPerSource: LIMIT,
      now: () => limited.clock.now + (isNext ? LEFT : 0),
      client: interceptedClient((command) => {
        // The attempt is counted: the window ends while the password is verified.
        if (command === 'GetItemCommand') isNext = true;
        return Promise.resolve();
      }),
    });
    expect(await logIn(email, PASSWORD, { source, auth: late.auth })).toBe(true);
    limited.clock.advance(LEFT);
    await exhaust(source);
    expect(await logIn(newEmail(), 'no', from(source))).toBe(SOURCE_WINDOW);
  });

  it('has ten times the limit in all networks of an IPv6 /48', async () => {
    const lastGroup = addresses.toString(16);
    const inNetwork = (i: number) => `2001:db8:${lastGroup}:${i.toString(16)}::1`;
    for (let i = 0; i < 10; i++) await exhaust(inNetwork(i));
    expect(await logIn(newEmail(), 'no', from(inNetwork(10)))).toBe(LEFT);
    expect(await logIn(newEmail(), 'no', from(`2001:db8:${lastGroup}f::1`))).toBe(false);
  });

  it('uses up nothing of its /48 with attempts that are refused because of its /64', async () => {
    const lastGroup = addresses.toString(16);
    const inNetwork = (i: number) => `2001:db8:a${lastGroup}:${i.toString(16)}::1`;
    await exhaust(inNetwork(0));
    for (let i = 0; i < 9 * LIMIT; i++) {
      expect(await logIn(newEmail(), 'no', from(inNetwork(0)))).toBe(LEFT);
    }
    expect(await logIn(await register(), PASSWORD, from(inNetwork(1)))).toBe(true);
  });

  it.each([
    ['::ffff:192.0.2.1', '192.0.2.1', true],
    ['::FFFF:c000:0202', '192.0.2.2', true],
    ['64:ff9b::192.0.2.3', '192.0.2.3', true],
    ['64:ff9b::c000:204', '::ffff:192.0.2.4', true],
    ['::ffff:192.0.2.5', '::ffff:192.0.2.6', false],
    ['64:ff9b::192.0.2.7', '64:ff9b::192.0.2.8', false],
  ])(
    'is the IPv4 address in an IPv6 address: %s and %s are the same: %s',
    async (one, other, same) => {
      await exhaust(one);
      expect(await logIn(newEmail(), 'no', from(other))).toBe(same ? LEFT : false);
    },
  );

  it('may be any text that a caller of the library takes for an address', async () => {
    await exhaust('fe80::1%eth0');
    expect(await logIn(newEmail(), 'no', from('fe80::1%eth0'))).toBe(LEFT);
    expect(await logIn(newEmail(), 'no', from('fe80::2%eth0'))).toBe(false);
  });

  it.each([
    ['2001:db8:1:2::1', '2001:DB8:1:2:ffff:0:0:9', true],
    ['2001:db8:0:7::', '2001:0db8:0000:0007:1:2:3:4', true],
    ['2001:db8::1', '2001:db8:0:0:5::', true],
    ['2001:db8:1:3::1', '2001:db8:1:4::1', false],
    ['::1:2:3:4', '1:2:3:4::', false],
  ])('is a network of 64 bits in IPv6: %s and %s are the same: %s', async (one, other, same) => {
    await exhaust(one);
    expect(await logIn(newEmail(), 'no', from(other))).toBe(same ? LEFT : false);
  });

  it('is stored as a digest until the window ends', async () => {
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

  it('has no limit if none is configured', async () => {
    for (let i = 0; i < LIMIT + 1; i++) {
      expect(await logIn(newEmail(), 'no', { source: '203.0.113.9' })).toBe(false);
    }
  });
});

describe('a hash of another system or cost', () => {
  const { auth: dearer } = createLibrary({ bcryptCost: 5 });
  const hashOf = async (email: string) => (await db.findUserBy({ email })).hashed_password;
  const users = async (email: string) =>
    (await scanTable()).filter((item) => item['email'] === email);

  it.each(['$2a$04', '$2y$04', '$2y$05', '$2b$04'])(
    'is upgraded from %s at the next login, which ends no session',
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

  it('stays after a failed login', async () => {
    const email = await register();
    const before = await hashOf(email);
    expect(await logIn(email, 'no', { auth: dearer })).toBe(false);
    expect(await hashOf(email)).toBe(before);
  });

  it('stays if its cost is higher than the configured one', async () => {
    const { email } = await dearer.registerUser(newEmail(), PASSWORD);
    expect(await logIn(email, PASSWORD)).toBe(true);
    expect(await hashOf(email)).toMatch(/^\$2b\$05\$/);
  });

  it('does not bring back an old password if the password changes before the upgrade', async () => {
    const email = await register();
    const user = (await findByEmail(app, email)) ?? expect.fail('no user');
    await db.updateUser(user.id, { hashed_password: '$2b$new' });
    await replaceHash(app, user, '$2b$upgraded');
    expect(await hashOf(email)).toBe('$2b$new');
  });

  it('does not fail the login if its upgrade fails, which is logged', async () => {
    const email = await register();
    // The second update is the upgrade. The first one counts the attempt.
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
