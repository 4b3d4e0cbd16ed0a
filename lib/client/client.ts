/**
 * A client for browsers and for Node, of nothing but `fetch`: the package exports it, built, as
 * `user-authentication-service/client`.
 */
import type { Body, Input, OperationId, RefusalStatus, Route } from '../api/contract.ts';

export interface ClientOptions {
  /** Of the API, such as `https://api.example.com`. */
  url: string;
  /** Instead of the global one. */
  fetch?: typeof fetch;
  /** Of a session that goes on, where there is no browser: see `Client`. */
  session_id?: string | undefined;
}

/**
 * A method for each route, by the name of its function. None of them throws: whatever happens is
 * in what it resolves to.
 *
 * A browser keeps the session's cookie itself, and from scripts. Anywhere else the client keeps it,
 * in memory, so that it stands for one user: a server makes one for each of its own.
 */
export type Client = {
  readonly [R in Route as OperationId<R>]: Method<R>;
} & {
  /** Of the session that it keeps; absent without one, and in browsers. */
  readonly session_id: string | undefined;
};

export type Method<R extends Route> = (
  ...input: object extends Input<R> ? [CallOptions?] : [Input<R> & CallOptions]
) => Promise<Result<R>>;

export interface CallOptions {
  /** Gives the request up: there is no time limit but this. */
  signal?: AbortSignal | undefined;
}

export type Result<R extends Route> = Success<R> | Refusal<RefusalStatus<R>> | NoAnswer;

/** With what is in the body of the answer. */
export type Success<R extends Route> = { ok: true } & Body<R>;

/** The service has said no. */
export interface Refusal<Status extends number = number> {
  ok: false;
  status: Status;
  /** A short sentence, in English, which names the field that is at fault. */
  message: string;
  /** When asking again may work; absent where it is not known, or makes no difference. */
  retryAfterSeconds?: number;
  /** By which the service's log has what became of the request. */
  requestId?: string;
}

/** Whether the service has done it is not known. */
export interface NoAnswer {
  ok: false;
  status: null;
  message: string;
  /** What fetch threw: no network, a page that may not ask, a signal; or what came instead. */
  cause: unknown;
}

export function createClient({ url, fetch = globalThis.fetch, session_id }: ClientOptions): Client {
  const base = url.replace(/\/+$/, '');
  let kept = session_id;

  async function send(route: Route, { signal, ...input }: CallOptions): Promise<Response> {
    const [method = '', template = ''] = route.split(' ');
    const fields = new Map(Object.entries(input));
    const path = template.replace(/\{(\w+)\}/g, (_, name: string) => {
      const value = fields.get(name);
      fields.delete(name);
      return encodeURIComponent(String(value));
    });
    const body = fields.size > 0 && JSON.stringify(Object.fromEntries(fields));
    const response = await fetch(base + path, {
      method,
      // For an API on another origin than the page's.
      credentials: 'include',
      // That of a logout would be followed, with DELETE.
      redirect: 'manual',
      headers: {
        ...(body && { 'content-type': 'application/json' }),
        // Which browsers leave out.
        ...(kept && { cookie: `session_id=${kept}` }),
      },
      ...(body && { body }),
      ...(signal && { signal }),
    });
    // Which browsers hide.
    const set = /(?:^|, *)session_id=([^;,]*)/.exec(response.headers.get('set-cookie') ?? '');
    if (set) kept = set[1] === '' ? undefined : set[1];
    return response;
  }

  const method =
    <R extends Route>(route: R) =>
    async (options: CallOptions = {}): Promise<Result<R>> => {
      try {
        return await read(route, await send(route, options));
      } catch (cause) {
        return { ok: false, status: null, message: 'There is no answer of the service', cause };
      }
    };

  return {
    get session_id() {
      return kept;
    },
    index: method('GET /'),
    registerUser: method('POST /users'),
    login: method('POST /sessions'),
    listSessions: method('GET /sessions'),
    logout: method('DELETE /sessions'),
    endSession: method('DELETE /sessions/{id}'),
    endOtherSessions: method('DELETE /sessions/others'),
    endAllSessions: method('DELETE /sessions/all'),
    getProfile: method('GET /profile'),
    deleteUser: method('DELETE /profile'),
    changePassword: method('PUT /password'),
    requestPasswordReset: method('POST /reset_password'),
    updatePassword: method('PUT /reset_password'),
    requestEmailVerification: method('POST /email_verification'),
    verifyEmail: method('PUT /email_verification'),
    changeEmail: method('PUT /email'),
  };
}

/** @throws Error, or what reading throws, at what is no answer of the service */
async function read<R extends Route>(route: R, response: Response): Promise<Result<R>> {
  const { status, headers, type } = response;
  // Browsers hide which redirect it is.
  if (route === 'DELETE /sessions' && (status === 302 || type === 'opaqueredirect')) {
    return { ok: true } as Result<R>;
  }
  const body = (await response.json()) as { message?: unknown } | null;
  if (response.ok && body) return { ok: true, ...body } as Result<R>;
  if (typeof body?.message !== 'string') {
    throw new Error(`The status is ${String(status)}, without a message`);
  }
  const seconds = headers.get('retry-after') ?? '';
  const requestId = headers.get('x-request-id');
  return {
    ok: false,
    status: status as RefusalStatus<R>,
    message: body.message,
    ...(/^\d+$/.test(seconds) && { retryAfterSeconds: Number(seconds) }),
    ...(requestId !== null && { requestId }),
  };
}
