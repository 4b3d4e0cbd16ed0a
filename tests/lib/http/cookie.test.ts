import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  clearCookies,
  readSessionIds,
  setCookies,
  type CookieSettings,
} from '../../../lib/http/cookie.ts';
import { event } from '../../support/events.ts';

const settings: CookieSettings = {
  cookieSecure: true,
  sessionCookies: ['session_id'],
  sessionAbsoluteSeconds: 3600,
};
const renamed: CookieSettings = { ...settings, sessionCookies: ['__Host-session_id'] };
const both: CookieSettings = { ...settings, sessionCookies: ['__Host-session_id', 'session_id'] };

const read = (cookies: string[], by = settings) =>
  readSessionIds(event('GET /profile', { cookies }), by);

describe('readSessionIds', () => {
  it('finds the session id among other cookies, in `cookies` and in the header', () => {
    const cookies = ['a=b', 'session_id=x.y_-', 'c=d'];
    expect(read(cookies)).toEqual(['x.y_-']);
    const header = event('GET /profile', { headers: { cookie: cookies.join('; ') } });
    expect(readSessionIds(header, settings)).toEqual(['x.y_-']);
    expect(readSessionIds({ ...header, cookies: null } as never, settings)).toEqual(['x.y_-']);
  });

  it('finds each of several, in their order', () => {
    const cookies = ['session_id=x', 'a=b', 'session_id=', 'session_id=y'];
    expect(read(cookies)).toEqual(['x', '', 'y']);
    const header = event('GET /profile', { headers: { cookie: cookies.join(';') } });
    expect(readSessionIds(header, settings)).toEqual(['x', '', 'y']);
  });

  it('reads the names that the settings list, and no other', () => {
    const cookies = ['session_id=x', '__Host-session_id=y', '__host-session_id=z'];
    expect(read(cookies)).toEqual(['x']);
    expect(read(cookies, renamed)).toEqual(['y']);
    expect(read(cookies, both)).toEqual(['y', 'x']);
  });

  it('returns none without the cookie', () => {
    for (const cookies of [[], [''], ['session_id'], ['Session_id=x'], ['a=session_id']]) {
      expect(read(cookies)).toEqual([]);
    }
    expect(readSessionIds(event('GET /profile'), settings)).toEqual([]);
  });

  it('never throws, whatever a client sends', () => {
    const cookie = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: 'binary' }).map((value) => `session_id=${value}`),
    );
    fc.assert(
      fc.property(fc.array(cookie), (cookies) => {
        for (const session_id of read(cookies)) expect(typeof session_id).toBe('string');
      }),
    );
  });
});

describe('the session cookie', () => {
  it('is kept from scripts and other sites, and cleared with the same attributes', () => {
    expect(setCookies(settings, 'id.secret')).toEqual([
      'session_id=id.secret; Max-Age=3600; Path=/; HttpOnly; Secure; SameSite=Lax',
    ]);
    expect(clearCookies(settings)).toEqual([
      'session_id=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax',
    ]);
    const [plain] = setCookies({ ...settings, cookieSecure: false }, 'x');
    expect(plain).not.toContain('Secure');
  });

  it('is set under the first name that is listed, and cleared under each', () => {
    const attributes = 'Path=/; HttpOnly; Secure; SameSite=Lax';
    expect(setCookies(both, 'x')).toEqual([`__Host-session_id=x; Max-Age=3600; ${attributes}`]);
    expect(clearCookies(both)).toEqual([
      `__Host-session_id=; Max-Age=0; ${attributes}`,
      `session_id=; Max-Age=0; ${attributes}`,
    ]);
  });
});
