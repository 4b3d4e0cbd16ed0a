import { compare, getRounds, hash } from 'bcryptjs';
import fc from 'fast-check';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { checkPassword, hashPassword, verifyPassword } from '../../../lib/passwords/hash.ts';

// Watches the calls, and lets the real functions run.
vi.mock('bcryptjs', { spy: true });

const COST = 4;

describe('hashPassword', () => {
  it('returns a salted bcrypt hash of cost 12 by default', async () => {
    const [one, other] = await Promise.all([hashPassword('pwd'), hashPassword('pwd')]);
    expect(one).toMatch(/^\$2b\$12\$[./A-Za-z0-9]{53}$/);
    expect(other).not.toBe(one);
    expect(await verifyPassword('pwd', one, COST)).toBe(true);
  });

  it('hashes all 72 bytes of a password, and refuses one that bcrypt would cut short', async () => {
    const longest = 'é'.repeat(36);
    const hashed = await hashPassword(longest, COST);
    expect(await verifyPassword(longest, hashed, COST)).toBe(true);
    expect(await verifyPassword(longest.slice(0, -1), hashed, COST)).toBe(false);
    await expect(hashPassword(`${longest}a`, COST)).rejects.toMatchObject({
      code: 'password_too_long',
      message: 'password must be at most 72 bytes long',
    });
    await expect(hashPassword('a\0b', COST)).rejects.toMatchObject({ code: 'invalid_field' });
  });

  it('neither trims the password, nor changes its case, nor normalises it', async () => {
    const hashed = await hashPassword(' Pa\u0308ss ', COST);
    expect(await verifyPassword(' Pa\u0308ss ', hashed, COST)).toBe(true);
    for (const other of ['Pa\u0308ss', ' pa\u0308ss ', ' P\u00e4ss ']) {
      expect(await verifyPassword(other, hashed, COST)).toBe(false);
    }
  });
});

describe('checkPassword', () => {
  it.each(['', '\0', 'a\0', '\uD800', 'a\uDFFF', 'a\uFFFD', 'a'.repeat(73), '🔑'.repeat(19)])(
    'refuses %j, and names the field',
    (password) => {
      expect(() => {
        checkPassword(password, 'new_password');
      }).toThrow(/^new_password /);
    },
  );

  it('refuses a value that is not a string', () => {
    for (const value of [undefined, null, 5, {}, ['a']]) {
      expect(() => {
        checkPassword(value as string);
      }).toThrow('password must be a string');
    }
  });

  it('counts the minimum length in code points', () => {
    expect(() => {
      checkPassword('🔑'.repeat(7), 'password', 8);
    }).toThrow(
      expect.objectContaining({
        code: 'password_too_short',
        message: 'password must be at least 8 characters long',
      }),
    );
    checkPassword('🔑'.repeat(8), 'password', 8);
  });

  it('accepts any characters', () => {
    const anyText = fc
      .string({ unit: 'binary', minLength: 1, maxLength: 18 })
      .filter((text) => !/[\0\uFFFD]/.test(text));
    fc.assert(
      fc.property(anyText, (password) => {
        checkPassword(password);
      }),
    );
  });
});

describe('verifyPassword', () => {
  it.each(['$2a$', '$2b$', '$2y$'])(
    'verifies hashes of other systems that begin with %s',
    async (prefix) => {
      const hashed = (await hash('pwd', COST)).replace('$2b$', prefix);
      expect(await verifyPassword('pwd', hashed, COST)).toBe(true);
      expect(await verifyPassword('pwd2', hashed, COST)).toBe(false);
    },
  );

  it.each([4, 5, 6, 7, 8, 9, 10])('verifies a hash of cost %i', async (cost) => {
    expect(await verifyPassword('pwd', await hash('pwd', cost), COST)).toBe(true);
  });

  // Hashed in advance, as hashing takes as many seconds as verifying.
  it.each([
    '$2b$11$Jev0Zf4ay5cIMkiHqJKVXukCPPAjJIdt9BYChUZGjcZrXqHquvcMG',
    '$2b$12$d7dhNxwaSjaYCuSXdkEhROV6dum7ASEgTiWYxDUkXrT5k8WzmT6Oe',
    '$2b$13$ycyi2HeCP8Yrh/laUO9vseZAKlakC00mZTv3GGTLS8V85QyqJixXK',
    '$2b$14$ZKqZxiQdIpEySrpIlQoj9eIYZqrZCQE66Zhdv3y6O8wpOVCXhpQqq',
  ])('verifies the costly hash %s', async (hashed) => {
    expect(await verifyPassword('pwd', hashed, COST)).toBe(true);
  });

  it.each([
    [
      'the PHP manual, password_verify',
      'rasmuslerdorf',
      '$2y$07$BCryptRequires22Chrcte/VlQH0piJtjXl.0t1XkA8pw9dMXTpOq',
    ],
    ['jBCrypt’s tests', 'abc', '$2a$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i'],
    [
      'crypt_blowfish’s tests',
      'U*U',
      '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW',
    ],
  ])('verifies the known hash of %s', async (_, password, hashed) => {
    expect(await verifyPassword(password, hashed, COST)).toBe(true);
    expect(await verifyPassword(`${password} `, hashed, COST)).toBe(false);
  });

  it.each([
    undefined,
    '',
    'pwd',
    '$2b$04$',
    `$2b$04$${'a'.repeat(54)}`,
    `$2b$04$${'ü'.repeat(53)}`,
    `$2b$31$${'a'.repeat(53)}`,
    `$2x$04$${'a'.repeat(53)}`,
  ])('returns false for the hash %j, after one bcrypt of the given cost', async (hashed) => {
    vi.mocked(compare).mockClear();
    expect(await verifyPassword('pwd', hashed, 5)).toBe(false);
    expect(compare).toHaveBeenCalledExactlyOnceWith('pwd', expect.stringMatching(/^\$2b\$05\$/));
    expect(vi.mocked(compare).mock.settledResults).toEqual([{ type: 'fulfilled', value: false }]);
  });
});

describe('a wrong password', () => {
  /** The rounds of all comparisons: what takes the time. */
  const workOf = async (hashed: string | undefined, cost: number, key = '') => {
    vi.mocked(compare).mockClear();
    expect(await verifyPassword('no', hashed, cost, key)).toBe(false);
    return vi
      .mocked(compare)
      .mock.calls.reduce((sum, [, compared]) => sum + 2 ** getRounds(compared), 0);
  };

  // OWASP ASVS 5.0, 6.3.8: otherwise an email would be known by its fast answer after the cost was raised.
  it.each([4, 5, 6, 8])(
    'takes the work of the cost for an unknown email and for a hash of any cost up to it: %i',
    async (cost) => {
      expect(await workOf(undefined, cost)).toBe(2 ** cost);
      for (let before = 4; before <= cost; before++) {
        const hashed = await hash('pwd', before);
        expect(await workOf(hashed, cost)).toBe(2 ** cost);
        expect(await workOf(hashed.replace('$2b$', '$2y$'), cost)).toBe(2 ** cost);
        expect(await workOf(`hmac:${hashed}`, cost, 'key')).toBe(2 ** cost);
        expect(await workOf(`hmac:${hashed}`, cost)).toBe(2 ** cost);
      }
    },
  );

  it('is the only one that takes more than one comparison', async () => {
    const hashed = await hash('pwd', 4);
    vi.mocked(compare).mockClear();
    expect(await verifyPassword('pwd', hashed, 8)).toBe(true);
    expect(compare).toHaveBeenCalledTimes(1);
  });
});

describe('verifyPassword with a key', () => {
  // The example of Flask-Security's documentation.
  const KEY = '146585145368132386173505678016728509634';
  /** Computed with Python's hmac and unicodedata, as Flask-Security does, of `p\u00e4ss w\u00f6rd`. */
  const HMAC =
    'jLXmAB25zNxmMPmWL13s+zCGOEU488NCd2bY+Pu7ccQuMjPlM6AymHkD2I+pkNvhHE0X0V5wnTXL8y4UarRxWw==';
  const PASSWORD = 'p\u00e4ss w\u00f6rd';

  it.each([
    ['hmac', 'Flask-Security', HMAC],
    ['pepper', 'Devise', PASSWORD + KEY],
  ])('verifies a hash of the form %s, which %s makes, only with its key', async (form, _, text) => {
    const hashed = `${form}:${await hash(text, COST)}`;
    expect(await verifyPassword(PASSWORD, hashed, COST, KEY)).toBe(true);
    for (const [password, key] of [
      [`${PASSWORD}!`, KEY],
      [PASSWORD, `${KEY}0`],
      [PASSWORD, ''],
      [text, KEY],
      [text, ''],
      ['', KEY],
    ] as const) {
      vi.mocked(compare).mockClear();
      expect(await verifyPassword(password, hashed, COST, key)).toBe(false);
      expect(compare).toHaveBeenCalledTimes(1);
    }
  });

  it('leaves other hashes as they are, and compares unknown forms with nobody’s hash', async () => {
    const hashed = await hash('pwd', COST);
    expect(await verifyPassword('pwd', hashed, COST, KEY)).toBe(true);
    for (const form of ['HMAC:', 'sha1:', 'constructor:', ':', 'hmac', 'hmac:pepper:']) {
      vi.mocked(compare).mockClear();
      expect(await verifyPassword('pwd', form + hashed, 5, KEY)).toBe(false);
      expect(compare).toHaveBeenCalledExactlyOnceWith('pwd', expect.stringMatching(/^\$2b\$05\$/));
    }
  });
});

describe('simultaneous passwords', () => {
  it('are hashed one after the other, even if one fails', async () => {
    let running = 0;
    const runningAtStart: number[] = [];
    const watched = vi.mocked<(password: string, hash: string) => Promise<boolean>>(compare);
    watched.mockRejectedValueOnce(new Error('once'));
    watched.mockImplementation(async () => {
      runningAtStart.push(++running);
      await setImmediate();
      running--;
      return true;
    });
    const all = Array.from({ length: 4 }, () => verifyPassword('pwd', undefined, COST));
    const outcomes = (await Promise.allSettled(all)).map(({ status }) => status);
    expect(outcomes).toEqual(['rejected', 'fulfilled', 'fulfilled', 'fulfilled']);
    expect(runningAtStart).toEqual([1, 1, 1]);
    watched.mockReset();
  });
});
