import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CONFIRMATION, LOGIN, RESET_REQUEST } from '../../../lib/api/fields.ts';
import { AuthError } from '../../../lib/core/errors.ts';
import { readFields } from '../../../lib/http/body.ts';
import { event } from '../../support/events.ts';

const ROUTE = 'POST /anything';

const A = { a: { type: 'string', minLength: 1, description: '' } } as const;

/** Text that reaches the service unchanged: see readFields for the rest. */
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
  it('returns any text exactly as sent, from a form and from JSON', () => {
    fc.assert(
      fc.property(text, text, (email, password) => {
        const fields = { email, password };
        for (const sent of [{ form: fields }, { json: { ...fields, other: 1 } }]) {
          expect(readFields(event(ROUTE, sent), LOGIN)).toEqual(fields);
        }
      }),
    );
  });

  it('reads a body as text and in base64, as API Gateway may send either', () => {
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

  it('throws nothing but AuthError for any other body', () => {
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

  it('refuses a repeated field at the top of a JSON object, but not inside other fields', () => {
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

describe('readFields under the emulator', () => {
  it('takes the body null for none', () => {
    const sent = event(ROUTE, { json: {} });
    Object.assign(sent, { body: null, isBase64Encoded: false, headers: {} });
    expect(orRefusal(() => readFields(sent, RESET_REQUEST))).toMatchObject({
      code: 'invalid_field',
    });
  });
});
