/** `npm run smoke` on the emulators, and on services that lie. */
import { once } from 'node:events';
import { createServer, request, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { main } from '../../lib/cli/smoke.ts';
import { portOf } from '../../lib/emulator/ports.mjs';
import { runCommand, runScript, type Result } from '../support/cli.ts';
import { sharedEmulator, type Delivery } from '../support/shared.ts';

/** The URL of the service. */
let services: Record<Delivery, string>;

beforeAll(async () => {
  const [response, email] = await Promise.all([
    sharedEmulator('response'),
    sharedEmulator('email'),
  ]);
  services = { response: response.url, email: email.url };
});

// A slow machine must not fail a check: the limit has a test of its own.
const limit = vi
  .spyOn(AbortSignal, 'timeout')
  .mockImplementation(() => new AbortController().signal);

afterAll(() => limit.mockRestore());

interface Reply {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

interface Asked {
  /** Such as `POST /users`. */
  route: string;
  headers: IncomingHttpHeaders;
  body: string;
  /** Asks the service. */
  forward: (headers?: IncomingHttpHeaders) => Promise<Reply>;
}

/** Replies to the client. */
type Lie = (asked: Asked) => Promise<Reply>;
/** May never reply. */
type Hang = (asked: Asked) => Promise<Reply | undefined>;

/** Stands in front of a service, and remembers every secret that passes. */
async function startLiar(target: string, lie: Hang) {
  const heard = {
    cookies: new Set<string>(),
    emails: new Set<string>(),
    secrets: new Set<string>(),
  };

  function listen(sent: string, { headers, body }: Reply): void {
    const secrets = `${sent} ${body}`.matchAll(/"(?:new_)?(?:password|reset_token)":"([^"]+)"/g);
    for (const [, secret = ''] of secrets) heard.secrets.add(secret);
    const [, email] = /"email":"([^"]*)","message":"user created"/.exec(body) ?? [];
    if (email !== undefined) heard.emails.add(email);
    for (const [, id = ''] of String(headers['set-cookie']).matchAll(/session_id=([^;]+)/g)) {
      heard.cookies.add(`session_id=${id}`);
      heard.secrets.add(id);
    }
  }

  async function answer(incoming: IncomingMessage): Promise<Reply | undefined> {
    const { method = '', url = '', headers } = incoming;
    const body = await text(incoming);
    const forward = async (changed = headers): Promise<Reply> => {
      const outgoing = request(new URL(url, target), { method, headers: changed });
      outgoing.end(body);
      const [received] = (await once(outgoing, 'response')) as [IncomingMessage];
      const reply = { status: received.statusCode ?? 0, body: await text(received) };
      return { ...reply, headers: received.headers };
    };
    const reply = await lie({ route: `${method} ${url}`, headers, body, forward });
    if (reply) listen(body, reply);
    return reply;
  }

  const server = createServer((incoming, outgoing) => {
    void answer(incoming).then((reply) => {
      if (!reply) return;
      for (const [name, value] of Object.entries(reply.headers)) {
        if (value !== undefined && name !== 'content-length') outgoing.setHeader(name, value);
      }
      outgoing.writeHead(reply.status).end(reply.body);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${String(portOf(server))}`,
    heard,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Runs the command in this process. */
const inProcess = (args: string[]): Promise<Result> => runCommand(main, args);

/** Runs the command as npm does. */
const asProcess = (args: string[]): Promise<Result> => runScript('smoke', args);

/** Runs the command on a service behind a liar, whose secrets must not be in the output. */
async function smoke(
  delivery: Delivery,
  lie: Hang,
  { args = [], run = inProcess }: { args?: string[]; run?: typeof inProcess } = {},
) {
  const liar = await startLiar(services[delivery], lie);
  try {
    const { status, stdout, stderr } = await run([liar.url, ...args]);
    expect(stderr).toBe('');
    for (const secret of liar.heard.secrets) expect(stdout).not.toContain(secret);
    const lines = stdout.trimEnd().split('\n');
    const failed = lines
      .map((line) => /^FAILED (.*?): expected (.*)$/.exec(line))
      .flatMap((match) => (match ? [{ name: match[1], why: match[2] }] : []));
    return { status, lines, heard: liar.heard, failed };
  } finally {
    await liar.stop();
  }
}

const honest: Lie = ({ forward }) => forward();

/** Changes the answers of a route that have a status. */
function on(route: string, status: number, change: (reply: Reply) => Partial<Reply>): Lie {
  return async (asked) => {
    const reply = await asked.forward();
    const isMeant = asked.route === route && reply.status === status;
    return isMeant ? { ...reply, ...change(reply) } : reply;
  };
}

/** Answers requests of a route itself. */
function instead(route: string, status: number, body: object): Lie {
  return async (asked) => {
    if (asked.route !== route) return asked.forward();
    const headers = { ...LOGOUT.headers, 'content-type': 'application/json' };
    return Promise.resolve({ status, headers, body: JSON.stringify(body) });
  };
}

const fields = (more: object) => (reply: Reply) => ({
  body: JSON.stringify({ ...(JSON.parse(reply.body) as object), ...more }),
});

const header = (name: string, value?: string) => (reply: Reply) => ({
  headers: { ...reply.headers, [name]: value },
});

const cookie = (from: RegExp, to: string) => (reply: Reply) => ({
  headers: {
    ...reply.headers,
    'set-cookie': [reply.headers['set-cookie'] ?? []].flat().map((line) => line.replace(from, to)),
  },
});

const LOGOUT: Reply = {
  status: 302,
  headers: {
    'cache-control': 'no-store',
    'content-security-policy':
      "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    location: '/',
    'cross-origin-resource-policy': 'same-site',
    'referrer-policy': 'no-referrer',
    'set-cookie': 'session_id=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax',
    'strict-transport-security': 'max-age=63072000; includeSubDomains',
    'x-content-type-options': 'nosniff',
    'x-request-id': 'made up',
  },
  body: '',
};

/** A reset token, for instance, that should not be there. */
const SECRET = 'b7a2c8e0-0000-4000-8000-000000000000.0123456789012345678901234567890123456789012';

const REGISTERED = [
  'POST /users creates an account, sent as json',
  'POST /users creates an account, sent as form',
];
const LOGGED_IN = [
  'POST /sessions logs in, sent as json',
  'POST /sessions logs in, sent as form, the email in any case',
  'POST /sessions logs in by the new password',
  'POST /sessions logs in once more',
  'POST /sessions logs in elsewhere',
  'POST /sessions logs in a last time',
  'POST /sessions logs in a last time',
];
const PROFILE = [
  'GET /profile gives the email',
  'GET /profile leaves the other session alone',
  'GET /profile leaves the session alone',
];
const LOGGED_OUT = ['DELETE /sessions logs out'];

interface Case {
  lie: Lie;
  /** All the checks that fail. */
  failed: string[];
  /** What the first of them prints. */
  why: RegExp;
}

/**
 * The lies, in groups that are told in one run, as each run makes some 70 requests. No lie of a group
 * changes what another one does.
 */
const GROUPS: { delivery: Delivery; cases: Record<string, Case> }[] = [
  {
    delivery: 'response',
    cases: {
      'a redirect, and does not follow it': {
        lie: on('GET /', 200, () => ({ status: 302, headers: { location: '/nothing' } })),
        failed: ['GET / welcomes'],
        why: /^status 200, came 302;/,
      },
      'a page instead of JSON': {
        lie: on('GET /nothing', 404, () => ({ body: `<h1>Not Found</h1>${SECRET}` })),
        failed: ['GET /nothing is not there'],
        why: /^body \{"message":\/\.\/,"code":[^}]*\}, came <h1>Not \.\.\.$/,
      },
      'an extra field': {
        lie: on('GET /profile', 200, fields({ id: SECRET })),
        failed: PROFILE,
        why: /, came \{"email":"smoke-[^"]*","id":\.\.\.\}$/,
      },
      'a missing security header': {
        lie: on('PATCH /users', 404, header('strict-transport-security')),
        failed: ['PATCH /users is not there'],
        why: /^strict-transport-security max-age=.*, came none$/,
      },
      'that a body over the limit is accepted': {
        lie: on('POST /users', 413, () => ({ status: 400 })),
        failed: ['POST /users refuses a body over 8 kB'],
        why: /^status 413, came 400$/,
      },
      'a refusal that does not name the field': {
        lie: on('PUT /reset_password', 400, fields({ message: `Wrong: ${SECRET}` })),
        failed: ['PUT /reset_password refuses a missing field'],
        why: /^body \{"message":\/\^reset_token \/,.*\}, came \{"message":"Wrong: \.\.\.","code":"invalid_field"\}$/,
      },
      'a logout that does not clear the cookie': {
        lie: on('DELETE /sessions', 302, header('set-cookie')),
        failed: LOGGED_OUT,
        why: /^cookie session_id=; HttpOnly; Max-Age=0; .*, came none$/,
      },
    },
  },
  {
    delivery: 'response',
    cases: {
      'an unexpected status': {
        lie: on('POST /users', 200, () => ({ status: 201 })),
        failed: REGISTERED,
        why: /^status 200, came 201$/,
      },
      'a cookie that scripts can read': {
        lie: on('POST /sessions', 200, cookie(/; HttpOnly/, '')),
        failed: LOGGED_IN,
        why: /^cookie session_id=<id>; HttpOnly; .*, came session_id=<id>; Max-Age=<seconds>; Path=/,
      },
      'an answer without a request id': {
        lie: on('DELETE /sessions', 302, header('x-request-id')),
        failed: LOGGED_OUT,
        why: /^x-request-id .*, came none$/,
      },
      'a list with another field': {
        lie: on('GET /sessions', 200, ({ body }) => ({ body: body.replaceAll('"ip"', '"at"') })),
        failed: ['GET /sessions lists both, and the times and clients of them'],
        why: /^body \{"sessions":.*\}, came \{"sessions":\.\.\.\}$/,
      },
      'an account that is not deleted': {
        lie: on('DELETE /profile', 200, fields({ message: 'gone' })),
        failed: Array<string>(2).fill('DELETE /profile deletes the account'),
        why: /, came \{"email":"[^"]*","message":"gone"\}$/,
      },
    },
  },
  {
    delivery: 'response',
    cases: {
      'another redirect at logout': {
        lie: on('DELETE /sessions', 302, () => ({ status: 303 })),
        failed: LOGGED_OUT,
        why: /^status 302, came 303$/,
      },
      'that pages of another site may read the answer': {
        lie: async ({ headers: { origin }, forward }) => {
          const reply = await forward();
          return { ...reply, ...(origin && header('access-control-allow-origin', origin)(reply)) };
        },
        failed: ['POST /sessions refuses a page of another site, by origin'],
        why: /^access-control-allow-origin none, came https:\/\/other-site\.example$/,
      },
      'an answer that reveals an unknown email': {
        lie: nth(2, on('POST /sessions', 401, fields({ message: 'Who is that?' }))),
        failed: ['POST /sessions refuses an unknown email in the same words'],
        why: /^body \{"message":"Wrong email or password",.*\}, came \{"message":"Who is that\?",.*\}$/,
      },
      'sessions that do not end': {
        lie: instead('DELETE /sessions/all', 200, { message: 'all sessions ended' }),
        failed: ['GET /profile refuses a session that ended with all'],
        why: /^status 403, came 200;/,
      },
      'a new password that is not set': {
        lie: on('PUT /password', 200, () => ({ status: 403 })),
        failed: ['PUT /password sets the new one'],
        why: /^status 200, came 403$/,
      },
      'that tokens are accepted that nobody issued': {
        lie: on('PUT /reset_password', 403, () => ({ status: 200 })),
        failed: [
          'PUT /reset_password refuses a token that is none',
          'PUT /reset_password refuses a superseded token',
          'PUT /reset_password refuses a token of another email',
          'PUT /reset_password refuses a used token',
        ],
        why: /^status 403, came 200$/,
      },
    },
  },
  {
    delivery: 'response',
    cases: {
      'that requests of another site are accepted': {
        lie: ({ headers, forward }) =>
          forward(
            headers.origin ? { ...headers, origin: `http://${String(headers.host)}` } : headers,
          ),
        failed: ['POST /sessions refuses a page of another site, by origin'],
        why: /^status 403, came 200;/,
      },
      'a logout that ends nothing': {
        lie: ({ route, headers, forward }) =>
          route === 'DELETE /sessions' && headers.cookie?.includes('.')
            ? Promise.resolve(LOGOUT)
            : forward(),
        failed: [
          'DELETE /sessions refuses a session that is none',
          'GET /profile refuses a session that was logged out',
          'DELETE /sessions refuses a session that was logged out',
        ],
        why: /^status 403, came 302;/,
      },
    },
  },
  {
    delivery: 'email',
    cases: {
      'a token in the response that should be mailed': {
        lie: nth(2, on('POST /reset_password', 200, fields({ reset_token: SECRET }))),
        failed: ['POST /reset_password answers as for an unknown email'],
        why: /, came \{"email":"[^"]*","message":"[^"]*","reset_token":\.\.\.\}$/,
      },
    },
  },
  {
    delivery: 'email',
    cases: {
      'an answer that reveals an account': {
        lie: nth(2, on('POST /reset_password', 200, fields({ message: 'A mail is on its way' }))),
        failed: ['POST /reset_password answers as for an unknown email'],
        why: /, came \{"email":"[^"]*","message":"A mail is on its way"\}$/,
      },
    },
  },
];

/** Tells several lies. */
function all(lies: Lie[]): Lie {
  return lies.reduce(
    (inner, outer): Lie =>
      ({ forward, ...asked }) =>
        outer({
          ...asked,
          forward: (headers = asked.headers) =>
            inner({ ...asked, headers, forward: (changed = headers) => forward(changed) }),
        }),
  );
}

/** Tells a lie the nth time only. */
function nth(turn: number, lie: Lie): Lie {
  let count = 0;
  return async (asked) => {
    const reply = await asked.forward();
    const told = await lie({ ...asked, forward: () => Promise.resolve(reply) });
    return told === reply || ++count === turn ? told : reply;
  };
}

describe.each([
  ['response', asProcess, 'in the response', /^smoke-[\w-]+@example\.com$/],
  ['email', inProcess, 'mailed', /^success\+smoke-[\w-]+@simulator\.amazonses\.com$/],
] as const)('npm run smoke on the delivery %s', (delivery, run, said, address) => {
  it('finds nothing wrong, and leaves neither sessions nor accounts', async () => {
    const { status, lines, failed, heard } = await smoke(delivery, honest, { run });
    expect({ status, failed }).toEqual({ status: 0, failed: [] });
    expect(lines).toContain(`Reset tokens are ${said}.`);
    const checks = lines.filter((line) => line.startsWith('ok ')).length;
    expect(checks).toBeGreaterThan(55);
    expect(lines.at(-1)).toBe(`${String(checks)} checks, 0 failed.`);

    expect([...heard.emails]).toEqual(Array(2).fill(expect.stringMatching(address)));
    for (const email of heard.emails) {
      const body = new URLSearchParams({ email, password: 'another' });
      const again = await fetch(`${services[delivery]}/users`, { method: 'POST', body });
      expect(again.status).toBe(200);
    }
    expect(heard.cookies.size).toBeGreaterThan(1);
    for (const each of heard.cookies) {
      const headers = { cookie: each };
      expect((await fetch(`${services[delivery]}/profile`, { headers })).status).toBe(403);
    }
  });
});

describe.each(GROUPS)('npm run smoke', ({ delivery, cases }) => {
  let found: Awaited<ReturnType<typeof smoke>>;

  beforeAll(async () => {
    found = await smoke(delivery, all(Object.values(cases).map(({ lie }) => lie)));
  });

  it.each(Object.entries(cases))('finds %s', (_, { failed: [first], why }) => {
    expect(found.failed.find(({ name }) => name === first)?.why).toMatch(why);
  });

  it('finds nothing else, prints no secret and fails', () => {
    const names = found.failed.map(({ name }) => name);
    const expected = Object.values(cases).flatMap(({ failed }) => failed);
    expect(names.sort()).toEqual(expected.sort());
    expect(found.lines.join('\n')).not.toContain(SECRET);
    expect(found.status).toBe(1);
  });
});

describe('npm run smoke', () => {
  it('waits 10 s for an answer, then says so and asks nothing more', async () => {
    const clock = new AbortController();
    limit.mockClear();
    for (let request = 0; request < 2; request++) limit.mockReturnValueOnce(clock.signal);
    const hang: Hang = ({ route, forward }) => {
      if (route !== 'GET /nothing') return forward();
      clock.abort(new DOMException('The time is over', 'TimeoutError'));
      return Promise.resolve(undefined);
    };
    const { status, lines } = await smoke('response', hang);
    expect(limit.mock.calls).toEqual([[10_000], [10_000]]);
    expect(lines).toEqual([
      'ok     GET / welcomes',
      'FAILED GET /nothing is not there: expected an answer, came none (within 10 s)',
      '2 checks, 1 failed.',
    ]);
    expect(status).toBe(1);
  });

  it('uses addresses of the given domain', async () => {
    const { heard } = await smoke('email', honest, { args: ['--email-domain', 'test.example'] });
    const address = expect.stringMatching(/^smoke-[\w-]+@test\.example$/);
    expect([...heard.emails]).toEqual([address, address]);
  });

  it('says that it cannot log in where users have to verify their email first', async () => {
    const { url } = await sharedEmulator('mute');
    const { status, stdout } = await inProcess([url]);
    expect(status).toBe(1);
    const lines = stdout.trimEnd().split('\n');
    expect(lines.filter((line) => line.startsWith('FAILED'))).toEqual([
      expect.stringContaining('the service has requireVerifiedEmail'),
    ]);
    expect(lines.at(-1)).toMatch(
      /^These accounts were not deleted.*: success\+smoke-[\w-]+@simulator\.amazonses\.com$/,
    );
  });

  it('names the accounts that it could not delete', async () => {
    const { lines, heard } = await smoke('response', instead('DELETE /profile', 500, {}));
    expect(lines.at(-1)).toMatch(/ stay, with passwords that nobody knows: /);
    expect(lines.at(-1)?.split(': ').at(-1)?.split(', ')).toEqual([...heard.emails]);
  });

  it.each([
    [[], 'Give the URL of the API'],
    [['http://localhost', 'http://localhost'], 'Give the URL of the API'],
    [['localhost:3000'], '"localhost:3000" is not the URL of an API'],
    [['https://user:password@api.example.com'], 'is not the URL of an API'],
    [['http://localhost', '--email-domain', 'a b'], '"a b" is not a domain'],
    [['http://localhost', '--speed'], "Unknown option '--speed'"],
  ])('refuses the arguments %j', async (args, why) => {
    const { status, stdout, stderr } = await inProcess(args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(why);
  });

  it('ends a process with status 2 and one sentence when the arguments are wrong', async () => {
    const { status, stdout, stderr } = await asProcess([]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^Give the URL of the API[^\n]*\n$/);
  });
});
