/**
 * A client for browsers and Node.js that needs only `fetch`. The package exports it, compiled, as
 * `user-authentication-service/client`.
 */
import type { Body, ErrorCode, Input, OperationId, RefusalStatus, Route } from '../api/contract.ts';

export interface ClientOptions {
  /** The URL of the API, such as `https://api.example.com`. */
  url: string;
  /** Replaces the global `fetch`. */
  fetch?: typeof fetch;
  /** Continues this session. Only outside browsers: see `Client`. */
  session_id?: string | undefined;
  /** Outside browsers: the name of the session cookie, if it is not `session_id`. */
  cookieName?: string;
}

/**
 * A method for each route, named after its function. No method throws: each resolves to a `Result`.
 *
 * A browser keeps the session cookie itself and hides it from scripts. Elsewhere the client keeps the
 * cookie in memory, so one client stands for one user: a server creates a client for each user.
 */
export type Client = {
  readonly [R in Route as OperationId<R>]: Method<R>;
} & {
  /** The session that the client keeps; undefined in browsers and if there is none. */
  readonly session_id: string | undefined;
};

export type Method<R extends Route> = (
  ...input: object extends Input<R> ? [CallOptions?] : [Input<R> & CallOptions]
) => Promise<Result<R>>;

export interface CallOptions {
  /** Aborts the request. There is no other time limit. */
  signal?: AbortSignal | undefined;
}

export type Result<R extends Route> = Success<R> | Refusal<RefusalStatus<R>> | NoAnswer;

/** The fields of the answer's body, and `ok`. */
export type Success<R extends Route> = { ok: true } & Body<R>;

/** The service refused the request. */
export interface Refusal<Status extends number = number> {
  ok: false;
  status: Status;
  /** A short English sentence. If a field is wrong, the sentence names it. */
  message: string;
  /**
   * A stable name of the reason, such as `wrong_password`. Absent if API Gateway itself refused, and
   * for registerUser if the email is taken (status 400, `email already registered`).
   */
  code?: ErrorCode;
  /** Seconds to wait before retrying; absent if unknown, or if a retry does not help. */
  retryAfterSeconds?: number;
  /** Finds this request in the log of the service. */
  requestId?: string;
}

/** No answer arrived: the operation may or may not have happened. */
export interface NoAnswer {
  ok: false;
  status: null;
  message: string;
  /**
   * What fetch threw (no network, an origin that is not allowed, an aborted signal), an error that
   * says why the answer is not one of the service, or a TypeError for a value that would have made
   * the path of another route: then nothing was sent.
   */
  cause: unknown;
}

/** Creates a client. It sends nothing until a method is called. */
export function createClient({
  url,
  fetch = globalThis.fetch,
  session_id,
  cookieName = 'session_id',
}: ClientOptions): Client {
  const base = url.replace(/\/+$/, '');
  const setCookie = new RegExp(`(?:^|, *)${cookieName}=([^;,]*)`);
  let kept = session_id;
  const routes = new Set<string>();

  async function send(route: Route, { signal, ...input }: CallOptions): Promise<Response> {
    const [method = '', template = ''] = route.split(' ');
    const fields = new Map(Object.entries(input));
    const path = template.replace(/\{(\w+)\}/g, (_, name: string) => {
      const value: unknown = fields.get(name);
      fields.delete(name);
      // fetch would resolve the dots. Without a value, the path is the one of another route.
      if (typeof value !== 'string' || /^\.{0,2}$/.test(value)) throw unsent(name);
      const part = encodeURIComponent(value);
      if (routes.has(route.replace(`{${name}}`, part))) throw unsent(name);
      return part;
    });
    const body = fields.size > 0 && JSON.stringify(Object.fromEntries(fields));
    const response = await fetch(base + path, {
      method,
      // The API may have another origin than the page.
      credentials: 'include',
      // Otherwise fetch would follow the redirect of a logout, with DELETE.
      redirect: 'manual',
      headers: {
        ...(body && { 'content-type': 'application/json' }),
        // Browsers ignore this header.
        ...(kept && { cookie: `${cookieName}=${kept}` }),
      },
      ...(body && { body }),
      ...(signal && { signal }),
    });
    // Browsers hide this header.
    const set = setCookie.exec(response.headers.get('set-cookie') ?? '');
    if (set) kept = set[1] === '' ? undefined : set[1];
    return response;
  }

  const method = <R extends Route>(route: R) => {
    routes.add(route);
    return async (options: CallOptions = {}): Promise<Result<R>> => {
      try {
        return await read(route, await send(route, options));
      } catch (cause) {
        return { ok: false, status: null, message: 'No answer from the service', cause };
      }
    };
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
    deleteUserByPost: method('POST /profile/deletion'),
    changePassword: method('PUT /password'),
    requestPasswordReset: method('POST /reset_password'),
    updatePassword: method('PUT /reset_password'),
    requestEmailVerification: method('POST /email_verification'),
    verifyEmail: method('PUT /email_verification'),
    changeEmail: method('PUT /email'),
  };
}

function unsent(name: string): TypeError {
  return new TypeError(`${name} would make the path of another route, so nothing was sent`);
}

/**
 * Turns a response into a result.
 *
 * @throws Error if the response is not an answer of the service
 */
async function read<R extends Route>(route: R, response: Response): Promise<Result<R>> {
  const { status, headers, type } = response;
  // Browsers hide the status of a redirect.
  if (route === 'DELETE /sessions' && (status === 302 || type === 'opaqueredirect')) {
    return { ok: true } as Result<R>;
  }
  const body = (await response.json()) as { message?: unknown; code?: unknown } | null;
  if (response.ok && body) return { ok: true, ...body } as Result<R>;
  if (typeof body?.message !== 'string') {
    throw new Error(`Status ${String(status)} without a message`);
  }
  const seconds = headers.get('retry-after') ?? '';
  const requestId = headers.get('x-request-id');
  return {
    ok: false,
    status: status as RefusalStatus<R>,
    message: body.message,
    // Newer services may have codes that this client does not know.
    ...(typeof body.code === 'string' && { code: body.code as ErrorCode }),
    ...(/^\d+$/.test(seconds) && { retryAfterSeconds: Number(seconds) }),
    ...(requestId !== null && { requestId }),
  };
}
