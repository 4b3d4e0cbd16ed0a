/** Sends requests to an API and lists what is wrong with its answers. Never shows a secret of an answer. */
import { isDeepStrictEqual } from 'node:util';

const ANSWER_WITHIN_MS = 10_000;

/** The headers of every answer. */
const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-site',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=63072000; includeSubDomains',
  'x-content-type-options': 'nosniff',
  'x-request-id': /./,
};

export type Fields = Record<string, string>;

export interface Sent {
  json?: Fields;
  form?: Fields;
  /** The body as text. Its content type is in `headers`. */
  body?: string;
  /** Replaces `{id}` in the route. */
  id?: string;
  cookie?: string;
  headers?: Fields;
}

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  /** The parsed JSON, or undefined if the text is not JSON. */
  body: unknown;
  /** The cookie that the answer sets, in the form in which a client sends it. '' if it sets none. */
  cookie: string;
}

export interface Expected {
  status: number;
  /**
   * All fields of the body, each with its value or a pattern. A list has a pattern for the JSON of each
   * element, in any order. Undefined: the answer has no body.
   */
  body?: Record<string, string | RegExp | RegExp[]>;
  /** Undefined: the answer sets no cookie. */
  cookie?: 'set' | 'cleared';
  /** Headers beside those of every answer. null: the answer must not have this header. */
  headers?: Record<string, string | null>;
}

/** No answer arrived. */
export class Unanswered extends Error {}

export class Api {
  readonly #base: URL;
  readonly #cookies = new Set<string>();

  constructor(base: URL) {
    this.#base = base;
  }

  /**
   * @param route such as `POST /users` or `DELETE /sessions/{id}`
   * @throws Unanswered
   */
  async ask(route: string, { json, form, body, id, cookie, headers }: Sent): Promise<Answer> {
    const [method = '', path = ''] = route.replace('{id}', id ?? '').split(' /');
    const content = json ? JSON.stringify(json) : form ? new URLSearchParams(form) : body;
    try {
      const response = await fetch(new URL(path, this.#base), {
        method,
        redirect: 'manual',
        signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
        headers: {
          ...(json && { 'content-type': 'application/json' }),
          ...(cookie !== undefined && { cookie }),
          ...headers,
        },
        ...(content !== undefined && { body: content }),
      });
      const text = await response.text();
      const [set = ''] = response.headers.getSetCookie()[0]?.split(';') ?? [];
      if (set !== '') this.#cookies.add(set);
      const { status, headers: received } = response;
      return { status, headers: received, text, body: parse(text), cookie: set };
    } catch (error) {
      throw new Unanswered('expected an answer, came none', { cause: error });
    }
  }

  /** Lists what is wrong with an answer. The list is empty if the answer is as expected. */
  problems(answer: Answer, expected: Expected): string[] {
    const problems: string[] = [];
    const compare = (what: string, right: string, came: string, isRight: boolean) => {
      if (!isRight) problems.push(`expected ${what} ${right}, came ${came}`);
    };
    const { status, headers, text, body } = answer;
    compare('status', String(expected.status), String(status), status === expected.status);
    compare(
      'body',
      expected.body ? showExpected(expected.body) : 'none',
      text === '' ? 'none' : showReceived(body, text, expected.body),
      expected.body ? isBody(body, expected.body) : text === '',
    );
    const all: Record<string, string | RegExp | null> = {
      ...HEADERS,
      ...(expected.body && { 'content-type': /^application\/json(?:;|$)/ }),
      ...expected.headers,
    };
    for (const [name, right] of Object.entries(all)) {
      const came = headers.get(name);
      const isRight = right instanceof RegExp ? right.test(came ?? '') : came === right;
      compare(name, right === null ? 'none' : String(right), shorten(came ?? 'none'), isRight);
    }
    const lines = headers.getSetCookie();
    const names = new Set(lines.map((line) => line.split('=', 1)[0]));
    const described = lines.map((line) => this.#describeCookie(line));
    // A service that changes the name of its cookie clears the cookie under both names.
    const set = names.size === lines.length ? [...new Set(described)] : described;
    const cookies = expected.cookie ? [this.#cookie(expected.cookie)] : [];
    compare('cookie', showCookies(cookies), showCookies(set), isDeepStrictEqual(set, cookies));
    return problems;
  }

  #cookie(what: 'set' | 'cleared'): string {
    const maxAge = what === 'set' ? 'Max-Age=<seconds>' : 'Max-Age=0';
    const attributes = [maxAge, 'Path=/', 'HttpOnly', 'SameSite=Lax'];
    if (this.#isSecure()) attributes.push('Secure');
    return [`session_id=${what === 'set' ? '<id>' : ''}`, ...attributes.sort()].join('; ');
  }

  #describeCookie(line: string): string {
    return describeCookie(this.#isSecure() ? line : line.replace(/; *Secure(?=;|$)/, ''));
  }

  /** Over plain HTTP, on a laptop, a cookie may have the attribute `Secure` or not. */
  #isSecure(): boolean {
    return this.#base.protocol === 'https:';
  }

  /** Ends every session that an answer started, unless it has ended already. */
  async logOutEverywhere(): Promise<void> {
    const logOut = (cookie: string) => this.ask('DELETE /sessions', { cookie });
    await Promise.allSettled([...this.#cookies].map(logOut));
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isBody(body: unknown, expected: NonNullable<Expected['body']>): boolean {
  return (
    isObject(body) &&
    isDeepStrictEqual(Object.keys(body).sort(), Object.keys(expected).sort()) &&
    Object.entries(expected).every(([name, right]) => isField(body[name], right))
  );
}

type Right = NonNullable<Expected['body']>[string];

function isField(value: unknown, right: Right): boolean {
  if (Array.isArray(right)) {
    const left = Array.isArray(value) ? value.map((each) => JSON.stringify(each)) : [];
    return (
      left.length === right.length && right.every((one) => left.some((each) => one.test(each)))
    );
  }
  return right instanceof RegExp ? typeof value === 'string' && right.test(value) : value === right;
}

function showExpected(body: NonNullable<Expected['body']>): string {
  const fields = Object.entries(body).map(
    ([name, right]) =>
      `"${name}":${typeof right === 'string' ? `"${right}"` : [right].flat().map(String).join()}`,
  );
  return `{${fields.join(',')}}`;
}

/** Fields of refusals, which are shown. */
const TOLD = ['message', 'code'];

/** Shows a body without values that may be secret: only expected values and refusals are shown. */
function showReceived(body: unknown, text: string, expected: Expected['body']): string {
  if (!isObject(body)) return shorten(text);
  const fields = Object.entries(body).map(([name, value]) => {
    if (typeof expected?.[name] === 'string' && value === expected[name])
      return `"${name}":"${value}"`;
    return `"${shorten(name)}":${TOLD.includes(name) ? `"${shorten(String(value))}"` : '...'}`;
  });
  return `{${fields.join(',')}}`;
}

/** Removes words that are long enough to be a cookie, a token or a password of smoke.ts. */
function shorten(text: string): string {
  return text.replaceAll(/[^\s"]{30,}/g, '...').slice(0, 100);
}

/** Describes a Set-Cookie line: no secret, no prefix `__Host-`, the attributes in alphabetical order. */
function describeCookie(line: string): string {
  const [pair = '', ...attributes] = line.split(/; */);
  const bare = pair.replace(/^__Host-/, '');
  const named = bare.replace(/^session_id=[\w.-]{40,}$/, 'session_id=<id>');
  const sorted = attributes.map((each) => each.replace(/^Max-Age=[1-9]\d*$/, 'Max-Age=<seconds>'));
  return [named === 'session_id=' || named.endsWith('<id>') ? named : '...', ...sorted.sort()].join(
    '; ',
  );
}

function showCookies(cookies: string[]): string {
  return cookies.length === 0 ? 'none' : cookies.join(' and ');
}
