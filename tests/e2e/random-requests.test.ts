/**
 * Twenty thousand random requests at the running service: none fails it, and what they leave in the
 * table is what the schema allows. Emails, sessions and tokens are taken from a small pool, so that
 * many requests get far.
 */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, paginateScan } from '@aws-sdk/lib-dynamodb';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { Agent, request, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startEmulator, type Emulator } from '../support/emulator.ts';
import { expectDocumented, routeOf } from '../support/openapi.ts';
import { readServerless } from '../support/serverless.ts';

const REQUESTS = 20_000;
const SIDE_BY_SIDE = 4;
/** Of the whole emulator, once it has warmed up. */
const MAX_GROWTH = 1.5;

interface RandomRequest {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string;
}

const ROUTES = Object.values(readServerless().functions)
  .flatMap(({ events = [] }) => events.map(({ httpApi }) => httpApi.replace('{id}', '<id>')))
  .filter((route) => route !== '*')
  .map((route) => route.split(' ') as [method: string, path: string]);
const FIELDS = ['email', 'password', 'reset_token', 'new_password', 'token'];
const EMAILS = Array.from({ length: 20 }, (_, i) => `user${String(i)}@example.com`);

/** Session ids, their public ids and tokens that were given out: the latest ones. */
const given = { session_id: ['none'], id: ['none'], reset_token: ['none'], token: ['none'] };
const GIVEN_KEPT = 20;

const junk = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 100 }),
  fc.string({ unit: 'grapheme', maxLength: 100 }),
  fc.constantFrom('', '\0', '%', '%00', '\uD800', 'null', '__proto__', '{}', '[]', '😀'.repeat(30)),
  fc.integer({ min: 70, max: 9000 }).map((length) => 'x'.repeat(length)),
);
/** Stands for one that was given out, which only the moment of sending can tell. */
const kept = fc.constantFrom('<session_id>', '<reset_token>', '<token>');
const value = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...EMAILS, 'pwd', 'other') },
  { weight: 2, arbitrary: kept },
  { weight: 1, arbitrary: junk },
);
/** Some requests ask for mail, which the emulator's mailbox takes. */
const delivery = fc.constantFrom([], [], [], [['delivery', 'email'] as const]);
/** Mostly what belongs there. */
const field = (name: string) => {
  const right =
    name === 'email'
      ? fc.constantFrom(...EMAILS)
      : name.endsWith('token')
        ? fc.constant(`<${name}>`)
        : fc.constantFrom('pwd', 'other');
  return fc
    .oneof({ weight: 5, arbitrary: right }, { weight: 1, arbitrary: value })
    .map((text) => [name, text] as const);
};
const fields = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.tuple(...FIELDS.map(field)), delivery)
      .map(([each, more]) => [...each, ...more]),
  },
  {
    weight: 1,
    arbitrary: fc.array(fc.tuple(fc.oneof(fc.constantFrom(...FIELDS), junk), value), {
      maxLength: 8,
    }),
  },
);
const form = fields.map((pairs) => ({
  contentType: 'application/x-www-form-urlencoded',
  body: pairs.map(([name, text]) => `${encode(name)}=${encode(text)}`).join('&'),
}));
const json = fields.map((pairs) => ({
  contentType: 'application/json',
  body: JSON.stringify(Object.fromEntries(pairs)),
}));
const otherJson = fc.json().map((body) => ({ contentType: 'application/json', body }));
const rubbish = fc.record({
  contentType: fc.constantFrom(
    'application/json',
    'application/x-www-form-urlencoded; charset=latin1',
    'text/plain',
    'multipart/form-data; boundary=x',
    ';',
  ),
  body: junk,
});

const cookie = fc.oneof(
  { weight: 4, arbitrary: fc.constant('session_id=<session_id>') },
  { weight: 1, arbitrary: fc.constant('') },
  { weight: 1, arbitrary: fc.string({ maxLength: 60 }).map((junk) => `session_id=${junk}`) },
  { weight: 1, arbitrary: fc.string({ maxLength: 60 }) },
);
const origin = fc.constantFrom('', '', '', 'http://localhost:5173', 'https://evil.example', 'null');
const site = fc.constantFrom('', '', '', 'same-origin', 'cross-site', 'none', 'x');

const method = fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH');
const path = fc.constantFrom(...ROUTES.map(([, path]) => path));
const anyPath = fc.string({ maxLength: 40 }).map((junk) => `/${encode(junk)}`);

const randomRequest: fc.Arbitrary<RandomRequest> = fc
  .record({
    route: fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(...ROUTES) },
      { weight: 1, arbitrary: fc.tuple(method, path) },
      { weight: 1, arbitrary: fc.tuple(method, anyPath) },
    ),
    payload: fc.oneof(
      { weight: 4, arbitrary: form },
      { weight: 4, arbitrary: json },
      { weight: 1, arbitrary: otherJson },
      { weight: 1, arbitrary: rubbish },
    ),
    cookie,
    origin,
    site,
  })
  .map(({ route: [method, path], payload, ...headers }) => ({
    method,
    path,
    body: payload.body,
    headers: Object.fromEntries(
      Object.entries({
        'content-type': payload.contentType,
        cookie: headers.cookie,
        origin: headers.origin,
        'sec-fetch-site': headers.site,
      }).filter(([, each]) => each !== ''),
    ),
  }));

/** Percent-encoded, lone surrogates as what they are in UTF-8, badly. */
function encode(text: string): string {
  return text
    .split(/([\uD800-\uDFFF])/u)
    .map((part) => (part.isWellFormed() ? encodeURIComponent(part) : '%ED%A0%80'))
    .join('');
}

let emulator: Emulator;
const agent = new Agent({ keepAlive: true, maxSockets: SIDE_BY_SIDE });

beforeAll(async () => {
  emulator = await startEmulator({ args: ['--param=bcryptCost=4'] });
});

afterAll(async () => {
  agent.destroy();
  await emulator.stop();
});

async function send({ method, path, ...sent }: RandomRequest): Promise<number> {
  const fill = (text: string): string =>
    text.replace(
      /<(session_id|id|reset_token|token)>|%3C(session_id|reset_token|token)%3E/g,
      (_, ...names) => {
        const values = given[(names[0] ?? names[1]) as keyof typeof given];
        return values[Math.floor(Math.random() * values.length)] ?? '';
      },
    );
  const outgoing = request(`${emulator.url}${fill(path)}`, {
    method,
    agent,
    // What a header cannot hold is not sent.
    headers: Object.fromEntries(
      Object.entries(sent.headers).map(([name, text]) => [
        name,
        fill(text).replace(/[^\x20-\x7e]/g, ''),
      ]),
    ),
  });
  outgoing.end(Buffer.from(fill(sent.body)));
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
  keep('session_id', /^session_id=([^;]+)/.exec(answer.headers['set-cookie']?.[0] ?? '')?.[1]);
  const received = await text(answer);
  keep('reset_token', /"reset_token":"([^"]+)"/.exec(received)?.[1]);
  keep('id', /"sessions":\[\{"id":"([^"]+)"/.exec(received)?.[1]);
  keep('token', /"token":"([^"]+)"/.exec(received)?.[1]);
  const status = answer.statusCode ?? 0;
  const route = routeOf(method, path);
  // The emulator refuses some by itself.
  if (route && 'x-request-id' in answer.headers) {
    const headers = new Headers();
    for (const [name, value] of Object.entries(answer.headers)) headers.set(name, String(value));
    const body = received && (JSON.parse(received) as unknown);
    expectDocumented(route, { status, headers, body });
  }
  return status;
}

function keep(name: keyof typeof given, made: string | undefined): void {
  if (made !== undefined) given[name] = [made, ...given[name]].slice(0, GIVEN_KEPT);
}

/** In kB: the memory of the process that has the functions' worker threads. */
function memory(): number {
  const status = readFileSync(`/proc/${String(emulator.pid)}/status`, 'utf8');
  return Number(/VmRSS:\s*(\d+)/.exec(status)?.[1]);
}

const text_ = expect.any(String) as unknown;
const digest = expect.stringMatching(/^[\w-]{43}$/) as unknown;
const count = expect.any(Number) as unknown;

const CHANGE = { id: text_, new_email: text_, old_email: digest, epoch: count, expires_at: count };

/** What each kind of item may have; `?` marks what it may lack. */
const SCHEMA: Record<string, Record<string, unknown>> = {
  user: {
    email: text_,
    hashed_password: expect.stringMatching(/^\$2b\$04\$.{53}$/),
    session_epoch: count,
    created_at: count,
    updated_at: count,
    'reset_token?': digest,
    'reset_token_expires_at?': count,
    'kept_session?': digest,
    'kept_epoch?': count,
    'sessions_ended_at?': expect.any(Array),
    'language?': text_,
    'email_verified_at?': count,
    'email_verified_by?': digest,
    'password_changed_at?': count,
    'email_change?': expect.toBeOneOf([
      CHANGE,
      { ...CHANGE, token: digest },
      { ...CHANGE, token: digest, mailed: true },
    ]),
    'reset_token_mailed?': digest,
  },
  session: {
    session_id: digest,
    epoch: count,
    methods: ['password'],
    authenticated_at: count,
    created_at: count,
    last_seen: count,
    expires_at: count,
    'user_agent?': text_,
    'ip?': text_,
  },
  email_token: {
    address: digest,
    epoch: count,
    expires_at: count,
  },
  marker: { user_id: text_ },
  recipient: {
    sent_at: expect.any(Array),
    last: expect.any(Object),
    revision: count,
    expires_at: count,
  },
  deletion: { address: digest, 'language?': text_, expires_at: count },
  former_email: { 'language?': text_, expires_at: count },
  attempts: { count, 'last_at?': count, 'failures?': count, expires_at: count },
};

it(
  'answers each as it should, and stores nothing outside the schema',
  { timeout: 600_000 },
  async () => {
    const requests = fc.sample(randomRequest, REQUESTS);
    const statuses: Record<number, number> = {};
    let warm = 0;
    const queue = requests.entries();
    await Promise.all(
      Array.from({ length: SIDE_BY_SIDE }, async () => {
        for (const [i, each] of queue) {
          const status = await send(each);
          if (status >= 500) expect.fail(`${String(status)} for ${JSON.stringify(each)}`);
          statuses[status] = (statuses[status] ?? 0) + 1;
          if (i === REQUESTS / 4) warm = memory();
        }
      }),
    );
    expect(memory() / warm).toBeLessThan(MAX_GROWTH);
    // They got everywhere.
    const everywhere = ['200', '302', '400', '401', '403', '404', '413', '415', '429'];
    expect(Object.keys(statuses)).toEqual(expect.arrayContaining(everywhere));

    const { TABLE_NAME: TableName, ...env } = emulator.dynamodbEnv;
    Object.assign(process.env, env);
    const client = DynamoDBDocumentClient.from(new DynamoDBClient({}));
    const kinds: Record<string, number> = {};
    for await (const { Items } of paginateScan({ client }, { TableName })) {
      for (const { id, item, ...attributes } of (Items ?? []) as Record<string, unknown>[]) {
        expect(id).toEqual(text_);
        const kind = String(item).replace(/#.*/, '');
        kinds[kind] = (kinds[kind] ?? 0) + 1;
        const allowed = Object.entries(SCHEMA[kind] ?? {}).filter(
          ([name]) => !name.endsWith('?') || name.slice(0, -1) in attributes,
        );
        expect(attributes).toEqual(
          Object.fromEntries(allowed.map(([name, type]) => [name.replace('?', ''), type])),
        );
      }
    }
    // Few random requests change a verified address or delete its account.
    const rare = ['deletion', 'former_email'];
    const common = Object.keys(SCHEMA).filter((kind) => !rare.includes(kind));
    expect(Object.keys(kinds)).toEqual(expect.arrayContaining(common));
    expect(Object.keys(SCHEMA)).toEqual(expect.arrayContaining(Object.keys(kinds)));
    expect(kinds['marker']).toBe(kinds['user']);
  },
);
