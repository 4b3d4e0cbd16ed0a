import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Settings } from '../../../lib/core/settings.ts';
import { isCommon } from '../../../lib/passwords/common.ts';
import { applyPasswordRules } from '../../../lib/passwords/new-password.ts';
import { refuseBreached, refuseCommon, refuseGuessable } from '../../../lib/passwords/policy.ts';
import { freePort } from '../../../lib/emulator/ports.mjs';
import { createLibrary } from '../../support/library.ts';
import { logOf } from '../../support/log.ts';

const EMAIL = 'jane.doe+news@mail.example.com';

describe('applyPasswordRules', () => {
  const apply = (settings: Partial<Settings>, password: string) =>
    applyPasswordRules(createLibrary(settings).app, password, 'password', EMAIL);

  it('accepts any password with the default settings', async () => {
    await apply({}, 'password');
    await apply({}, EMAIL);
  });

  it('refuses common and guessable passwords if `refuseCommonPasswords` is set', async () => {
    const settings = { refuseCommonPasswords: true };
    const code = 'password_too_common';
    for (const [password, why] of [
      ['password', /most common passwords/],
      [EMAIL, /easy to guess/],
    ] as const) {
      const message = expect.stringMatching(why) as string;
      await expect(apply(settings, password)).rejects.toThrow(
        expect.objectContaining({ code, message }),
      );
    }
  });

  it('has a code of its own for a breached password', async () => {
    const sha1 = createHash('sha1').update('pässword').digest('hex').toUpperCase();
    const range = new Response(`${sha1.slice(5)}:1`);
    vi.stubGlobal('fetch', () => Promise.resolve(range));
    await expect(apply({ refuseBreachedPasswords: true }, 'pässword')).rejects.toThrow(
      expect.objectContaining({ code: 'password_breached' }),
    );
    vi.unstubAllGlobals();
  });

  it('asks Have I Been Pwned if `refuseBreachedPasswords` is set', async () => {
    const fetched = vi.fn<typeof fetch>(() => Promise.reject(new Error('no network')));
    vi.stubGlobal('fetch', fetched);
    await apply({ refuseBreachedPasswords: true }, 'password');
    vi.unstubAllGlobals();
    expect(fetched.mock.calls.map(([url]) => url)).toEqual([
      'https://api.pwnedpasswords.com/range/5BAA6',
    ]);
  });
});

describe('refuseCommon', () => {
  it.each([
    [
      'repetitions',
      '00000000 aaaaaaaa 123123123 abcabcabc hunterhunter aaaabbbb 11223344 !!!!!!!!',
    ],
    ['sequences', '12345678 87654321 abcdefgh hgfedcba 1234567890 abcd1234 0987654321 ABCDEFGH'],
    [
      'keyboard walks',
      'qwertyuiop 1qaz2wsx zaq12wsx !QAZ2wsx poiuytrewq zxcvbnm123 asdfghjkl; qweasdzxc',
    ],
    ['two in turns', '1q2w3e4r a1b2c3d4 q1w2e3r4t5 1a2b3c4d'],
    ['dates', '20011980 19800120 01/20/1980 2001-05-31 31.12.1999 0.0.0.000'],
    [
      'words with an ending',
      'admin1234 Admin@123 Welcome123! Summer2024! Monday01 dragon99 test1234 Company2023',
    ],
    ['words with a run', 'dragonabcd welcomeqwerty adminxyz 123welcome'],
    ['words in other signs', 'P@ssw0rd P@$$w0rd! L3tm31n! @dmin123 p4ssw0rd we1come1 m0nkey!!'],
    ['words', 'password PassWord iloveyou football princess sunshine trustno1 baseball changeme'],
  ])('refuses %s: %s', (_, passwords) => {
    for (const password of [...passwords.split(' '), '        ']) {
      expect.soft(refuseCommon(password, EMAIL), password).toMatch('one of the most common');
    }
  });

  it.each([
    '',
    'correct horse battery staple',
    'twelve little lambs',
    'we all live in a yellow submarine',
    '𝐩assword',
    'Tr0ub4dor&3',
    'monkey-lunch-2024-nerd',
    'kX9#mQ2$vL7!',
    '4711-0815-4242',
    'drei süße Äpfel',
    'мой дядя самых',
    'dragon eats 500 welcome cookies',
    'f81d4fae-7dec-11d0-a765-00a0c91e6bf6',
  ])('accepts %j', (password) => {
    expect(refuseCommon(password, EMAIL)).toBeUndefined();
  });

  const characters = (alphabet: string, length: number) =>
    fc.string({
      unit: fc.constantFrom(...alphabet.split('')),
      minLength: length,
      maxLength: length,
    });
  const LETTERS = 'abcdefghijklmnopqrstuvwxyz';
  const SIGNS = '!#$%&()*+,-./:;<=>?@[]^_{|}~';

  it.each([
    [
      '8 letters, digits and signs',
      characters(LETTERS + LETTERS.toUpperCase() + '0123456789' + SIGNS, 8),
    ],
    ['10 letters and digits', characters(`${LETTERS}0123456789`, 10)],
    ['12 letters', characters(LETTERS, 12)],
    ['16 hexadecimal digits', characters('0123456789abcdef', 16)],
    [
      '4 words',
      fc
        .array(
          fc.constantFrom(
            'apple',
            'summer',
            'password',
            'dragon',
            'river',
            'admin',
            'seven',
            'blue',
            'qwerty',
            'love',
          ),
          {
            minLength: 4,
            maxLength: 4,
          },
        )
        .filter((words) => new Set(words).size === 4)
        .map((words) => words.join(' ')),
    ],
  ])('refuses next to none of 5,000 random passwords: %s', (_, random) => {
    const passwords = fc.sample(random, { numRuns: 5_000, seed: 42 });
    // One in 10,000 may be taken for a common one by its hash.
    expect(passwords.filter((password) => isCommon(password)).length).toBeLessThan(5);
  });
});

describe('refuseGuessable', () => {
  it.each([
    EMAIL,
    EMAIL.toUpperCase(),
    'jane.doe+news',
    'jane.doe',
    'JaneDoe123',
    'doe_jane!',
    'jane2001',
    'mail.example.com',
    'Example99',
    '!!example!!',
    'janeABC1',
    'jane@example',
    'password',
    'MyPassword1',
    'login-service',
    'Bienvenue',
    'passwordabcd',
    'user-authentication',
    'jane!qwerty',
  ])('refuses %s', (password) => {
    expect(refuseGuessable(password, EMAIL)).toBe(
      'is easy to guess from the email address or the service',
    );
  });

  it.each([
    ['12345678@qq.example', '12345678'],
    ['a1b2c3@x.io', 'a1b2c3!!'],
    ['jo@x.io', 'x.io1234'],
    // One part contains another, and an address has no top-level domain.
    ['anna@annabella.example', 'annabella1'],
    ['root@localhost', 'root1234'],
  ])('refuses, for the email %s, the password %s', (email, password) => {
    expect(refuseGuessable(password, email)).toBeDefined();
  });

  it.each([
    'jane likes tea',
    'janexyzw',
    'xjanexyzdoe',
    'a long password of my own',
    '4711-0815-4242',
    'jan.do.exampl',
    'jane-ключ',
    'comet123',
  ])('accepts %s, which has enough other characters', (password) => {
    expect(refuseGuessable(password, EMAIL)).toBeUndefined();
  });

  it('ignores parts of the email of one or two characters', () => {
    expect(refuseGuessable('jo123456', 'jo@x.io')).toBeUndefined();
    expect(refuseGuessable('8xio4711', 'jo@x.io')).toBeUndefined();
  });
});

describe('refuseBreached', () => {
  const BREACHED = 'is known from a data breach';
  const SHA1 = createHash('sha1').update('pässword').digest('hex').toUpperCase();
  const entry = (count: number): string => `${SHA1.slice(5)}:${String(count)}`;
  const others = ['0'.repeat(35) + ':3', 'F'.repeat(35) + ':0'];

  const closing: (() => void)[] = [];
  afterEach(() => {
    for (const close of closing.splice(0)) close();
  });

  /** @returns the URL of a server that answers for Have I Been Pwned */
  async function pwned(listener: RequestListener): Promise<string> {
    const server = createServer(listener).listen(0, '127.0.0.1');
    await once(server, 'listening');
    closing.push(() => {
      server.closeAllConnections();
      server.close();
    });
    return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  }

  const answering = (...lines: string[]) =>
    pwned((_, response) => response.end(lines.join('\r\n')));

  it('refuses a breached password, and sends only 5 digits of its SHA-1', async () => {
    const requests: IncomingMessage[] = [];
    const url = await pwned((request, response) => {
      requests.push(request);
      response.end([...others, entry(1)].join('\r\n'));
    });
    expect(await refuseBreached(url)('pässword', EMAIL)).toBe(BREACHED);
    const [request, ...more] = requests;
    expect(more).toEqual([]);
    expect(request).toMatchObject({ method: 'GET', url: `/range/${SHA1.slice(0, 5)}` });
    expect(request?.headers['add-padding']).toBe('true');
    expect(JSON.stringify(request?.rawHeaders)).not.toMatch(/jane|p.ssword/i);
  });

  it('accepts a password that was not breached, and logs nothing', async () => {
    const log = await logOf(async () => {
      expect(await refuseBreached(await answering(...others))('pässword', EMAIL)).toBeUndefined();
    });
    expect(log).toEqual([]);
  });

  it('ignores padding in the answer', async () => {
    const padded = await answering(...others, entry(0));
    expect(await refuseBreached(padded)('pässword', EMAIL)).toBeUndefined();
  });

  it('looks up a password exactly as it is', async () => {
    const url = await answering(...others, entry(1));
    for (const similar of ['Pässword', 'pa\u0308ssword', 'pässword ']) {
      expect(await refuseBreached(url)(similar, EMAIL)).toBeUndefined();
    }
  });

  it.each<[string, () => Promise<string>]>([
    ['no answer in time', () => pwned(() => undefined)],
    ['half an answer in time', () => pwned((_, response) => response.write(`${entry(1)}\r\n`))],
    ['an answer of 500', () => pwned((_, response) => response.writeHead(500).end(entry(1)))],
    ['an answer of 429', () => pwned((_, response) => response.writeHead(429).end(entry(1)))],
    ['garbage', () => pwned((_, response) => response.end(`<html>\n${entry(1)}\n</html>`))],
    ['an empty body', () => pwned((_, response) => response.end())],
    [
      'an answer that is not HTTP',
      () => pwned((request) => request.socket.end('nonsense\r\n\r\n')),
    ],
    ['a closed connection', () => pwned((request) => request.socket.destroy())],
    ['a refused connection', async () => `http://127.0.0.1:${String(await freePort())}`],
  ])('accepts a password after %s, and logs a warning without the password', async (_, start) => {
    const url = await start();
    const started = Date.now();
    const log = await logOf(async () => {
      expect(await refuseBreached(url)('pässword', EMAIL)).toBeUndefined();
    });
    expect(Date.now() - started).toBeLessThan(2000);
    expect(log).toMatchObject([
      { level: 'WARN', message: 'A password was not looked up at Have I Been Pwned' },
    ]);
    const text = JSON.stringify(log);
    for (const secret of ['pässword', SHA1.slice(0, 5), SHA1.slice(5), EMAIL]) {
      expect(text.toUpperCase()).not.toContain(secret.toUpperCase());
    }
  });
});
