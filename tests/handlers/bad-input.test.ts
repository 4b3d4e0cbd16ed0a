/**
 * Whatever is sent, each endpoint answers with a 4xx that says what is wrong, writes nothing and
 * goes on. Every bad request here is a good one but for the one thing its title says, so that it is
 * that thing which is refused.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Request } from '../../lib/http.ts';
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

type Good = () => Promise<Fields>;

const newUser: Good = () => Promise.resolve({ email: newEmail(), password: 'pwd' });
const registered: Good = async () => ({ ...(await register()) });
const knownEmail: Good = async () => ({ email: (await register()).email });
const goodToken: Good = async () => {
  const { email } = await register();
  return { email, reset_token: await askForToken({ email }), new_password: 'new' };
};
const goodEmailToken: Good = async () => ({ token: await askForVerification(await register()) });

/** The endpoints that take a body, each with fields that would succeed. */
const ENDPOINTS: [Route, Good][] = [
  ['POST /users', newUser],
  ['POST /sessions', registered],
  ['POST /reset_password', knownEmail],
  ['PUT /reset_password', goodToken],
  ['POST /email_verification', knownEmail],
  ['PUT /email_verification', goodEmailToken],
];

/** Every field of every endpoint. */
const FIELDS: [Route, string, Good][] = [
  ['POST /users', 'email', newUser],
  ['POST /users', 'password', newUser],
  ['POST /sessions', 'email', registered],
  ['POST /sessions', 'password', registered],
  ['POST /reset_password', 'email', knownEmail],
  ['PUT /reset_password', 'email', goodToken],
  ['PUT /reset_password', 'reset_token', goodToken],
  ['PUT /reset_password', 'new_password', goodToken],
  ['POST /email_verification', 'email', knownEmail],
  ['PUT /email_verification', 'token', goodEmailToken],
];
const EMAILS = FIELDS.filter(([, name]) => name === 'email');
const PASSWORDS = FIELDS.filter(([, name]) => name.endsWith('password'));

/** Refuses any of these requests that is answered with anything but such a refusal. */
async function expectRefused(sent: Request[], status: number, says?: RegExp): Promise<void> {
  expect(sent).not.toHaveLength(0);
  for (const each of sent) expectRefusal(await send(each), status, says);
}

/** The request in each way to send fields. */
function encoded(route: Route, fields: Fields): Request[] {
  return ENCODINGS.map((encoding) => event(route, encode(encoding, fields)));
}

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

function without(fields: Fields, name: string): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([key]) => key !== name));
}

/** A form in which a field has these bytes for its value, escaped or not. */
function rawForm(fields: Fields, name: string, value: Uint8Array | string): EventParts {
  const others = new URLSearchParams(without(fields, name)).toString();
  const body = Buffer.concat([Buffer.from(`${others}&${name}=`), Buffer.from(value)]);
  return { body, contentType: FORM_TYPE };
}

/** A JSON object in which a field has this for its value. */
function rawJson(fields: Fields, name: string, value: string): EventParts {
  const others = JSON.stringify(without(fields, name)).slice(0, -1);
  const comma = others === '{' ? '' : ',';
  return { body: `${others}${comma}${JSON.stringify(name)}:${value}}`, contentType: JSON_TYPE };
}

/** A good JSON object with this before its first field. */
function jsonStartingWith(start: string, fields: Fields): EventParts {
  return { body: `{${start},${JSON.stringify(fields).slice(1)}`, contentType: JSON_TYPE };
}

/** A body of these fields as text, with its content type. */
function plain(encoding: Encoding, fields: Fields) {
  return encoding === 'form'
    ? { body: new URLSearchParams(fields).toString(), contentType: FORM_TYPE }
    : { body: JSON.stringify(fields), contentType: JSON_TYPE };
}

/** A body of these fields made that long with what means nothing. */
function ofLength(bytes: number, encoding: Encoding, fields: Fields): EventParts {
  const { body, contentType } = plain(encoding, fields);
  const filler = encoding === 'form' ? '&' : ' ';
  return { body: body + filler.repeat(bytes - body.length), contentType };
}

/** What may be wrong with any field. */
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
  // What API Gateway makes of bytes that are not UTF-8, where it hands on a text.
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
  // Addresses that another one may be mistaken for.
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
  '\u00a0ann@example.com',
  'ann@\u202eexample.com',
  // Control characters.
  '\tann@example.com',
  'ann@example.com\n',
  'ann\r\nBcc: bob@example.com',
  'ann@example.com\r\nBcc: bob@example.com',
  'ann\0@example.com',
  'ann@example.com\0',
  'ann@example\0.com',
  'ann@example.com\u007f',
  'ann@example.com\u0085',
  // RFC 5321, 4.5.3.1: 64 octets, and 254 in all.
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

/** Bodies that do not parse, or not to an object. */
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
  'after a byte order mark': '\ufeff{"email":"ann@example.com","password":"pwd"}',
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

describe.each(FIELDS)('%s: the field %s that is', (route, name, good) => {
  let fields: Fields;
  let before: unknown;

  beforeAll(async () => {
    fields = await good();
    before = await scanTable();
  });

  it.each(Object.entries(BAD_FIELDS))('%s is refused by its name', async (_, spoil) => {
    const sent = event(route, spoil(fields, name));
    await expectRefused([sent], 400, new RegExp(`^${name} `));
  });

  it('in bytes that are not UTF-8, in JSON in base64, is refused by its name', async () => {
    const { body } = plain('json', { ...fields, [name]: 'MARK' });
    const [head = '', tail = ''] = body.split('MARK');
    const bytes = Buffer.concat([Buffer.from(head), Uint8Array.of(0x61, 0xff), Buffer.from(tail)]);
    const sent = {
      ...event(route, { body, contentType: JSON_TYPE }),
      body: bytes.toString('base64'),
      isBase64Encoded: true,
    };
    await expectRefused([sent], 400, new RegExp(`^${name} `));
  });

  it('in the query string or a header alone is missing', async () => {
    const value = encodeURIComponent(String(fields[name]));
    const sent = {
      ...event(route, { form: without(fields, name), headers: { [name]: value } }),
      rawQueryString: `${name}=${value}`,
      queryStringParameters: { [name]: String(fields[name]) },
    };
    await expectRefused([sent], 400, new RegExp(`^${name} is missing$`));
  });

  it('bad writes nothing, and a good one is taken after all that', async () => {
    expect(await scanTable()).toEqual(before);
    expect((await request(route, { json: fields })).status).toBe(200);
  });
});

describe.each(EMAILS)('%s: an address that is none', (route, _, good) => {
  let fields: Fields;
  let before: unknown;

  beforeAll(async () => {
    fields = await good();
    before = await scanTable();
  });

  it.each(BAD_EMAILS.map((email) => [email]))('is refused: %j', async (email) => {
    await expectRefused(encoded(route, { ...fields, email }), 400, /^email /);
  });

  it('writes nothing, and a good one is taken after all that', async () => {
    expect(await scanTable()).toEqual(before);
    expect((await request(route, { form: fields })).status).toBe(200);
  });
});

describe.each(PASSWORDS)('%s: the field %s', (route, name, good) => {
  let fields: Fields;
  let before: unknown;

  beforeAll(async () => {
    fields = await good();
    before = await scanTable();
  });

  it.each(Object.entries(BAD_PASSWORDS))('%s is refused', async (_, password) => {
    const sent = encoded(route, { ...fields, [name]: password });
    await expectRefused(sent, 400, new RegExp(`^${name} `));
  });

  it('that is bad writes nothing, and a good one is taken after all that', async () => {
    expect(await scanTable()).toEqual(before);
    expect((await request(route, { form: fields })).status).toBe(200);
  });
});

describe.each(ENDPOINTS)('%s: a body', (route, good) => {
  let fields: Fields;
  let lacksFirst: RegExp;
  let before: unknown;

  beforeAll(async () => {
    fields = await good();
    lacksFirst = new RegExp(`^${Object.keys(fields)[0] ?? ''} is missing$`);
    before = await scanTable();
  });

  it.each(Object.entries(BAD_JSON))('that should be a JSON object, and is: %s', async (_, body) => {
    await expectRefused([event(route, { body, contentType: JSON_TYPE })], 400, /\bJSON\b/);
  });

  it.each(Object.entries(BAD_FORMS))('that should be a form, and is: %s', async (_, body) => {
    const sent = event(route, { body, contentType: FORM_TYPE });
    await expectRefused([sent], 400, lacksFirst);
  });

  it('that is not there at all lacks the first field, or is no JSON', async () => {
    const bare = { ...event(route), headers: {} };
    const form = event(route, { headers: { 'content-type': FORM_TYPE } });
    const json = event(route, { headers: { 'content-type': JSON_TYPE } });
    for (const sent of [bare, form, json]) expect(sent).not.toHaveProperty('body');
    await expectRefused([bare, form], 400, lacksFirst);
    await expectRefused([json], 400, /\bJSON\b/);
    await expectRefused([emulated(bare), emulated(form)], 400, lacksFirst);
    await expectRefused([emulated(json)], 400, /\bJSON\b/);
  });

  it.each(Object.entries(BAD_BASE64))('in base64 %s is refused', async (_, bad) => {
    const sent = encoded(route, fields).flatMap((each) =>
      [bad, Buffer.from('x=y').toString('base64') + bad].map((body) => ({
        ...each,
        body,
        isBase64Encoded: true,
      })),
    );
    await expectRefused(sent, 400, /\bbase64\b/);
  });

  it.each([
    ['one byte over 8192', MAX_BYTES + 1],
    ['300 kB', 300_000],
    // The most that Lambda takes, in base64.
    ['4.5 MB', 4_500_000],
  ])('of %s is refused', async (_, bytes) => {
    const sent = ENCODINGS.map((encoding) => event(route, ofLength(bytes, encoding, fields)));
    const inBase64 = sent.map(({ body = '', isBase64Encoded, ...each }) => ({
      ...each,
      body: isBase64Encoded ? body : Buffer.from(body).toString('base64'),
      isBase64Encoded: true,
    }));
    await expectRefused(
      [...sent, ...inBase64, ...sent.map((each) => emulated(each))],
      413,
      /^The body /,
    );
  });

  it('is measured in bytes, not in characters', async () => {
    const json = { ...fields, padding: '\u20ac'.repeat(2800) };
    const sent = event(route, { json });
    expect(sent.body?.length).toBeLessThan(MAX_BYTES / 2);
    await expectRefused([sent], 413, /^The body /);
  });

  it.each(OTHER_TYPES)('of the content type %j is refused', async (contentType) => {
    const sent = ENCODINGS.map((encoding) =>
      event(route, { ...plain(encoding, fields), contentType }),
    );
    await expectRefused(sent, 415);
  });

  it('without a content type is refused', async () => {
    const sent = ENCODINGS.flatMap((encoding) => {
      const { body } = plain(encoding, fields);
      const typeless = event(route, { body });
      return [typeless, { ...typeless, headers: {} }, event(route, { body, contentType: '' })];
    });
    await expectRefused(sent, 415);
  });

  it('that is bad writes nothing, and a good one is taken after all that', async () => {
    expect(await scanTable()).toEqual(before);
    expect((await request(route, { form: fields })).status).toBe(200);
  });
});

// What is not to be refused: so that the above is, for the right reason.
describe.each(ENDPOINTS)('%s: a good body', (route, good) => {
  it.each(ENCODINGS)('of 8192 bytes in %s is taken', async (encoding) => {
    const parts = ofLength(MAX_BYTES, encoding, await good());
    expect(Buffer.byteLength(String(parts.body))).toBe(8192);
    expect((await request(route, parts)).status).toBe(200);
  });

  it.each(ENCODINGS)('in %s is taken in base64 and as text', async (encoding) => {
    for (const coding of ['base64', 'utf8'] as const) {
      const { body, contentType } = plain(encoding, await good());
      const sent = {
        ...event(route, { body, contentType }),
        body: Buffer.from(body).toString(coding),
        isBase64Encoded: coding === 'base64',
      };
      expect((await send(sent)).status).toBe(200);
    }
  });

  it.each(ENCODINGS)('in %s is taken with its type written another way', async (encoding) => {
    for (const vary of [
      (type: string) => `${type};charset=UTF-8`,
      (type: string) => `${type} ; charset="utf-8"`,
      (type: string) => type.toUpperCase(),
    ]) {
      const { body, contentType } = plain(encoding, await good());
      const sent = event(route, { body, contentType: vary(contentType) });
      expect((await send(sent)).status).toBe(200);
    }
  });

  it('in JSON is taken though the names of its fields are within others', async () => {
    const fields = await good();
    const others: Record<string, unknown> = {};
    for (const name of Object.keys(fields)) {
      others[`object with ${name}`] = { [name]: { [name]: 1 } };
      others[`list with ${name}`] = [name, { [name]: '}' }];
      others[`string with ${name}`] = `{"${name}":"\\",\\"${name}":`;
    }
    const sent = [
      { ...others, ...fields },
      { ...(await good()), ...others },
    ];
    for (const json of sent) expect((await request(route, { json })).status).toBe(200);
  });

  it.each(ENCODINGS)('in %s with names that objects have pollutes nothing', async (encoding) => {
    const { body, contentType } = plain(encoding, await good());
    const names = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty'];
    const extended =
      encoding === 'form'
        ? names.map((name) => `${name}[polluted]=1&${name}=1&`).join('') + body
        : `{${names.map((name) => `"${name}":{"polluted":1},`).join('')}${body.slice(1)}`;
    expect((await request(route, { body: extended, contentType })).status).toBe(200);
    expect('polluted' in {}).toBe(false);
    expect('polluted' in Object).toBe(false);
  });
});

describe('PUT /reset_password: a reset_token', () => {
  let fields: Fields;
  let before: unknown;

  beforeAll(async () => {
    fields = await goodToken();
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

  it.each(Object.entries(spoilt))('%s is refused', async (_, spoil) => {
    const { reset_token: token = '' } = fields;
    const [owner = '', secret = ''] = token.split('.');
    const form = { ...fields, reset_token: spoil(token, owner, secret) };
    await expectRefused([event('PUT /reset_password', { form })], 403);
  });

  it('that is not good writes nothing, and the one that was given is taken after all that', async () => {
    expect(await scanTable()).toEqual(before);
    expect((await request('PUT /reset_password', { form: fields })).status).toBe(200);
  });
});

/** The endpoints that ask for a session, each with what it takes besides, and what it then answers. */
const WITH_SESSION: [Route, number, EventParts][] = [
  ['GET /profile', 200, {}],
  ['DELETE /sessions', 302, {}],
  ['GET /sessions', 200, {}],
  ['DELETE /sessions/{id}', 404, { id: 'none' }],
  ['DELETE /sessions/others', 200, {}],
  ['DELETE /sessions/all', 200, {}],
  ['PUT /password', 200, { form: { password: 'pwd', new_password: 'new' } }],
  ['DELETE /profile', 200, { form: { password: 'pwd' } }],
  ['PUT /email', 200, { form: { password: 'pwd', email: newEmail() } }],
];

describe.each(WITH_SESSION)('%s: a cookie that is', (route, success, parts) => {
  let good: string;
  let other: string;
  let before: unknown;

  beforeAll(async () => {
    good = await logIn(await register());
    other = await logIn(await register());
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
    'second to one that is bad': (id) => ['session_id=x', `session_id=${id}`],
    'second to one that is empty': (id) => ['session_id=', `session_id=${id}`],
  };

  it.each(Object.entries(BAD_COOKIES))('%s is refused', async (_, spoil) => {
    const [owner = '', secret = ''] = good.split('.');
    const cookies = spoil(good, owner, secret);
    // The emulator leaves cookies in the header.
    const sent = event(route, { ...parts, cookies });
    await expectRefused([sent, emulated(sent), emulated(sent, null)], 403);
  });

  it('bad writes nothing, and a good one is taken after all that', async () => {
    expect(await scanTable()).toEqual(before);
    expect(await isLive(good)).toBe(true);
    expect(await isLive(other)).toBe(true);
    const cookies = [`session_id=${good}`];
    expect((await request(route, { ...parts, cookies })).status).toBe(success);
  });
});
