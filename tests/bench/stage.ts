/** Prepares what every benchmark needs: unpacked zips, the deployed Node.js, a stand-in for AWS. */
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { hash } from 'bcryptjs';
import { portOf } from '../../lib/emulator/ports.mjs';
import { run, type Exit } from '../support/emulator.ts';
import { authorizerEvent, event, type EventParts } from '../support/events.ts';
import { bounceOf } from '../support/mail-events.ts';
import { deployedNode } from '../support/lambda-runtime.ts';
import { packageInto } from '../support/package.ts';
import { readServerless } from '../support/serverless.ts';
import { unzip } from '../support/zip.ts';

export const { functions } = readServerless();

export interface Stage {
  node: string;
  /** Returns the file of a function's bundle. */
  bundle: (name: string) => string;
  /** Runs a script of this folder on the deployed Node.js and returns the JSON that it prints. */
  measure: (script: string, args: unknown[], env?: Env) => Promise<unknown>;
  /**
   * Returns the calls to AWS that a function makes for its request in REQUESTS. The calls of one list
   * are made at the same time.
   */
  callsOf: (name: string) => Promise<Call[][]>;
  /** The environment of the functions. */
  env: Env;
  /** Hashes the user's password at another cost than 4. */
  hashAt: (cost: number) => Promise<void>;
  stop: () => Promise<void>;
}

export type Env = Record<string, string>;

export interface Call {
  path: string;
  headers: Record<string, string>;
  body: string;
}

export async function openStage(): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-'));
  const made = await packageInto(join(folder, 'project'));
  for (const name of Object.keys(functions)) {
    await unzip(join(made.folder, `${name}.zip`), join(folder, name));
  }
  const [node, aws] = await Promise.all([deployedNode(), startAws()]);
  const env = {
    ...SETTINGS,
    AWS_ENDPOINT_URL_DYNAMODB: aws.url,
    AWS_ENDPOINT_URL_LAMBDA: aws.url,
    AWS_ENDPOINT_URL_SESV2: aws.url,
  };
  const bundle = (name: string) =>
    join(folder, name, String(functions[name]?.handler.replace('.handler', '.cjs')));
  const measure: Stage['measure'] = async (script, args, more = {}) => {
    const file = fileURLToPath(new URL(script, import.meta.url));
    const options = { env: { ...env, ...more } };
    const { status, stdout, stderr }: Exit = await run(
      node,
      [file, ...args.map((arg) => JSON.stringify(arg))],
      options,
    ).exited;
    if (status !== 0) throw new Error(`${script} failed:\n${stderr}`);
    // The lines before it are the functions' log.
    return JSON.parse(String(stdout.trim().split('\n').at(-1)));
  };
  return {
    node,
    env,
    hashAt: async (cost) => {
      user.hashed_password = S(await hash(PASSWORD, cost));
    },
    bundle,
    measure,
    callsOf: (name) =>
      aws.record(() => measure('first-answer.mjs', [bundle(name), REQUESTS[name]])),
    stop: async () => {
      aws.stop();
      await rm(folder, { recursive: true });
    },
  };
}

const SETTINGS = {
  AWS_REGION: 'local',
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
  TABLE_NAME: 'users',
  INSECURE: 'true',
  RESET_TOKEN_DELIVERY: 'email',
  MAIL_FROM: 'no-reply@example.com',
  PASSWORD_RESET_PAGE: 'https://example.com/reset',
  EMAIL_VERIFICATION_PAGE: 'https://example.com/verify',
  MAIL_FUNCTION: 'sendMail',
  MAIL_EVENTS: 'false',
  MAIL_CONFIGURATION_SET: 'user-authentication-local',
  ALLOWED_ORIGINS: '',
  FAILED_LOGINS_PER_SOURCE: '0',
  PASSWORD_MIN_LENGTH: '8',
  REFUSE_COMMON_PASSWORDS: 'true',
  REFUSE_BREACHED_PASSWORDS: 'false',
  BCRYPT_COST: '4',
  REQUIRE_VERIFIED_EMAIL: 'false',
  COOKIE_SECURE: 'true',
  SESSION_COOKIES: 'session_id',
  SESSION_IDLE_SECONDS: '604800',
  SESSION_ABSOLUTE_SECONDS: '2592000',
  RESET_TOKEN_SECONDS: '3600',
  EMAIL_TOKEN_SECONDS: '86400',
  LOG_KEY: 'local',
  IMPORTED_PASSWORD_KEY: '',
};

const EMAIL = 'ann@example.com';
export const PASSWORD = 'twelve little lambs';
const HASHED = await hash(PASSWORD, 4);
export interface Bcrypt {
  password: string;
  /** The hash to verify; absent if a hash is made. */
  hash?: string;
}

const VERIFY: Bcrypt = { password: PASSWORD, hash: HASHED };
const MAKE: Bcrypt = { password: PASSWORD };
/** The bcrypt operations of the functions for their requests. */
export const BCRYPT: Record<string, Bcrypt[]> = {
  registerUser: [MAKE],
  login: [VERIFY],
  updatePassword: [MAKE],
  changePassword: [VERIFY, MAKE],
  deleteUser: [VERIFY],
  changeEmail: [VERIFY],
};
const id = randomUUID();
const secret = () => `${id}.${randomBytes(32).toString('base64url')}`;
const [session_id, reset_token, token] = [secret(), secret(), secret()];
const digest = (value: string) => createHash('sha256').update(value).digest('base64url');
const now = Math.floor(Date.now() / 1000);

const S = (value: string) => ({ S: value });
const N = (value: number) => ({ N: String(value) });

/** The only user of the stand-in, with one session and a reset token. */
const user = {
  ...{ id: S(id), item: S('user'), email: S(EMAIL), session_epoch: N(0) },
  hashed_password: S(HASHED),
  ...{ reset_token: S(digest(reset_token)), reset_token_expires_at: N(now + 3600) },
};
const session = {
  ...{ id: S(id), item: S(`session#${digest(session_id)}`), session_id: S(digest(session_id)) },
  ...{ epoch: N(0), created_at: N(now), last_seen: N(now), expires_at: N(now + 86_400) },
};

/** The public id of the session. */
const handle = `${id}.${digest(digest(session_id)).slice(0, 22)}`;

const emailToken = {
  ...{ id: S(id), item: S(`email_token#${digest(token)}`) },
  ...{ address: S(digest(EMAIL)), epoch: N(0), expires_at: N(now + 86_400) },
};

/** For each function a request that succeeds and needs all of the function's calls to AWS. */
export const REQUESTS: Record<string, unknown> = {
  index: event('GET /'),
  registerUser: event('POST /users', { form: { email: 'ben@example.com', password: PASSWORD } }),
  login: event('POST /sessions', { form: { email: EMAIL, password: PASSWORD } }),
  logout: withCookie('DELETE /sessions'),
  getProfile: withCookie('GET /profile'),
  requestPasswordReset: event('POST /reset_password', { form: { email: EMAIL } }),
  updatePassword: event('PUT /reset_password', {
    form: { email: EMAIL, reset_token, new_password: PASSWORD },
  }),
  listSessions: withCookie('GET /sessions'),
  endSession: withCookie('DELETE /sessions/{id}', { id: handle }),
  endOtherSessions: withCookie('DELETE /sessions/others'),
  endAllSessions: withCookie('DELETE /sessions/all'),
  changePassword: withCookie('PUT /password', {
    form: { password: PASSWORD, new_password: 'twelve big lambs' },
  }),
  deleteUser: withCookie('DELETE /profile', { form: { password: PASSWORD } }),
  authorize: authorizerEvent('GET /orders', { cookies: [`session_id=${session_id}`] }),
  requestEmailVerification: event('POST /email_verification', { form: { email: EMAIL } }),
  verifyEmail: event('PUT /email_verification', { form: { token, password: PASSWORD } }),
  changeEmail: withCookie('PUT /email', {
    form: { password: PASSWORD, email: 'anna@example.com' },
  }),
  sendMail: { kind: 'password_reset', email: EMAIL, request_id: randomUUID() },
  markBounce: bounceOf(EMAIL),
};

function withCookie(route: string, parts: EventParts = {}) {
  return event(route, { ...parts, cookies: [`session_id=${session_id}`] });
}

/** While calls are recorded, calls within this time count as made at the same time. */
const BESIDE_MS = 150;

/** Starts a server that answers for DynamoDB, Lambda and SES without delay. It has one user. */
async function startAws() {
  /** The calls that were made at the same time and are answered together, if there are any. */
  let held: { calls: Call[]; released: Promise<void> } | undefined;
  let steps: Call[][] | undefined;
  const hold = async (call: Call) => {
    if (!steps) return;
    if (!held) {
      held = { calls: [], released: sleep(BESIDE_MS) };
      steps.push(held.calls);
    }
    held.calls.push(call);
    await held.released;
    held = undefined;
  };
  const server = createServer((incoming, outgoing) => {
    void text(incoming).then(async (body) => {
      const { url = '', headers } = incoming;
      const kept = Object.entries(headers).filter(([name]) =>
        /^(content-type|x-amz-target)$/.test(name),
      );
      await hold({ path: url, headers: Object.fromEntries(kept) as Call['headers'], body });
      const operation = String(headers['x-amz-target']).replace(/^.*\./, '');
      const reply = JSON.stringify(replyTo(operation, body));
      const status = url.endsWith('/invocations') ? 202 : 200;
      outgoing.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(reply);
    });
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${String(portOf(server))}`,
    record: async (work: () => Promise<unknown>) => {
      const recorded: Call[][] = (steps = []);
      await work();
      steps = undefined;
      return recorded;
    },
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

function replyTo(operation: string, body: string): object {
  switch (operation) {
    case 'Query':
      if (!body.includes('IndexName')) return { Items: [user, session], Count: 2 };
      return { Items: [{ id: user.id, item: user.item }], Count: 1 };
    case 'GetItem':
      return body.includes('marker') ? {} : { Item: user };
    case 'BatchGetItem':
      return {
        Responses: { users: [user, body.includes('email_token#') ? emailToken : session] },
        UnprocessedKeys: {},
      };
    default:
      return {};
  }
}
