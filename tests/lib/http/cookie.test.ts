import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readSessionId, sessionCookie } from '../../../lib/http/cookie.ts';
import { event } from '../../support/events.ts';

const settings = { cookieSecure: true, sessionAbsoluteSeconds: 3600 };

describe('readSessionId', () => {
  it('finds the cookie among others, in `cookies` and in the header', () => {
    const cookies = ['a=b', 'session_id=x.y_-', 'c=d'];
    expect(readSessionId(event('GET /profile', { cookies }))).toBe('x.y_-');
    const header = event('GET /profile', { headers: { cookie: cookies.join('; ') } });
    expect(readSessionId(header)).toBe('x.y_-');
    expect(readSessionId({ ...header, cookies: null } as never)).toBe('x.y_-');
  });

  it('is absent without one', () => {
    for (const cookies of [
      undefined,
      [],
      [''],
      ['session_id'],
      ['Session_id=x'],
      ['a=session_id'],
    ]) {
      expect(readSessionId(event('GET /profile', cookies && { cookies }))).toBeUndefined();
    }
  });

  it('throws at nothing that a client may send', () => {
    const cookie = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: 'binary' }).map((value) => `session_id=${value}`),
    );
    fc.assert(
      fc.property(fc.array(cookie), (cookies) => {
        const session_id = readSessionId(event('GET /profile', { cookies }));
        expect(['string', 'undefined']).toContain(typeof session_id);
      }),
    );
  });
});

describe('sessionCookie', () => {
  it('is kept from scripts and other sites, and cleared with the same attributes', () => {
    expect(sessionCookie(settings, 'id.secret')).toBe(
      'session_id=id.secret; Max-Age=3600; Path=/; HttpOnly; Secure; SameSite=Lax',
    );
    expect(sessionCookie(settings)).toBe(
      'session_id=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax',
    );
    expect(sessionCookie({ ...settings, cookieSecure: false }, 'x')).not.toContain('Secure');
  });
});
