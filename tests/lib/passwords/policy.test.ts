import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Settings } from '../../../lib/core/settings.ts';
import { applyPasswordRules } from '../../../lib/passwords/new-password.ts';
import { refuseBreached, refuseCommon, refuseGuessable } from '../../../lib/passwords/policy.ts';
import { freePort } from '../../../lib/emulator/dynamodb-local.mjs';
import { createLibrary } from '../../support/library.ts';
import { logOf } from '../../support/log.ts';

const EMAIL = 'jane.doe+news@mail.example.com';

describe('applyPasswordRules', () => {
  const apply = (settings: Partial<Settings>, password: string) =>
    applyPasswordRules(createLibrary(settings).app, password, 'password', EMAIL);

  it('accepts any password with the defaults of the library and of the stage local', async () => {
    await apply({}, 'password');
    await apply({}, EMAIL);
  });

  it('refuses common and guessable passwords if that is set', async () => {
    const settings = { refuseCommonPasswords: true };
    await expect(apply(settings, 'password')).rejects.toThrow('most common passwords');
    await expect(apply(settings, EMAIL)).rejects.toThrow('easy to guess');
  });

  it('asks Have I Been Pwned if that is set', async () => {
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
    'password',
    'PassWord',
    '12345678',
    'qwertyuiop',
    '0.0.0.000',
    'zxcvbnm123',
    '20011980',
  ])('refuses %s', (password) => {
    expect(refuseCommon(password, EMAIL)).toBe('is one of the most common passwords');
  });

  it.each(['', ' password', 'password\n12345678', 'correct horse battery staple', '𝐩assword'])(
    'takes %j, which is not on the list as it stands',
    (password) => {
      expect(refuseCommon(password, EMAIL)).toBeUndefined();
    },
  );
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
  ])('refuses %s', (password) => {
    expect(refuseGuessable(password, EMAIL)).toBe(
      'is easy to guess from the email address or the service',
    );
  });

  it.each([
    ['12345678@qq.example', '12345678'],
    ['a1b2c3@x.io', 'a1b2c3!!'],
    ['jo@x.io', 'x.io1234'],
    // A part within another one, and an address without a top-level domain.
    ['anna@annabella.example', 'annabella1'],
    ['root@localhost', 'root1234'],
  ])('refuses for %s the password %s', (email, password) => {
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
  ])('takes %s, which has something of its own', (password) => {
    expect(refuseGuessable(password, EMAIL)).toBeUndefined();
  });

  it('does not look for parts of one or two characters', () => {
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

  /** @returns the URL of a Have I Been Pwned that answers like that */
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

  it('refuses a password that was breached, and sends 5 digits of its SHA-1 alone', async () => {
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

  it('takes one that was not, and says nothing of it', async () => {
    const log = await logOf(async () => {
      expect(await refuseBreached(await answering(...others))('pässword', EMAIL)).toBeUndefined();
    });
    expect(log).toEqual([]);
  });

  it('does not count padding', async () => {
    const padded = await answering(...others, entry(0));
    expect(await refuseBreached(padded)('pässword', EMAIL)).toBeUndefined();
  });

  it('takes a password exactly as it is', async () => {
    const url = await answering(...others, entry(1));
    for (const similar of ['Pässword', 'pa\u0308ssword', 'pässword ']) {
      expect(await refuseBreached(url)(similar, EMAIL)).toBeUndefined();
    }
  });

  it.each<[string, () => Promise<string>]>([
    ['nothing in time', () => pwned(() => undefined)],
    ['half an answer in time', () => pwned((_, response) => response.write(`${entry(1)}\r\n`))],
    ['500', () => pwned((_, response) => response.writeHead(500).end(entry(1)))],
    ['429', () => pwned((_, response) => response.writeHead(429).end(entry(1)))],
    ['garbage', () => pwned((_, response) => response.end(`<html>\n${entry(1)}\n</html>`))],
    ['an empty body', () => pwned((_, response) => response.end())],
    ['no HTTP', () => pwned((request) => request.socket.end('nonsense\r\n\r\n'))],
    ['a closed connection', () => pwned((request) => request.socket.destroy())],
    ['a refused connection', async () => `http://127.0.0.1:${String(await freePort())}`],
  ])('takes a password after %s, and warns without a word of it', async (_, start) => {
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
