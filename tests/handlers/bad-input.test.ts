/**
 * Bad input: every endpoint answers it with a 4xx that says what is wrong, writes nothing and keeps
 * working. Every bad request here differs from a good one only in what its title says.
 *
 * The whole matrix of bad bodies runs on readFields, which reads the fields of all endpoints. Samples
 * of it run on each field of each endpoint. The endpoints and their fields come from the contract.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { API } from '../../lib/api/contract.ts';
import { AuthError, type ErrorCode } from '../../lib/core/errors.ts';
import type { Fields as Schema } from '../../lib/api/fields.ts';
import { readFields } from '../../lib/http/body.ts';
import type { Request } from '../../lib/http/endpoint.ts';
import {
  askForToken,
  askForVerification,
  encode,
  ENCODINGS,
  expectRefusal,
  isLive,
  logIn,
  register,
  request,
  send,
  type Encoding,
  type Route,
} from '../support/client.ts';
import { emulated, event, type EventParts } from '../support/events.ts';
import { newEmail, scanTable } from '../support/library.ts';

type Fields = Record<string, string>;

const JSON_TYPE = 'application/json';
const FORM_TYPE = 'application/x-www-form-urlencoded';
const MAX_BYTES = 8192;

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

function without(fields: Fields, name: string): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([key]) => key !== name));
}

/** Makes a form in which the value of the field is exactly these bytes or this escaped text. */
function rawForm(fields: Fields, name: string, value: Uint8Array | string): EventParts {
  const others = new URLSearchParams(without(fields, name)).toString();
  const body = Buffer.concat([Buffer.from(`${others}&${name}=`), Buffer.from(value)]);
  return { body, contentType: FORM_TYPE };
}

/** Makes a JSON object with this text as the value of the field. */
function rawJson(fields: Fields, name: string, value: string): EventParts {
  const others = JSON.stringify(without(fields, name)).slice(0, -1);
  const comma = others === '{' ? '' : ',';
  return { body: `${others}${comma}${JSON.stringify(name)}:${value}}`, contentType: JSON_TYPE };
}

/** Makes a good JSON object with this text before its first field. */
function jsonStartingWith(start: string, fields: Fields): EventParts {
  return { body: `{${start},${JSON.stringify(fields).slice(1)}`, contentType: JSON_TYPE };
}

interface Plain {
  body: string;
  contentType: string;
}

/** Encodes the fields as text, and returns it with its content type. */
function plain(encoding: Encoding, fields: Fields): Plain {
  return encoding === 'form'
    ? { body: new URLSearchParams(fields).toString(), contentType: FORM_TYPE }
    : { body: JSON.stringify(fields), contentType: JSON_TYPE };
}

/** Makes a body of this length from the fields and meaningless filler. */
function ofLength(bytes: number, encoding: Encoding, fields: Fields): EventParts {
  const { body, contentType } = plain(encoding, fields);
  const filler = encoding === 'form' ? '&' : ' ';
  return { body: body + filler.repeat(bytes - Buffer.byteLength(body)), contentType };
}

/** Everything that may be wrong with a field. */
const BAD_FIELDS: Record<string, (fields: Fields, name: string) => EventParts> = {
  'missing from a form': (fields, name) => ({ form: without(fields, name) }),
  'missing from JSON': (fields, name) => ({ json: without(fields, name) }),
  'empty in a form': (fields, name) => ({ form: { ...fields, [name]: '' } }),
  'empty in JSON': (fields, name) => ({ json: { ...fields, [name]: '' } }),
  'without a value in a form': (fields, name) => ({
    body: `${new URLSearchParams(without(fields, name)).toString()}&${name}`,
    contentType: FORM_TYPE,
  }),
  'repeated in a form': (fields, name) => {
    const value = String(fields[name]);
    return { form: { ...fields, [name]: [value, value] } };
  },
  'repeated in JSON': (fields, name) =>
    jsonStartingWith(`${JSON.stringify(name)}:${JSON.stringify(fields[name])}`, fields),
  'repeated in JSON with its name escaped': (fields, name) => {
    const escaped = `\\u00${name.charCodeAt(0).toString(16)}${name.slice(1)}`;
    return jsonStartingWith(`"${escaped}":${JSON.stringify(fields[name])}`, fields);
  },
  'repeated in JSON, empty before': (fields, name) =>
    jsonStartingWith(`${JSON.stringify(name)} : ""`, fields),
  'repeated in JSON, null before': (fields, name) =>
    jsonStartingWith(`${JSON.stringify(name)}\n:\tnull`, fields),
  'null in JSON': (fields, name) => rawJson(fields, name, 'null'),
  'true in JSON': (fields, name) => rawJson(fields, name, 'true'),
  'zero in JSON': (fields, name) => rawJson(fields, name, '0'),
  'a number in JSON': (fields, name) => rawJson(fields, name, '12345678'),
  'a list of its value in JSON': (fields, name) =>
    rawJson(fields, name, JSON.stringify([fields[name]])),
  'an object in JSON': (fields, name) => rawJson(fields, name, '{}'),
  'an object with a length and a toString in JSON': (fields, name) =>
    rawJson(fields, name, '{"length":3,"toString":"x","__proto__":{"includes":1}}'),
  'a list nested 3500 deep in JSON': (fields, name) => rawJson(fields, name, nested(3500)),
  'in a list in a form': (fields, name) => ({
    form: { ...without(fields, name), [`${name}[]`]: String(fields[name]) },
  }),
  'in upper case in a form': (fields, name) => ({
    form: { ...without(fields, name), [name.toUpperCase()]: String(fields[name]) },
  }),
  'in the prototype in JSON': (fields, name) =>
    rawJson(without(fields, name), '__proto__', JSON.stringify({ [name]: fields[name] })),
  'in the prototype in a form': (fields, name) => ({
    form: { ...without(fields, name), [`__proto__[${name}]`]: String(fields[name]) },
  }),
  'in an object within the object in JSON': (fields, name) =>
    rawJson(without(fields, name), 'user', JSON.stringify({ [name]: fields[name] })),
  'a lone surrogate in JSON': (fields, name) => rawJson(fields, name, '"\\ud800"'),
  'a value and half a pair of surrogates in JSON': (fields, name) =>
    rawJson(fields, name, `${JSON.stringify(fields[name]).slice(0, -1)}\\udc00"`),
  // API Gateway replaces bytes that are not UTF-8 with this in bodies that it forwards as text.
  'U+FFFD in JSON': (fields, name) =>
    rawJson(fields, name, `${JSON.stringify(fields[name]).slice(0, -1)}\ufffd"`),
  'a byte that is not UTF-8 in a form': (fields, name) =>
    rawForm(fields, name, Uint8Array.of(0x61, 0xff)),
  'an escaped byte that is not UTF-8 in a form': (fields, name) => rawForm(fields, name, 'a%ff'),
  'UTF-8 cut short in a form': (fields, name) => rawForm(fields, name, 'a%e2%82'),
  'overlong UTF-8 in a form': (fields, name) => rawForm(fields, name, 'a%c0%af'),
  'a surrogate in UTF-8 in a form': (fields, name) => rawForm(fields, name, 'a%ed%a0%80'),
};

const BAD_EMAILS = [
  ' ',
  '@',
  'none',
  'ann@',
  '@example.com',
  'ann@@example.com',
  'ann@bob@example.com',
  'ann smith@example.com',
  'ann@exam ple.com',
  'ann@example..com',
  'ann@.example.com',
  'ann@example.com.',
  'ann@-example.com',
  'ann@ex_ample.com',
  'ann@example.com/path',
  'ann@127.0.0.1',
  'ann@[127.0.0.1]',
  'ann@xn--',
  '.ann@example.com',
  'ann.@example.com',
  'an..n@example.com',
  '"ann"@example.com',
  'Ann <ann@example.com>',
  'ann@example.com,bob@example.com',
  'mailto:ann@example.com',
  'ann\uff20example.com',
  // Addresses that look like another address.
  '\u00e4nn@example.com',
  '\u212aen@example.com',
  'an\u00adn@example.com',
  'ann@exam\u00adple.com',
  'ann@exam\u200bple.com',
  'ann@exam\u034fple.com',
  'ann@exam\ufe0fple.com',
  'ann@exam\u3164ple.com',
  '\u200bann@example.com',
  '\ufeffann@example.com',
  '\u2007ann@example.com',
  'ann@\u202eexample.com',
  // Control characters.
  '\vann@example.com',
  'ann@example.com\n',
  'ann\r\nBcc: bob@example.com',
  'ann@example.com\r\nBcc: bob@example.com',
  'ann\0@example.com',
  'ann@example.com\0',
  'ann@example\0.com',
  'ann@example.com\u007f',
  'ann@example.com\u0085',
  // RFC 5321, 4.5.3.1: at most 64 octets before the @ and 254 in all.
  `${'a'.repeat(65)}@example.com`,
  `ann@${'a'.repeat(64)}.com`,
  `ann@${'a.'.repeat(123)}local`,
  `ann@${'a'.repeat(7000)}.com`,
];

const BAD_PASSWORDS = {
  'of 73 bytes': 'x'.repeat(73),
  'of 37 characters that are 74 bytes': '\u00e9'.repeat(37),
  'of 73 bytes, the last of which is half a character': `${'x'.repeat(71)}\u00e9`,
  'of 7 kB': 'x'.repeat(7000),
  'of U+0000': '\0',
  'with U+0000 at its end': 'pwd\0',
  'with U+0000 in it': 'p\0wd',
};

/** Bodies that are not valid JSON or not a JSON object. */
const BAD_JSON = {
  nothing: '',
  'white space': ' \n',
  null: 'null',
  true: 'true',
  'a number': '1',
  'no number': 'NaN',
  'a string': '"email"',
  'an empty list': '[]',
  'a list of objects': '[{"email":"ann@example.com","password":"pwd"}]',
  'a list nested 4000 deep': nested(4000),
  'a list that opens 8000 times': '['.repeat(8000),
  'an object nested 1300 deep that does not close': '{"a":'.repeat(1300),
  'an object cut short': '{"email":"ann@example.com","password":"pwd"',
  'a string cut short': '{"email":"ann@exam',
  'quoted by apostrophes': "{'email':'ann@example.com','password':'pwd'}",
  'with a comma too many': '{"email":"ann@example.com","password":"pwd",}',
  'with a comment': '{/**/"email":"ann@example.com","password":"pwd"}',
  'two objects': '{"email":"ann@example.com"}{"password":"pwd"}',
  'with U+0000': '{"email":"ann@example.com","password":"p\0wd"}',
  'a form': 'email=ann%40example.com&password=pwd',
};

const BAD_FORMS = {
  nothing: '',
  'white space': ' ',
  separators: '&&&',
  'an equals sign': '=',
  'per cent signs': '%%%',
  'an escape cut short': 'email%',
  pluses: '+++',
  'semicolons for ampersands': ';email=ann%40example.com;password=pwd',
  JSON: '{"email":"ann@example.com","password":"pwd"}',
  'a multipart form': '--x\r\nContent-Disposition: form-data; name="email"\r\n\r\nann@example.com',
  'the key __proto__': '__proto__=email&__proto__.email=ann%40example.com',
  'U+0000': '\0',
};

const BAD_BASE64 = {
  'of characters that are not its own': '!!!!',
  'of the alphabet for URLs': 'YW-_',
  'without its padding': 'YQ',
  'with half its padding': 'YQ=',
  'that is all padding': '====',
  'with a character too many': 'YWJjZ',
  'with padding in the middle': 'YQ==YQ==',
  'that is not ASCII': '\u00e9\u00e9\u00e9\u00e9',
};

const OTHER_TYPES = [
  'text/plain',
  'text/json',
  'text/html; charset=utf-8',
  'multipart/form-data; boundary=x',
  'application/xml',
  'application/octet-stream',
  'application/problem+json',
  'application/jsonp',
  'application/x-www-form-urlencoded, application/json',
  'json',
  '*/*',
  '/',
  ';',
  ' ',
  '__proto__',
  '\u00e9',
];

/** Matches a short sentence without special characters. */
const SENTENCE = /^[A-Za-z][A-Za-z0-9 _,'/-]{5,79}$/;

const FIELD = { type: 'string', minLength: 1, description: 'Anything' } as const;
const SCHEMA = { email: FIELD, reset_token: FIELD, password: FIELD };
const FIELDS = { email: 'ann@example.com', reset_token: 'a+b', password: 'p\u00e4ss word' };

/** Makes a request with these parts to an endpoint that takes the fields of SCHEMA. */
function sent(parts: EventParts): Request {
  return event('PUT /reset_password', parts);
}

/** Makes one request with FIELDS for each encoding. */
function sentInEach(change: (parts: Plain, encoding: Encoding) => EventParts): Request[] {
  return ENCODINGS.map((encoding) => sent(change(plain(encoding, FIELDS), encoding)));
}

/** Returns the same request with its body in base64. */
function inBase64(request: Request): Request {
  const { body = '', isBase64Encoded } = request;
  if (isBase64Encoded) return request;
  return { ...request, body: Buffer.from(body).toString('base64'), isBase64Encoded: true };
}

function expectUnreadable(requests: Request[], code: ErrorCode, says = /./): void {
  expect(requests).not.toHaveLength(0);
  for (const each of requests) {
    const error = errorOf(() => readFields(each, SCHEMA));
    expect(error).toBeInstanceOf(AuthError);
    expect(error).toMatchObject({ code, message: expect.stringMatching(SENTENCE) });
    expect((error as AuthError).message).toMatch(says);
  }
}

function errorOf(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  return expect.fail('It was taken');
}

describe.each(Object.keys(SCHEMA))(
  'readFields refuses the field %s, and names it, if it is',
  (name) => {
    const byName = new RegExp(`^${name} `);

    it.each(Object.entries(BAD_FIELDS))('%s', (_, spoil) => {
      expectUnreadable([sent(spoil(FIELDS, name))], 'invalid_field', byName);
    });

    it('in bytes that are not UTF-8, in JSON in base64', () => {
      const { body, contentType } = plain('json', { ...FIELDS, [name]: 'MARK' });
      const [head = '', tail = ''] = body.split('MARK');
      const bytes = Buffer.concat([
        Buffer.from(head),
        Uint8Array.of(0x61, 0xff),
        Buffer.from(tail),
      ]);
      const request = { ...sent({ contentType }), body: bytes.toString('base64') };
      expectUnreadable([{ ...request, isBase64Encoded: true }], 'invalid_field', byName);
    });

    it('only in the query string or in a header', () => {
      const value = encodeURIComponent('ann');
      const request = {
        ...sent({ form: without(FIELDS, name), headers: { [name]: value } }),
        rawQueryString: `${name}=${value}`,
        queryStringParameters: { [name]: 'ann' },
      };
      expectUnreadable([request], 'invalid_field', new RegExp(`^${name} is missing$`));
    });
  },
);

describe('readFields refuses', () => {
  const lacksFirst = /^email is missing$/;

  it.each(Object.entries(BAD_JSON))('a body of the JSON content type that is: %s', (_, body) => {
    expectUnreadable([sent({ body, contentType: JSON_TYPE })], 'invalid_body', /\bJSON\b/);
  });

  it.each(Object.entries(BAD_FORMS))('a body of the form content type that is: %s', (_, body) => {
    expectUnreadable([sent({ body, contentType: FORM_TYPE })], 'invalid_field', lacksFirst);
  });

  it('a body that starts with a byte order mark', () => {
    const requests = sentInEach(({ body, contentType }) => ({
      body: `\ufeff${body}`,
      contentType,
    }));
    const all = [...requests, ...requests.map(inBase64), ...requests.map((each) => emulated(each))];
    expectUnreadable(all, 'invalid_body', /byte order mark/);
  });

  it('an absent body', () => {
    const bare = { ...sent({}), headers: {} };
    const form = sent({ headers: { 'content-type': FORM_TYPE } });
    const json = sent({ headers: { 'content-type': JSON_TYPE } });
    for (const each of [bare, form, json]) expect(each).not.toHaveProperty('body');
    const forms = [bare, form, emulated(bare), emulated(form)];
    expectUnreadable(forms, 'invalid_field', lacksFirst);
    expectUnreadable([json, emulated(json)], 'invalid_body', /\bJSON\b/);
  });

  it.each(Object.entries(BAD_BASE64))('base64 %s', (_, bad) => {
    const requests = sentInEach((parts) => parts).flatMap((each) =>
      [bad, Buffer.from('x=y').toString('base64') + bad].map((body) => ({
        ...each,
        body,
        isBase64Encoded: true,
      })),
    );
    expectUnreadable(requests, 'invalid_body', /\bbase64\b/);
  });

  it.each([
    ['one byte over 8192', MAX_BYTES + 1],
    ['300 kB', 300_000],
    // The most that Lambda accepts once it is encoded in base64.
    ['4.5 MB', 4_500_000],
  ])('a body of %s', (_, bytes) => {
    const requests = sentInEach((_, encoding) => ofLength(bytes, encoding, FIELDS));
    const all = [...requests, ...requests.map(inBase64), ...requests.map((each) => emulated(each))];
    expectUnreadable(all, 'body_too_large', /^The body /);
  });

  it('a body of too many bytes, even if it has few characters', () => {
    const request = sent({ json: { ...FIELDS, padding: '\u20ac'.repeat(2800) } });
    expect(request.body?.length).toBeLessThan(MAX_BYTES / 2);
    expectUnreadable([request], 'body_too_large', /^The body /);
  });

  it.each(OTHER_TYPES)('a body of the content type %j', (contentType) => {
    const requests = sentInEach(({ body }) => ({ body, contentType }));
    expectUnreadable(requests, 'unsupported_media_type');
  });

  it('multipart/form-data, and says what a page can send', () => {
    const body = '--x\r\nContent-Disposition: form-data; name="email"\r\n\r\na\r\n--x--\r\n';
    for (const type of ['multipart/form-data; boundary=x', 'Multipart/Form-Data;boundary=x']) {
      const requests = [sent({ body, contentType: type })];
      expectUnreadable(requests, 'unsupported_media_type', /URLSearchParams or JSON/);
    }
  });

  it('a body without a content type', () => {
    const requests = sentInEach(({ body }) => ({ body })).flatMap((typeless) => [
      typeless,
      { ...typeless, headers: {} },
      { ...typeless, headers: { ...typeless.headers, 'content-type': '' } },
    ]);
    expectUnreadable(requests, 'unsupported_media_type');
  });
});

// Shows that the requests above are not refused for another reason.
describe('readFields accepts a body', () => {
  function expectRead(requests: Request[]): void {
    for (const each of requests) expect(readFields(each, SCHEMA)).toEqual(FIELDS);
  }

  it.each(ENCODINGS)('of 8192 bytes in %s', (encoding) => {
    const parts = ofLength(MAX_BYTES, encoding, FIELDS);
    expect(Buffer.byteLength(String(parts.body))).toBe(8192);
    const request = sent(parts);
    expectRead([request, inBase64(request), emulated(request)]);
  });

  it.each(ENCODINGS)('in %s in base64 and as text', (encoding) => {
    const { body, contentType } = plain(encoding, FIELDS);
    const request = { ...sent({ contentType }), body, isBase64Encoded: false };
    expectRead([request, inBase64(request)]);
  });

  it.each(ENCODINGS)('in %s with its content type written another way', (encoding) => {
    const { body, contentType } = plain(encoding, FIELDS);
    const types = [
      `${contentType};charset=UTF-8`,
      `${contentType} ; charset="utf-8"`,
      contentType.toUpperCase(),
    ];
    expectRead(types.map((type) => sent({ body, contentType: type })));
  });

  it.each(ENCODINGS)('in %s with U+FEFF in its fields, which keep it', (encoding) => {
    const fields = Object.fromEntries(
      Object.entries(FIELDS).map(([name, value]) => [name, `\ufeff${value}\ufeff`]),
    );
    const request = sent(plain(encoding, fields));
    for (const each of [request, inBase64(request), emulated(request)]) {
      expect(readFields(each, SCHEMA)).toEqual(fields);
    }
  });

  it('in JSON with field names inside other fields', () => {
    const others: Record<string, unknown> = {};
    for (const name of Object.keys(FIELDS)) {
      others[`object with ${name}`] = { [name]: { [name]: 1 } };
      others[`list with ${name}`] = [name, { [name]: '}' }];
      others[`string with ${name}`] = `{"${name}":"\\",\\"${name}":`;
    }
    expectRead([
      sent({ json: { ...others, ...FIELDS } }),
      sent({ json: { ...FIELDS, ...others } }),
    ]);
  });

  it.each(ENCODINGS)(
    'in %s with names of object properties, which change no object',
    (encoding) => {
      const { body, contentType } = plain(encoding, FIELDS);
      const names = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty'];
      const extended =
        encoding === 'form'
          ? names.map((name) => `${name}[polluted]=1&${name}=1&`).join('') + body
          : `{${names.map((name) => `"${name}":{"polluted":1},`).join('')}${body.slice(1)}`;
      expectRead([sent({ body: extended, contentType })]);
      expect('polluted' in {}).toBe(false);
      expect('polluted' in Object).toBe(false);
    },
  );
});

type Contract = typeof API;
type RouteWith<Key extends string> = {
  [R in Route & keyof Contract]: Contract[R] extends Record<Key, unknown> ? R : never;
}[Route & keyof Contract];

/** Returns the routes of the contract that have this property, in the order of the contract. */
function routesWith<Key extends string>(key: Key): RouteWith<Key>[] {
  return Object.keys(API).filter(
    (route) => key in API[route as keyof Contract],
  ) as RouteWith<Key>[];
}

/** What a request has to send to succeed. */
interface Good {
  fields: Fields;
  cookies?: string[];
}

async function newSession(): Promise<string> {
  return logIn(await register());
}

async function withNewSession(fields: Fields): Promise<Good> {
  return { fields, cookies: [`session_id=${await newSession()}`] };
}

/** A request that succeeds, for each endpoint that takes fields. */
const GOOD: Record<RouteWith<'fields'>, () => Promise<Good>> = {
  'POST /users': () => Promise.resolve({ fields: { email: newEmail(), password: 'pwd' } }),
  'POST /sessions': async () => ({ fields: { ...(await register()) } }),
  'PUT /password': () => withNewSession({ password: 'pwd', new_password: 'new' }),
  'POST /reset_password': async () => ({ fields: { email: (await register()).email } }),
  'PUT /reset_password': async () => {
    const { email } = await register();
    return { fields: { email, reset_token: await askForToken({ email }), new_password: 'new' } };
  },
  'POST /email_verification': async () => ({ fields: { email: (await register()).email } }),
  'PUT /email_verification': async () => ({
    fields: { token: await askForVerification(await register()), password: 'pwd' },
  }),
  'PUT /email': () => withNewSession({ password: 'pwd', email: newEmail() }),
  'DELETE /profile': () => withNewSession({ password: 'pwd' }),
  'POST /profile/deletion': () => withNewSession({ password: 'pwd' }),
};

/** The endpoints that only look an email up, with the status of the answer to an unknown one. */
const UNKNOWN_EMAIL: Partial<Record<Route, number>> = {
  'POST /sessions': 401,
  'POST /reset_password': 403,
  'PUT /reset_password': 403,
  'POST /email_verification': 403,
};

/** Everything in the table except attempts, which are counted for any email. */
async function written(): Promise<unknown[]> {
  return (await scanTable()).filter(({ item }) => item !== 'attempts');
}

/** The bad fields that every endpoint is tested with. */
const SAMPLES = [
  'missing from JSON',
  'empty in a form',
  'repeated in a form',
  'repeated in JSON',
  'a number in JSON',
  'U+FFFD in JSON',
  'an escaped byte that is not UTF-8 in a form',
];

/** Sends each request, and expects the same refusal every time. */
async function expectRefused(requests: Request[], status: number, says?: RegExp): Promise<void> {
  expect(requests).not.toHaveLength(0);
  for (const each of requests) expectRefusal(await send(each), status, says);
}

describe.each(routesWith('fields'))('%s', (route) => {
  const all = Object.keys(API[route].fields satisfies Schema);
  // The field that no request needs.
  const names = all.filter((name) => name !== 'delivery');
  // Only one endpoint is tested with all values, as all endpoints have the same rules.
  const isFirst = route === 'POST /users';
  let fields: Fields;
  let parts: EventParts;
  let before: unknown;

  beforeAll(async () => {
    const good = await GOOD[route]();
    fields = good.fields;
    parts = good.cookies ? { cookies: good.cookies } : {};
    before = await written();
  });

  const requestOf = (more: EventParts): Request => event(route, { ...parts, ...more });
  const inEach = (change: Fields): Request[] =>
    ENCODINGS.map((encoding) => requestOf(encode(encoding, { ...fields, ...change })));

  it('has exactly the fields of its test request', () => {
    expect(Object.keys(fields).sort()).toEqual([...names].sort());
  });

  it.each(names.flatMap((name) => SAMPLES.map((sample) => [name, sample] as const)))(
    'refuses the field %s, and names it, if it is %s',
    async (name, sample) => {
      const spoil = BAD_FIELDS[sample] ?? expect.fail('There is no such sample');
      await expectRefused([requestOf(spoil(fields, name))], 400, new RegExp(`^${name} `));
    },
  );

  it.each(all.includes('delivery') ? Object.entries(BAD_FIELDS) : [])(
    'refuses the field delivery, and names it, if it is %s',
    async (title, spoil) => {
      // A field of another name is ignored.
      if (/^missing|^in (a|an|the|upper)/.test(title)) return;
      const parts = spoil({ ...fields, delivery: 'email' }, 'delivery');
      // Not because no mail can be sent here.
      await expectRefused([requestOf(parts)], 400, /^delivery (?!cannot)/);
    },
  );

  it.each(all.includes('delivery') ? ['response', 'EMAIL', ' email', 'mail', 'toString'] : [])(
    'refuses the delivery %j',
    async (delivery) => {
      await expectRefused(inEach({ delivery }), 400, /^delivery must be email$/);
    },
  );

  const isLookUp = route in UNKNOWN_EMAIL;
  const badEmails = isFirst || isLookUp ? BAD_EMAILS : BAD_EMAILS.slice(0, 5);
  it.each(names.includes('email') && !isLookUp ? badEmails : [])(
    'refuses the email %j',
    async (email) => {
      await expectRefused(inEach({ email }), 400, /^email /);
    },
  );

  it.each(isLookUp ? badEmails : [])('answers the email %j like an unknown one', async (email) => {
    const [unknown = requestOf({})] = inEach({ email: newEmail() });
    const refused = await send(unknown);
    expectRefusal(refused, UNKNOWN_EMAIL[route] ?? 0);
    for (const each of inEach({ email })) expect(await send(each)).toStrictEqual(refused);
  });

  const passwords = names.filter((name) => name.endsWith('password'));
  const badPasswords = Object.entries(BAD_PASSWORDS).filter(
    ([title]) => isFirst || ['of 73 bytes', 'with U+0000 in it'].includes(title),
  );
  it.each(passwords.flatMap((name) => badPasswords.map((each) => [name, ...each] as const)))(
    'refuses a %s %s',
    async (name, _, password) => {
      await expectRefused(inEach({ [name]: password }), 400, new RegExp(`^${name} `));
    },
  );

  it('refuses a body without readable fields', async () => {
    const lacksFirst = new RegExp(`^${names[0] ?? ''} is missing$`);
    const json = [BAD_JSON.nothing, BAD_JSON['a list of objects'], BAD_JSON['an object cut short']];
    const asJson = json.map((body) => requestOf({ body, contentType: JSON_TYPE }));
    const asForm = [BAD_FORMS.nothing, BAD_FORMS.JSON].map((body) =>
      requestOf({ body, contentType: FORM_TYPE }),
    );
    await expectRefused(asJson, 400, /\bJSON\b/);
    await expectRefused([...asForm, requestOf({})], 400, lacksFirst);
  });

  it('refuses an invalid base64 body that API Gateway declares as base64', async () => {
    const spoilt = inEach({}).map((each) => ({ ...each, body: 'YQ', isBase64Encoded: true }));
    await expectRefused(spoilt, 400, /\bbase64\b/);
  });

  it('refuses a body of one byte over 8192', async () => {
    const long = ENCODINGS.map((encoding) => requestOf(ofLength(MAX_BYTES + 1, encoding, fields)));
    await expectRefused([...long, ...long.map((each) => emulated(each))], 413, /^The body /);
  });

  it('refuses a body with another content type or without one', async () => {
    const others = ENCODINGS.flatMap((encoding) => {
      const { body } = plain(encoding, fields);
      return [requestOf({ body, contentType: 'text/plain' }), requestOf({ body })];
    });
    await expectRefused(others, 415);
  });

  it('has written nothing after these refusals, and accepts a good body', async () => {
    expect(await written()).toEqual(before);
    const { success } = API[route];
    expect((await request(route, { ...parts, form: fields })).status).toBe(success.status);
    for (const encoding of ENCODINGS) {
      const good = await GOOD[route]();
      const long = ofLength(MAX_BYTES, encoding, good.fields);
      const more = good.cookies ? { cookies: good.cookies } : {};
      const asked = inBase64(event(route, { ...more, ...long }));
      expect((await send(asked)).status).toBe(success.status);
    }
  });
});

describe('PUT /reset_password refuses a reset_token', () => {
  let fields: Fields;
  let before: unknown;

  beforeAll(async () => {
    ({ fields } = await GOOD['PUT /reset_password']());
    before = await scanTable();
  });

  const spoilt: Record<string, (token: string, owner: string, secret: string) => string> = {
    'in upper case': (token) => token.toUpperCase(),
    'before a space': (token) => `${token} `,
    'after a space': (token) => ` ${token}`,
    'before a line feed': (token) => `${token}\n`,
    'before U+0000': (token) => `${token}\0`,
    'without its last character': (token) => token.slice(0, -1),
    'with its last character changed': (token) =>
      token.slice(0, -1) + (token.endsWith('A') ? 'B' : 'A'),
    'with a character more': (token) => `${token}A`,
    padded: (token) => `${token}=`,
    twice: (token) => `${token}${token}`,
    "that is its user's id": (_, owner) => owner,
    "that is its user's id and a dot": (_, owner) => `${owner}.`,
    'that is its secret': (_, __, secret) => secret,
    'that is a dot and its secret': (_, __, secret) => `.${secret}`,
    'with a comma for the dot': (_, owner, secret) => `${owner},${secret}`,
    'with the id of nobody': (_, __, secret) => `00000000-0000-4000-8000-000000000000.${secret}`,
    'that is an asterisk': () => '*',
    'that is a key of the table': (_, owner) => `${owner}#user`,
    'that is an expression': () => ':v0 OR attribute_exists(id)',
    'that is not ASCII': () => '\u00e9\u2603\u{1f511}',
    'that is __proto__': () => '__proto__',
    'of 7 kB': (token) => token + 'A'.repeat(7000),
  };

  it.each(Object.entries(spoilt))('%s', async (_, spoil) => {
    const { reset_token: token = '' } = fields;
    const [owner = '', secret = ''] = token.split('.');
    const form = { ...fields, reset_token: spoil(token, owner, secret) };
    await expectRefused([event('PUT /reset_password', { form })], 403);
  });

  it('without writing anything, and then accepts the right one', async () => {
    expect(await scanTable()).toEqual(before);
    expect((await request('PUT /reset_password', { form: fields })).status).toBe(200);
  });
});

/** What else some endpoints with a session need, and the status of their answer. */
const WITH_SESSION: Partial<Record<Route, { status: number; parts: EventParts }>> = {
  'DELETE /sessions/{id}': { status: 404, parts: { id: 'none' } },
};

/** The bad cookies that every endpoint is tested with. GET /profile is tested with all. */
const SAMPLE_COOKIES = [
  'nothing',
  'an equals sign',
  'before an escape cut short',
  'of 100 kB',
  'without its last character',
  "its user's id and another secret",
  "its secret with another user's id",
  'under a name in upper case',
  'second to one that is bad',
];

describe.each(routesWith('session'))('%s refuses a cookie that is', (route) => {
  let good: string;
  let other: string;
  let parts: EventParts;
  let before: unknown;

  beforeAll(async () => {
    good = await newSession();
    other = await newSession();
    const form = route in GOOD ? (await GOOD[route as keyof typeof GOOD]()).fields : undefined;
    parts = { ...(form && { form }), ...WITH_SESSION[route]?.parts };
    before = await scanTable();
  });

  type Cookies = (id: string, owner: string, secret: string) => string[];
  const BAD_COOKIES: Record<string, Cookies> = {
    'none in an empty list': () => [],
    nothing: () => [''],
    'a name alone': () => ['session_id'],
    'an equals sign': () => ['='],
    'a value alone': (id) => [`=${id}`],
    'an id alone': (id) => [id],
    separators: () => [';;; ; ;', '; '],
    empty: () => ['session_id='],
    'a space': () => ['session_id= '],
    'a tab': () => ['session_id=\t'],
    'empty in quotes': () => ['session_id=""'],
    'a quote': () => ['session_id="'],
    'a quote before it': (id) => [`session_id="${id}`],
    'a backslash': () => ['session_id=\\'],
    'an equals sign for its value': () => ['session_id=='],
    'after another equals sign': (id) => [`session_id==${id}`],
    'after a second name': (id) => [`session_id=session_id=${id}`],
    'a per cent sign': () => ['session_id=%'],
    'an escape cut short': () => ['session_id=%4'],
    'an escape of no hexadecimal': () => ['session_id=%zz'],
    'before an escape cut short': (id) => [`session_id=${id}%`],
    'escaped UTF-8 cut short': () => ['session_id=%E0%A4%A'],
    'escaped bytes that are not UTF-8': () => ['session_id=%FF%FE'],
    'an escaped surrogate': () => ['session_id=%ED%A0%80'],
    'an escaped U+0000': () => ['session_id=%00'],
    'before an escaped U+0000': (id) => [`session_id=${id}%00`],
    'escaped line ends and a header': () => ['session_id=%0d%0aSet-Cookie:%20a=b'],
    'line ends and a header': () => ['session_id=x\r\nSet-Cookie: a=b'],
    'control characters': () => ['session_id=\u0000\u0001\u007f'],
    'not ASCII': () => ['session_id=\u00e9\u2603\u{1f511}'],
    'a lone surrogate': () => ['session_id=\ud800'],
    null: () => ['session_id=null'],
    undefined: () => ['session_id=undefined'],
    None: () => ['session_id=None'],
    true: () => ['session_id=true'],
    'an object': () => ['session_id={"$ne":null}'],
    'a comma': (id) => [`session_id=x,session_id=${id}`],
    'of 100 kB': () => [`session_id=${'a'.repeat(100_000)}`],
    '100 kB of per cent signs': () => [`session_id=${'%'.repeat(100_000)}`],
    '100 kB of semicolons': () => [';'.repeat(100_000)],
    '100 kB of quotes': () => [`session_id=${'"'.repeat(100_000)}`],
    '10,000 cookies': () => Array.from({ length: 10_000 }, (_, i) => `c${String(i)}=${String(i)}`),
    'without its last character': (id) => [`session_id=${id.slice(0, -1)}`],
    'with its last character changed': (id) => [
      `session_id=${id.slice(0, -1)}${id.endsWith('A') ? 'B' : 'A'}`,
    ],
    'with its first character changed': (id) => [
      `session_id=${id.startsWith('a') ? 'b' : 'a'}${id.slice(1)}`,
    ],
    'with a character more': (id) => [`session_id=${id}A`],
    padded: (id) => [`session_id=${id}=`],
    'in upper case': (id) => [`session_id=${id.toUpperCase()}`],
    "its user's id": (_, owner) => [`session_id=${owner}`],
    "its user's id and a dot": (_, owner) => [`session_id=${owner}.`],
    "its user's id and another secret": (_, owner) => [`session_id=${owner}.${'A'.repeat(43)}`],
    "its secret with another user's id": (_, __, secret) => [
      `session_id=${String(other.split('.')[0])}.${secret}`,
    ],
    "its secret with nobody's id": (_, __, secret) => [
      `session_id=00000000-0000-4000-8000-000000000000.${secret}`,
    ],
    'its secret': (_, __, secret) => [`session_id=${secret}`],
    'a dot and its secret': (_, __, secret) => [`session_id=.${secret}`],
    'the id of the marker': (_, __, secret) => [`session_id=email#ann@example.com.${secret}`],
    'under a name in upper case': (id) => [`SESSION_ID=${id}`],
    'under a longer name': (id) => [`xsession_id=${id}`, `session_id2=${id}`],
    'under a name with brackets': (id) => [`session_id[]=${id}`, `session_id[0]=${id}`],
    'under a name in quotes': (id) => [`"session_id"=${id}`],
    'under an escaped name': (id) => [`session%5Fid=${id}`],
    __proto__: (id) => ['__proto__=x', `__proto__.session_id=${id}`, `__proto__[session_id]=${id}`],
    constructor: () => ['constructor=x', 'toString=y', 'hasOwnProperty=z'],
    'second to one of another user': (id) => [`session_id=${other}`, `session_id=${id}`],
    'beside one of another user': (id) => [`session_id=${id}`, `session_id=${other}`],
    'after four others': (id) => ['a', 'b', 'c', 'd', id].map((value) => `session_id=${value}`),
  };

  const cases = Object.entries(BAD_COOKIES).filter(
    ([title]) => route === 'GET /profile' || SAMPLE_COOKIES.includes(title),
  );

  it.each(cases)('%s', async (_, spoil) => {
    const [owner = '', secret = ''] = good.split('.');
    const cookies = spoil(good, owner, secret);
    // The emulator does not take the cookies out of the header.
    const asked = event(route, { ...parts, cookies });
    await expectRefused([asked, emulated(asked), emulated(asked, null)], 403);
  });

  it('bad without writing anything, and then accepts a good one', async () => {
    expect(await scanTable()).toEqual(before);
    expect(await isLive(good)).toBe(true);
    expect(await isLive(other)).toBe(true);
    const { status } = await request(route, { ...parts, cookies: [`session_id=${good}`] });
    expect(status).toBe(WITH_SESSION[route]?.status ?? API[route].success.status);
  });
});
