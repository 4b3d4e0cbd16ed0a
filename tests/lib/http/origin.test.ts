import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isCrossSite, isListed, logCrossSite } from '../../../lib/http/origin.ts';
import { logOf } from '../../support/log.ts';

const HOST = 'auth.example.com';
const OURS = `https://${HOST}`;
const LISTED = 'https://app.example.org';

const SETTINGS = {
  nothing: [],
  origins: ['https://www.example.org', LISTED],
  localhost: ['localhost'],
};

const UNSAFE = ['POST', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'get', ''];

/** Values that no browser sends as an origin, though some contain our own or a listed one. */
const MALFORMED = [
  '',
  ' ',
  '*',
  'null',
  'localhost',
  HOST,
  `//${HOST}`,
  `${OURS}/`,
  `${OURS}:443`,
  `${OURS}/path`,
  `${OURS}?`,
  `${OURS}#`,
  ` ${OURS}`,
  `${OURS} `,
  `${OURS}\t`,
  `${OURS},${OURS}`,
  `${OURS}, ${LISTED}`,
  `${LISTED},${LISTED}`,
  `${OURS} ${LISTED}`,
  `user@${HOST}`,
  `https://user@${HOST}`,
  `https://user:password@${HOST}`,
  OURS.toUpperCase(),
  `HTTPS://${HOST}`,
  `https:${HOST}`,
  `https:///${HOST}`,
  `https:\\\\${HOST}`,
  `ftp://${HOST}`,
  `file://${HOST}`,
  `wss://${HOST}`,
  `blob:${OURS}`,
  'localhost:3000',
  'http://localhost/',
  'http://LOCALHOST',
  'http://127.1',
  'http://%6cocalhost',
];

const FOREIGN = [
  'https://evil.example',
  'https://example.com',
  'https://example.org',
  `https://${HOST}.evil.example`,
  `https://evil${HOST}`,
  `https://sub.${HOST}`,
  `${OURS}.`,
  `${OURS}:8443`,
  `${LISTED}:8443`,
  `${LISTED}.evil.example`,
  'http://app.example.org',
  'http://localhost.evil.example',
  'http://evil.localhost',
  'http://127.0.0.2',
  'http://[::2]',
  'chrome-extension://abcdefghijklmnop',
];

const LOCAL = [
  'http://localhost',
  'https://localhost',
  'http://localhost:5173',
  'http://127.0.0.1:8080',
  'https://[::1]:3001',
  'http://[::1]',
];

/** The values of Sec-Fetch-Site that a page of another site cannot have. */
const OURS_BY_SITE = ['same-origin', 'none'];
const SITES = [
  undefined,
  ...OURS_BY_SITE,
  'same-site',
  'cross-site',
  '',
  'same-origin, cross-site',
  'Same-Origin',
  'nonsense',
];

interface Sent {
  method?: string;
  origin?: string | undefined;
  site?: string | undefined;
  allowed?: keyof typeof SETTINGS;
  host?: string;
  cookieSecure?: boolean;
}

function isRefused(sent: Sent) {
  const { method = 'POST', origin, site, allowed = 'nothing', host = HOST } = sent;
  const { cookieSecure = true } = sent;
  const headers = {
    host,
    ...(origin !== undefined && { origin }),
    ...(site !== undefined && { 'sec-fetch-site': site }),
  };
  return isCrossSite(method, headers, { allowedOrigins: SETTINGS[allowed], cookieSecure });
}

describe.each(['nothing', 'origins', 'localhost'] as const)(
  'isCrossSite, with %s allowed',
  (allowed) => {
    /** Returns the refused origins, and checks that all methods which may change something agree. */
    const refused = (origins: string[], site: string | undefined) =>
      origins.filter((origin) => {
        const answers = UNSAFE.map((method) => isRefused({ method, origin, site, allowed }));
        expect(new Set(answers).size).toBe(1);
        return answers[0];
      });

    describe.each(SITES)('and Sec-Fetch-Site: %s,', (site) => {
      const isOurPage = site === undefined ? undefined : OURS_BY_SITE.includes(site);

      it('accepts changes from a listed page', () => {
        expect(refused(allowed === 'origins' ? [LISTED] : [], site)).toEqual([]);
        expect(refused(allowed === 'localhost' ? LOCAL : [], site)).toEqual([]);
      });

      it('decides by Sec-Fetch-Site about all other origins, and by the origin without it', () => {
        const others = [
          ...FOREIGN,
          ...MALFORMED,
          ...(allowed === 'origins' ? [] : [LISTED]),
          ...(allowed === 'localhost' ? [] : LOCAL),
        ];
        expect(refused(others, site)).toEqual(isOurPage ? [] : others);
        expect(refused([OURS], site)).toEqual((isOurPage ?? true) ? [] : [OURS]);
      });

      it('accepts methods that change nothing from any page', () => {
        for (const method of ['GET', 'HEAD', 'OPTIONS']) {
          for (const origin of [undefined, OURS, LISTED, ...LOCAL, ...FOREIGN, ...MALFORMED]) {
            expect(isRefused({ method, origin, site, allowed })).toBe(false);
          }
        }
      });
    });

    it.each([
      [undefined, false],
      ['none', false],
      ['same-origin', false],
      ['same-site', true],
      ['cross-site', true],
      ['', true],
      ['same-origin, cross-site', true],
      ['Same-Origin', true],
    ])('decides by Sec-Fetch-Site if there is no Origin: %s', (site, isAnothers) => {
      for (const method of UNSAFE) expect(isRefused({ method, site, allowed })).toBe(isAnothers);
    });
  },
);

describe('our own page', () => {
  it('may hide its origin, as a form of a page with no-referrer does', () => {
    expect(isRefused({ origin: 'null', site: 'same-origin' })).toBe(false);
    expect(isRefused({ origin: 'null', site: 'cross-site' })).toBe(true);
    expect(isRefused({ origin: 'null' })).toBe(true);
  });

  it('has the scheme of the API where cookies are Secure', () => {
    const insecure = `http://${HOST}`;
    expect(isRefused({ origin: insecure })).toBe(true);
    expect(isRefused({ origin: insecure, site: 'cross-site', cookieSecure: false })).toBe(true);
    expect(isRefused({ origin: insecure, cookieSecure: false })).toBe(false);
    expect(isRefused({ origin: OURS, cookieSecure: false })).toBe(false);
  });

  it('is recognised if the Host header has the default port of its scheme, and no other', () => {
    const refused = (origin: string, port: number) =>
      isRefused({ origin, host: `${HOST}:${String(port)}`, cookieSecure: false });
    expect(refused(OURS, 443)).toBe(false);
    expect(refused(`http://${HOST}`, 80)).toBe(false);
    expect(refused(OURS, 80)).toBe(true);
    expect(refused(`http://${HOST}`, 443)).toBe(true);
    expect(refused(`${OURS}:8443`, 443)).toBe(true);
    expect(refused(OURS, 8443)).toBe(true);
  });

  it('has the same port as the request', () => {
    const refused = (origin: string, host: string) =>
      isRefused({ origin, host, cookieSecure: false });
    expect(refused('http://localhost:3000', 'localhost:3000')).toBe(false);
    expect(refused('http://localhost:3001', 'localhost:3000')).toBe(true);
    expect(refused('http://localhost', 'localhost:3000')).toBe(true);
    expect(refused('http://localhost:3000', 'localhost')).toBe(true);
  });

  it('is recognised in any case of the host', () => {
    expect(isRefused({ origin: OURS, host: HOST.toUpperCase() })).toBe(false);
  });

  it('is not recognised without a Host header', () => {
    expect(isCrossSite('POST', { origin: OURS }, { allowedOrigins: [], cookieSecure: true })).toBe(
      true,
    );
  });
});

describe('an Origin', () => {
  const near = fc.constantFrom(OURS, LISTED, HOST, ...LOCAL, ...FOREIGN, ...MALFORMED);
  const anything = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.webUrl({ validSchemes: ['http', 'https', 'ftp'] }),
    near,
    fc.tuple(fc.string({ unit: 'binary', maxLength: 3 }), near).map((parts) => parts.join('')),
    fc.tuple(near, fc.string({ unit: 'binary', maxLength: 3 })).map((parts) => parts.join('')),
    fc.tuple(near, near).map((parts) => parts.join(', ')),
  );

  it('passes without Sec-Fetch-Site only if it exactly equals our own or a listed one', () => {
    fc.assert(
      fc.property(anything, fc.constantFrom(...UNSAFE), (origin, method) => {
        const passes = !isRefused({ method, origin, allowed: 'origins' });
        expect(passes).toBe([OURS, ...SETTINGS.origins].includes(origin));
      }),
      { numRuns: 2000 },
    );
  });

  it('is logged if it is one, of at most 100 characters, and nothing else that a client sent', async () => {
    const logged = async (origin: string | undefined) => {
      const [line] = await logOf(() => Promise.resolve(logCrossSite({ origin })));
      return line;
    };
    const event = {
      event: 'malicious_cors',
      outcome: 'failure',
      reason: expect.stringContaining('allowedOrigins'),
    };
    const longest = `https://${'a.'.repeat(44)}test`;
    expect(longest).toHaveLength(100);
    for (const origin of ['https://evil.example', 'http://[::2]:81', longest]) {
      expect(await logged(origin)).toMatchObject({ ...event, origin });
    }
    const others = [undefined, 'null', 'a\nb', 'https://ann@example.com', `${longest}s`];
    for (const origin of [...others, `${OURS}/?token=canary`]) {
      const line = await logged(origin);
      expect(line).toMatchObject(event);
      expect(line).not.toHaveProperty('origin');
    }
  });

  it('counts as localhost only if its host is local, with or without a port', () => {
    fc.assert(
      fc.property(fc.oneof(anything, fc.constantFrom(...LOCAL)), (origin) => {
        const local = /^https?:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/;
        if (isListed(origin, SETTINGS.localhost)) expect(origin).toMatch(local);
      }),
      { numRuns: 2000 },
    );
  });
});
