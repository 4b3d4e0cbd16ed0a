import fc from 'fast-check';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { AuthError, type ErrorCode } from '../../lib/errors.ts';
import { CONFIRMATION, LOGIN, RESET_REQUEST } from '../../lib/fields.ts';
import {
  endpoint,
  json,
  readFields,
  readSessionId,
  sessionCookie,
  type Success,
} from '../../lib/http.ts';
import { event } from '../support/events.ts';
import { logOf } from '../support/log.ts';

const ROUTE = 'POST /anything';
const settings = { allowedOrigins: [], cookieSecure: true, sessionAbsoluteSeconds: 3600 };

const A = { a: { type: 'string', minLength: 1, description: '' } } as const;

/** Text that reaches the service whole: see readFields for what does not. */
const text = fc
  .string({ unit: 'binary', minLength: 1 })
  .filter((value) => value.isWellFormed() && !value.includes('\uFFFD'));

function orRefusal<T>(read: () => T): T | AuthError {
  try {
    return read();
  } catch (error) {
    if (error instanceof AuthError) return error;
    throw error;
  }
}

describe('readFields', () => {
  it('gives any text as it was sent, by form and by JSON', () => {
    fc.assert(
      fc.property(text, text, (email, password) => {
        const fields = { email, password };
        for (const sent of [{ form: fields }, { json: { ...fields, other: 1 } }]) {
          expect(readFields(event(ROUTE, sent), LOGIN)).toEqual(fields);
        }
      }),
    );
  });

  it('gives the same for text and for base64, as a gateway may send either', () => {
    const body = 'email=bob%40me.com&password=a+b%2B%26c';
    const contentType = 'application/x-www-form-urlencoded; charset=UTF-8';
    const encoded = event(ROUTE, { body, contentType });
    expect(encoded.isBase64Encoded).toBe(true);
    const plain = { ...encoded, body, isBase64Encoded: false };
    for (const request of [encoded, plain]) {
      expect(readFields(request, LOGIN)).toEqual({
        email: 'bob@me.com',
        password: 'a b+&c',
      });
    }
  });

  it('keeps a percent sign that escapes nothing, as browsers and Flask do', () => {
    const contentType = 'application/x-www-form-urlencoded';
    const request = event(ROUTE, { body: 'password=100%25+sure%', contentType });
    expect(readFields(request, CONFIRMATION)).toEqual({ password: '100% sure%' });
  });

  it('refuses whatever else is sent, with one of its own errors', () => {
    const types = [
      undefined,
      'application/json',
      'application/x-www-form-urlencoded',
      'text/plain',
    ];
    const body = fc.oneof(
      fc.uint8Array(),
      fc.string({ unit: 'binary' }),
      fc.json(),
      fc.json().map((value) => `{"email":${value}}`),
      fc.webQueryParameters(),
    );
    fc.assert(
      fc.property(body, fc.constantFrom(...types), (sent, contentType) => {
        const request = event(ROUTE, { body: sent, ...(contentType && { contentType }) });
        const fields = orRefusal(() => readFields(request, RESET_REQUEST));
        if (!(fields instanceof AuthError)) expect(fields.email).not.toBe('');
      }),
      { numRuns: 1000 },
    );
  });

  it('finds a name that a JSON object repeats at its top, and no other', () => {
    const read = (body: string) =>
      orRefusal(() => readFields(event(ROUTE, { body, contentType: 'application/json' }), A));
    for (const body of [
      '{"a":"1","a":"2"}',
      '{"a":"1","\\u0061":"2"}',
      '{"a":{"a":"1"},"b":[{"a":"1"}],"a" : "2"}',
      '{"a":"1","b":"{","a":"2"}',
      '{"a":"1","b":"\\"","a":"2"}',
    ]) {
      expect(read(body)).toMatchObject({ message: 'a is given more than once' });
    }
    for (const body of [
      '{"a":"1","b":{"a":"2"}}',
      '{"b":"a","a":"1","c":["a",":","a"]}',
      '{"a":"1","b":"\\",\\"a\\":"}',
      '{"b":1,"b":2,"a":"1"}',
    ]) {
      expect(read(body)).toEqual({ a: '1' });
    }
  });

  it.each(['=', 'a', 'YWI', 'YW=I', 'YWJj\n', 'Y W I', 'ü'])('refuses %j as base64', (body) => {
    const request = { ...event(ROUTE, { contentType: 'application/json' }), body };
    expect(() => readFields({ ...request, isBase64Encoded: true }, A)).toThrow(
      'The body is not valid base64',
    );
  });
});

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

describe('readFields under the emulator', () => {
  it.each([
    [false, 'invalid_body'],
    [null, 'invalid_field'],
  ])('takes a body that is %s for what it was', (body, code) => {
    const sent = event(ROUTE, { json: {} });
    Object.assign(sent, { body, isBase64Encoded: false, ...(body === null && { headers: {} }) });
    expect(orRefusal(() => readFields(sent, RESET_REQUEST))).toMatchObject({ code });
  });
});

describe('endpoint', () => {
  it('is compiled only where it answers as its route does', () => {
    expectTypeOf(json(200, { message: 'Bienvenue' })).toExtend<Success<'GET /'>>();
    expectTypeOf(json(201, { message: 'Bienvenue' })).not.toExtend<Success<'GET /'>>();
    expectTypeOf(json(200, { message: 'Welcome' })).not.toExtend<Success<'GET /'>>();
    expectTypeOf(json(200, {})).not.toExtend<Success<'GET /'>>();
    expectTypeOf(json(200, { message: 'Bienvenue' })).not.toExtend<Success<never>>();
  });

  const answerTo = (error: unknown) =>
    endpoint(settings, () => {
      throw error;
    })(event(ROUTE));

  it.each<[ErrorCode, number]>([
    ['invalid_field', 400],
    ['invalid_body', 400],
    ['email_taken', 400],
    ['wrong_credentials', 401],
    ['no_session', 403],
    ['user_not_found', 403],
    ['bad_reset_token', 403],
    ['cross_site', 403],
    ['body_too_large', 413],
    ['unsupported_media_type', 415],
    ['too_many_attempts', 429],
  ])('answers %s with %i and its message', async (code, status) => {
    const answer = await answerTo(new AuthError(code, 'in plain words'));
    expect(answer.statusCode).toBe(status);
    const message = code === 'email_taken' ? 'email already registered' : 'in plain words';
    expect(answer.body).toBe(JSON.stringify({ message }));
  });

  it('answers 503 and when to come back while DynamoDB is not available', async () => {
    const cause = new Error('ECONNREFUSED');
    const error = new AuthError('unavailable', 'please try again', { cause, retryAfterSeconds: 2 });
    const log = await logOf(async () => {
      const answer = await answerTo(error);
      expect(answer).toMatchObject({ statusCode: 503, headers: { 'retry-after': '2' } });
      expect(answer.body).toBe('{"message":"please try again"}');
    });
    expect(log).toMatchObject([
      {
        level: 'ERROR',
        message: 'The service is not available',
        error: { cause: { message: 'ECONNREFUSED' } },
      },
    ]);
  });

  it('tells nothing of an error that nobody foresaw, and logs it with the request’s id', async () => {
    for (const error of [new Error('the secret inside'), 'a string', undefined, null]) {
      let id: unknown;
      const log = await logOf(async () => {
        const { statusCode, headers, body } = await answerTo(error);
        expect([statusCode, body]).toEqual([500, '{"message":"Something went wrong"}']);
        id = headers?.['x-request-id'];
      });
      expect(log).toMatchObject([
        {
          level: 'ERROR',
          message: 'A request failed',
          request_id: id,
          source_ip: '192.0.2.7',
          error: error instanceof Error ? { message: 'the secret inside' } : {},
        },
      ]);
    }
  });

  it('logs no item that an error of the SDK carries', async () => {
    const error = Object.assign(new Error('refused'), { Item: { hashed_password: 'canary' } });
    const log = await logOf(() => answerTo(error));
    expect(log).toHaveLength(1);
    expect(JSON.stringify(log)).not.toContain('canary');
  });

  it('protects every answer with the same headers', async () => {
    const welcome = endpoint<'GET /'>(settings, () =>
      Promise.resolve(json(200, { message: 'Bienvenue' })),
    );
    const answers = [
      await welcome(event(ROUTE)),
      await answerTo(new AuthError('no_session', 'no')),
    ];
    for (const { headers } of answers) {
      expect(headers).toEqual({
        'cache-control': 'no-store',
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
        'content-type': 'application/json',
        'referrer-policy': 'no-referrer',
        'strict-transport-security': 'max-age=63072000; includeSubDomains',
        'x-content-type-options': 'nosniff',
        'x-request-id': expect.any(String),
      });
    }
  });
});
