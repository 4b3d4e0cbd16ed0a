/**
 * Requests that pages of other sites make a browser send. Every one would succeed from our own page.
 * The requests carry the cookie, so it is not SameSite that stops them.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import {
  answer,
  askForToken,
  askForVerification,
  canLogIn,
  expectRefusal,
  isLive,
  logIn,
  register,
  request,
  withSession,
  type Route,
} from '../support/client.ts';
import { type EventParts } from '../support/events.ts';
import { newEmail, scanTable } from '../support/library.ts';
import { logOf } from '../support/log.ts';
import { clientWith } from '../support/settings.ts';

const OURS = 'https://abc123.execute-api.eu-west-1.amazonaws.com';
const LISTED = 'https://app.example.com';
const EVIL = 'https://evil.example';

const FOREIGN: Record<string, string>[] = [
  { origin: EVIL },
  { origin: EVIL, 'sec-fetch-site': 'cross-site' },
  { origin: OURS, 'sec-fetch-site': 'cross-site' },
  { origin: 'null', 'sec-fetch-site': 'cross-site' },
  { origin: `${OURS}, ${EVIL}` },
  { 'sec-fetch-site': 'cross-site' },
  { 'sec-fetch-site': 'same-site' },
];

const ALLOWED: Record<string, string>[] = [
  {},
  { origin: OURS, 'sec-fetch-site': 'same-origin' },
  { origin: OURS, host: `${OURS.slice('https://'.length)}:443` },
  { origin: 'http://localhost:5173', 'sec-fetch-site': 'same-site' },
  { origin: 'null', 'sec-fetch-site': 'same-origin' },
  { 'sec-fetch-site': 'none' },
];

type Good = () => Promise<EventParts>;

const withCookie: Good = async () => ({
  cookies: [`session_id=${await logIn(await register())}`],
});

/** The endpoints that change something, each with the status and parts of a good request. */
const ENDPOINTS: [Route, number, Good][] = [
  ['POST /users', 200, () => Promise.resolve({ form: { email: newEmail(), password: 'pwd' } })],
  ['POST /sessions', 200, async () => ({ form: { ...(await register()) } })],
  ['DELETE /sessions', 302, withCookie],
  ['DELETE /sessions/others', 200, withCookie],
  ['DELETE /sessions/all', 200, withCookie],
  [
    'DELETE /sessions/{id}',
    200,
    async () => {
      const session_id = await logIn(await register());
      const { body } = await withSession('GET /sessions', session_id);
      const [own] = (body as { sessions: { id: string }[] }).sessions;
      return { cookies: [`session_id=${session_id}`], id: String(own?.id) };
    },
  ],
  [
    'PUT /password',
    200,
    async () => ({ ...(await withCookie()), form: { password: 'pwd', new_password: 'new' } }),
  ],
  ['DELETE /profile', 200, async () => ({ ...(await withCookie()), form: { password: 'pwd' } })],
  [
    'POST /profile/deletion',
    200,
    async () => ({ ...(await withCookie()), form: { password: 'pwd' } }),
  ],
  ['POST /reset_password', 200, async () => ({ form: { email: (await register()).email } })],
  [
    'PUT /reset_password',
    200,
    async () => {
      const { email } = await register();
      const reset_token = await askForToken({ email });
      return { form: { email, reset_token, new_password: 'new' } };
    },
  ],
  ['POST /email_verification', 200, async () => ({ form: { email: (await register()).email } })],
  [
    'PUT /email_verification',
    200,
    async () => ({ form: { token: await askForVerification(await register()), password: 'pwd' } }),
  ],
  [
    'PUT /email',
    200,
    async () => {
      const user = await register();
      const cookies = [`session_id=${await logIn(user)}`];
      return { form: { password: user.password, email: newEmail() }, cookies };
    },
  ],
];

describe.each(ENDPOINTS)('%s', (route, success, good) => {
  /** Stays good as long as every refusal changes nothing. */
  let refused: EventParts;
  let before: unknown;

  beforeAll(async () => {
    refused = await good();
    before = await scanTable();
  });

  it.each(FOREIGN)('refuses a request from a page of another site: %j', async (headers) => {
    const log = await logOf(async () => {
      // Also checks that the answer sets no cookie.
      expectRefusal(await request(route, { ...refused, headers }), 403, /^Requests from that site/);
    });
    expect(log).toMatchObject([{ level: 'WARN', event: 'malicious_cors', outcome: 'failure' }]);
    expect(log).toMatchObject([{ reason: expect.stringContaining('allowedOrigins') }]);
    expect(log[0]?.['origin']).toBe([EVIL, OURS].find((each) => each === headers['origin']));
  });

  it('has written nothing after these refusals, and accepts the same request from our page', async () => {
    expect(await scanTable()).toEqual(before);
    expect((await request(route, refused)).status).toBe(success);
  });

  it('refuses such a request before it reads the body', async () => {
    const [headers = {}] = FOREIGN;
    const parts = { body: '{', contentType: 'application/json', headers };
    expectRefusal(await request(route, parts), 403);
  });

  it.each(ALLOWED)(
    'answers a request that does not come from a page of another site: %j',
    async (headers) => {
      expect((await request(route, { ...(await good()), headers })).status).toBe(success);
    },
  );
});

describe('a page of another site', () => {
  const [headers = {}] = FOREIGN;

  it('cannot log anybody in, even with the right password', async () => {
    const user = await register();
    expectRefusal(await request('POST /sessions', { form: { ...user }, headers }), 403);
    expect(await canLogIn(user)).toBe(true);
  });

  it('cannot log anybody out', async () => {
    const session_id = await logIn(await register());
    const cookies = [`session_id=${session_id}`];
    expectRefusal(await request('DELETE /sessions', { cookies, headers }), 403);
    expect(await isLive(session_id)).toBe(true);
  });

  it('may link to endpoints that change nothing', async () => {
    const { email, ...rest } = await register();
    const cookies = [`session_id=${await logIn({ email, ...rest })}`];
    for (const each of FOREIGN) {
      expect(await request('GET /profile', { cookies, headers: each })).toStrictEqual(
        answer(200, { email }),
      );
      expect((await request('GET /sessions', { cookies, headers: each })).status).toBe(200);
    }
  });
});

describe('the setting ALLOWED_ORIGINS', () => {
  it('admits the listed pages of any site and no others', async () => {
    const { request: requestListed } = await clientWith({ ALLOWED_ORIGINS: LISTED });
    const user = await register();
    const logInFrom = async (origin: string) => {
      const headers = { origin, 'sec-fetch-site': 'cross-site' };
      return (await requestListed('POST /sessions', { form: { ...user }, headers })).status;
    };
    expect(await logInFrom(LISTED)).toBe(200);
    expect(await logInFrom('http://localhost:5173')).toBe(403);
  });

  it('admits only our own pages if it is empty', async () => {
    const { request: requestOurs } = await clientWith({ ALLOWED_ORIGINS: '' });
    const user = await register();
    const logInFrom = async (origin: string) =>
      (await requestOurs('POST /sessions', { form: { ...user }, headers: { origin } })).status;
    expect(await logInFrom(OURS)).toBe(200);
    expect(await logInFrom(LISTED)).toBe(403);
    expect(await logInFrom('http://localhost:5173')).toBe(403);
  });
});
