import { describe, expect, it } from 'vitest';
import { Api, type Answer, type Expected } from '../../../lib/cli/probe.ts';

const HTTP = new Api(new URL('http://localhost:3000/'));
const HTTPS = new Api(new URL('https://api.example.com/'));

const SECRET = '00000000-0000-4000-8000-000000000000.0123456789012345678901234567890123456789012';
const COOKIE = `session_id=${SECRET}; Max-Age=60; Path=/; HttpOnly; SameSite=Lax`;
const CLEARED = 'session_id=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax';

const EXPECTED: Expected = {
  status: 200,
  body: { email: 'ann@example.com', message: 'logged in' },
};

function answer(body: unknown = EXPECTED.body, more: Record<string, string> = {}): Answer {
  const headers = new Headers({
    'cache-control': 'no-store',
    'content-security-policy':
      "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    'content-type': 'application/json',
    'cross-origin-resource-policy': 'same-site',
    'referrer-policy': 'no-referrer',
    'strict-transport-security': 'max-age=63072000; includeSubDomains',
    'x-content-type-options': 'nosniff',
    'x-request-id': 'id',
    ...more,
  });
  return { status: 200, headers, text: JSON.stringify(body), body, cookie: '' };
}

const withCookie = (line: string) => answer(undefined, { 'set-cookie': line });

describe('Api.problems', () => {
  it('finds none where all is as expected', () => {
    expect(HTTP.problems(answer(), EXPECTED)).toEqual([]);
    expect(HTTP.problems(withCookie(COOKIE), { ...EXPECTED, cookie: 'set' })).toEqual([]);
    expect(HTTP.problems(withCookie(CLEARED), { ...EXPECTED, cookie: 'cleared' })).toEqual([]);
  });

  it('wants the cookie kept to HTTPS where it is HTTPS, and takes any elsewhere', () => {
    for (const [line, cookie] of [
      [COOKIE, 'set'],
      [CLEARED, 'cleared'],
    ] as const) {
      const expected: Expected = { ...EXPECTED, cookie };
      expect(HTTPS.problems(withCookie(`${line}; Secure`), expected)).toEqual([]);
      expect(HTTPS.problems(withCookie(line), expected)).toHaveLength(1);
      expect(HTTP.problems(withCookie(`${line}; Secure`), expected)).toEqual([]);
    }
  });

  it.each([
    COOKIE.replace('Lax', 'None'),
    COOKIE.replace('HttpOnly; ', ''),
    COOKIE.replace('Max-Age=60; ', ''),
    COOKIE.replace('Path=/', 'Path=/sessions'),
    COOKIE.replace('session_id', 'id'),
    COOKIE.replace(SECRET, 'short'),
    `${COOKIE}; Domain=example.com`,
    CLEARED,
  ])('does not take the cookie %s, and shows no secret of it', (line) => {
    const problems = HTTP.problems(withCookie(line), { ...EXPECTED, cookie: 'set' });
    expect(problems).toEqual([expect.stringMatching(/^expected cookie session_id=<id>; /)]);
    expect(problems.join()).not.toContain(SECRET);
  });

  it('takes the cookie under its other name, and cleared under both', () => {
    const host = `__Host-${COOKIE}; Secure`;
    const cleared = `__Host-${CLEARED}; Secure`;
    expect(HTTPS.problems(withCookie(host), { ...EXPECTED, cookie: 'set' })).toEqual([]);
    const both = withCookie(cleared);
    expect(HTTPS.problems(both, { ...EXPECTED, cookie: 'cleared' })).toEqual([]);
    both.headers.append('set-cookie', `${CLEARED}; Secure`);
    expect(HTTPS.problems(both, { ...EXPECTED, cookie: 'cleared' })).toEqual([]);
    both.headers.append('set-cookie', `${CLEARED}; Secure`);
    expect(HTTPS.problems(both, { ...EXPECTED, cookie: 'cleared' })).toHaveLength(1);
  });

  it('takes no cookie where there is nothing to remember, nor a second one', () => {
    expect(HTTP.problems(withCookie(COOKIE), EXPECTED)).toHaveLength(1);
    const two = withCookie(COOKIE);
    two.headers.append('set-cookie', COOKIE);
    expect(HTTP.problems(two, { ...EXPECTED, cookie: 'set' })).toHaveLength(1);
  });

  it.each([
    [{ ...EXPECTED.body, id: SECRET }],
    [{ message: 'logged in' }],
    [{ ...EXPECTED.body, email: `${SECRET}@example.com` }],
    [{ ...EXPECTED.body, message: `Your token is ${SECRET}` }],
    [{ ...EXPECTED.body, [SECRET]: SECRET }],
    [[SECRET]],
    [SECRET],
    [null],
  ])('does not take the body %j, and shows no secret of it', (body) => {
    const problems = HTTP.problems(answer(body), EXPECTED);
    expect(problems).toEqual([expect.stringMatching(/^expected body \{"email":"ann@/)]);
    expect(problems.join()).not.toContain(SECRET);
  });

  it('takes a body that fits a pattern, and none where there should be none', () => {
    const told = answer({ message: 'email is missing' });
    expect(HTTP.problems(told, { status: 200, body: { message: /^email / } })).toEqual([]);
    expect(HTTP.problems(told, { status: 200, body: { message: /^password / } })).toHaveLength(1);
    expect(HTTP.problems(answer({ message: 1 }), { status: 200, body: { message: /1/ } })).toEqual([
      'expected body {"message":/1/}, came {"message":"1"}',
    ]);
    expect(HTTP.problems(told, { status: 200 })).toHaveLength(1);
  });

  it.each([
    ['cache-control', 'private'],
    ['content-security-policy', "default-src 'self'"],
    ['content-type', 'text/html'],
    ['referrer-policy', 'origin'],
    ['strict-transport-security', 'max-age=0'],
    ['x-content-type-options', ''],
    ['x-request-id', ''],
  ])('wants %s on every answer', (name, other) => {
    expect(HTTP.problems(answer(undefined, { [name]: other }), EXPECTED)).toEqual([
      expect.stringContaining(`expected ${name} `),
    ]);
    const without = answer();
    without.headers.delete(name);
    expect(HTTP.problems(without, EXPECTED)).toEqual([expect.stringMatching(/, came none$/)]);
  });

  it('wants a header that is asked for, and not one that should not be there', () => {
    const moved = answer(undefined, { location: '/' });
    expect(HTTP.problems(moved, { ...EXPECTED, headers: { location: '/' } })).toEqual([]);
    expect(HTTP.problems(moved, { ...EXPECTED, headers: { location: '/bye' } })).toHaveLength(1);
    expect(HTTP.problems(moved, { ...EXPECTED, headers: { location: null } })).toHaveLength(1);
  });
});
