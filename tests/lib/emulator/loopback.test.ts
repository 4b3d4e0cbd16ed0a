import { describe, expect, it } from 'vitest';
import { inUrl, isAllowed, reachable, type Asked } from '../../../lib/emulator/loopback.mjs';

const API = 3000;
const LAMBDA = 3002;
const MAILBOX = 8005;

const ask = (port: number, asked: Partial<Asked> = {}, host = 'localhost') =>
  isAllowed(
    {
      port,
      from: '127.0.0.1',
      to: '127.0.0.1',
      ...asked,
      headers: { host: `localhost:${String(port)}`, ...asked.headers },
    },
    { host, httpPort: API, lambdaPort: LAMBDA },
  );
const JSON_TYPE = { 'content-type': 'application/json' };

describe.each([
  ['the HTTP port', API, {}],
  ['the Lambda port', LAMBDA, JSON_TYPE],
  ['the mailbox', MAILBOX, {}],
])('%s', (_, port, headers) => {
  it.each(['localhost', 'LOCALHOST', '127.0.0.1', '127.0.0.53', '[::1]'])(
    'takes requests to %s, with and without a port',
    (name) => {
      for (const host of [name, `${name}:${String(port)}`]) {
        expect(ask(port, { headers: { ...headers, host } })).toBe(true);
      }
    },
  );

  it.each([
    'evil.example',
    'localhost.evil.example',
    'evil.localhost',
    '127.0.0.1.evil.example',
    '192.168.1.5',
    '0.0.0.0',
    '[::]',
    '[::1].evil.example',
    'localhost@evil.example',
    '',
  ])('takes none to %j, which a page may have given this address', (name) => {
    for (const host of [name, `${name}:${String(port)}`]) {
      expect(ask(port, { headers: { ...headers, host } })).toBe(false);
    }
  });
});

describe('the Lambda port', () => {
  it.each(['application/json', 'Application/JSON; charset=utf-8', 'application/octet-stream'])(
    'takes %s, for which a page would have to ask first',
    (type) => {
      expect(ask(LAMBDA, { headers: { 'content-type': type } })).toBe(true);
    },
  );

  it.each(['', 'text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data'])(
    'takes no %j, which a page may send',
    (type) => {
      expect(ask(LAMBDA, { headers: { 'content-type': type } })).toBe(false);
    },
  );

  it('takes nothing from a page, whatever its origin', () => {
    for (const page of [
      { origin: 'https://evil.example' },
      { origin: 'http://localhost:3002' },
      { origin: 'null' },
      { 'sec-fetch-site': 'same-origin' },
    ]) {
      expect(ask(LAMBDA, { headers: { ...JSON_TYPE, ...page } })).toBe(false);
    }
  });
});

describe('the mailbox and DynamoDB', () => {
  it('take requests from their own page, and from no other', () => {
    const from = (origin: string) => ask(MAILBOX, { headers: { origin } });
    expect(from('http://localhost:8005')).toBe(true);
    expect(from('http://localhost:5173')).toBe(false);
    expect(from('https://evil.example')).toBe(false);
    expect(from('null')).toBe(false);
  });

  it('take no request that a page of another site makes without an origin, such as for a picture', () => {
    const from = (site: string) => ask(MAILBOX, { headers: { 'sec-fetch-site': site } });
    expect(from('cross-site')).toBe(false);
    for (const site of ['none', 'same-origin', 'same-site']) expect(from(site)).toBe(true);
  });
});

describe('--host', () => {
  const HEADERS = { host: '192.168.1.5:3000' };
  const other = { from: '192.168.1.9', to: '192.168.1.5' };

  it('opens the HTTP port to other machines, at that host', () => {
    expect(ask(API, { ...other, headers: HEADERS }, '192.168.1.5')).toBe(true);
    expect(ask(API, { ...other, headers: { host: 'evil.example' } }, '192.168.1.5')).toBe(false);
  });

  it.each(['0.0.0.0', '::'])('%s opens it at each address, and at no name', (host) => {
    expect(ask(API, { ...other, headers: HEADERS }, host)).toBe(true);
    expect(ask(API, { ...other, headers: { host: '[fe80::1]:3000' } }, host)).toBe(true);
    expect(ask(API, { ...other, headers: { host: 'evil.example' } }, host)).toBe(false);
  });

  it('opens no other port to them', () => {
    const headers = { ...HEADERS, ...JSON_TYPE };
    for (const port of [LAMBDA, MAILBOX]) {
      for (const host of ['192.168.1.5', '0.0.0.0', '::']) {
        expect(ask(port, { ...other, headers }, host)).toBe(false);
        expect(ask(port, { ...other, headers: JSON_TYPE }, host)).toBe(false);
      }
      // This machine, by its own address.
      expect(ask(port, { ...other, from: other.to, headers }, '192.168.1.5')).toBe(true);
    }
  });

  it('has brackets in a URL if it is an IPv6 address', () => {
    expect(['localhost', '127.0.0.1', '::1'].map(inUrl)).toEqual([
      'localhost',
      '127.0.0.1',
      '[::1]',
    ]);
    expect(['::1', '0.0.0.0', '::', 'localhost'].map(reachable)).toEqual([
      '[::1]',
      'localhost',
      'localhost',
      'localhost',
    ]);
  });
});
