import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isCrossSite, isListed } from '../../../lib/http/origin.ts';

const HOST = 'auth.example.com';
const OURS = `https://${HOST}`;
const LISTED = 'https://app.example.org';

const SETTINGS = {
  nothing: [],
  origins: ['https://www.example.org', LISTED],
  localhost: ['localhost'],
};

const UNSAFE = ['POST', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'get', ''];

/** Neither one origin nor as browsers spell it, though some of it is ours or listed. */
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

const SITES = [undefined, 'same-origin', 'same-site', 'cross-site', 'none', 'nonsense'];

interface Sent {
  method?: string;
  origin?: string | undefined;
  site?: string | undefined;
  allowed?: keyof typeof SETTINGS;
  host?: string;
}

function isRefused({ method = 'POST', origin, site, allowed = 'nothing', host = HOST }: Sent) {
  const headers = {
    host,
    ...(origin !== undefined && { origin }),
    ...(site !== undefined && { 'sec-fetch-site': site }),
  };
  return isCrossSite(method, headers, { allowedOrigins: SETTINGS[allowed] });
}

describe.each(['nothing', 'origins', 'localhost'] as const)('with %s allowed', (allowed) => {
  /** Of these origins those that are refused, by any method that may change something. */
  const refused = (origins: string[], site: string | undefined) =>
    origins.filter((origin) => {
      const answers = UNSAFE.map((method) => isRefused({ method, origin, site, allowed }));
      expect(new Set(answers).size).toBe(1);
      return answers[0];
    });

  describe.each(SITES)('and Sec-Fetch-Site: %s', (site) => {
    it('our own page may send anything', () => {
      expect(refused([OURS], site)).toEqual([]);
    });

    it('a foreign page, and what is no origin, may send nothing', () => {
      expect(refused(FOREIGN, site)).toEqual(FOREIGN);
      expect(refused(MALFORMED, site)).toEqual(MALFORMED);
    });

    it('a page may send anything where it is listed, and nothing elsewhere', () => {
      expect(refused([LISTED], site)).toEqual(allowed === 'origins' ? [] : [LISTED]);
      expect(refused(LOCAL, site)).toEqual(allowed === 'localhost' ? [] : LOCAL);
    });

    it('any page may send what changes nothing', () => {
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
  ])('without Origin, Sec-Fetch-Site decides: %s', (site, isAnothers) => {
    for (const method of UNSAFE) expect(isRefused({ method, site, allowed })).toBe(isAnothers);
  });
});

describe('our own page', () => {
  it('is one at the port of the request', () => {
    const refused = (origin: string, host: string) => isRefused({ origin, host });
    expect(refused('http://localhost:3000', 'localhost:3000')).toBe(false);
    expect(refused('http://localhost:3001', 'localhost:3000')).toBe(true);
    expect(refused('http://localhost', 'localhost:3000')).toBe(true);
    expect(refused('http://localhost:3000', 'localhost')).toBe(true);
  });

  it('does not depend on the case of the host', () => {
    expect(isRefused({ origin: OURS, host: HOST.toUpperCase() })).toBe(false);
  });

  it('is none without a host', () => {
    expect(isCrossSite('POST', { origin: OURS }, { allowedOrigins: [] })).toBe(true);
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

  it('passes only when it is ours or listed, to the letter', () => {
    const site = fc.constantFrom(...SITES);
    fc.assert(
      fc.property(anything, site, fc.constantFrom(...UNSAFE), (origin, each, method) => {
        const passes = !isRefused({ method, origin, site: each, allowed: 'origins' });
        expect(passes).toBe([OURS, `http://${HOST}`, ...SETTINGS.origins].includes(origin));
      }),
      { numRuns: 2000 },
    );
  });

  it('stands for localhost only with such a host and a port, or none', () => {
    fc.assert(
      fc.property(fc.oneof(anything, fc.constantFrom(...LOCAL)), (origin) => {
        const local = /^https?:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/;
        if (isListed(origin, SETTINGS.localhost)) expect(origin).toMatch(local);
      }),
      { numRuns: 2000 },
    );
  });
});
