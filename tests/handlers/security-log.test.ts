/** What the security log holds (OWASP ASVS 5.0, 16.2 to 16.4) and what it never holds. */
import { describe, expect, it, vi } from 'vitest';
import {
  askForEmailChange,
  askForToken,
  askForVerification,
  logIn,
  redeemEmailToken,
  register,
  request,
  sessionOf,
  withSession,
  type Route,
} from '../support/client.ts';
import { newEmail, scanTable } from '../support/library.ts';
import { logOf, type LogLine } from '../support/log.ts';

const FORM = { email: newEmail(), password: 'canary-password', new_password: 'canary-newer' };

const reset = (reset_token: string) =>
  request('PUT /reset_password', { form: { ...FORM, reset_token } });

/** Causes every security event except cross-site ones. Returns the log of each action. */
async function wholeLife(): Promise<Record<string, LogLine[]>> {
  const { email, password } = FORM;
  const log: Record<string, LogLine[]> = {};
  let session = '';
  let token = '';
  const asked = (route: Route, form = FORM) =>
    request(route, { form, cookies: [`session_id=${session}`] });
  log['register'] = await logOf(() => register(FORM));
  log['register again'] = await logOf(() => request('POST /users', { form: FORM }));
  log['log in'] = await logOf(async () => (session = await logIn(FORM)));
  log['see the profile'] = await logOf(() => withSession('GET /profile', session));
  log['log out'] = await logOf(() => withSession('DELETE /sessions', session));
  log['come back'] = await logOf(() => withSession('GET /profile', session));
  log['fail to log in'] = await logOf(() =>
    request('POST /sessions', { form: { email, password: 'canary-wrong' } }),
  );
  log['fail to log in, unknown'] = await logOf(() =>
    request('POST /sessions', { form: { email: newEmail(), password } }),
  );
  log['ask for a token'] = await logOf(async () => (token = await askForToken({ email })));
  log['reset'] = await logOf(() => reset(token));
  log['reset again'] = await logOf(() => reset(token));
  const renewed = { email, password: FORM.new_password };
  session = await logIn(renewed);
  const other = await logIn(renewed);
  const { body } = await withSession('GET /sessions', other);
  const listed = (body as { sessions: { id: string; current: boolean }[] }).sessions;
  const id = listed.find(({ current }) => current)?.id ?? '';
  log['list sessions'] = await logOf(() => asked('GET /sessions'));
  log['end a session'] = await logOf(() =>
    request('DELETE /sessions/{id}', { id, cookies: [`session_id=${session}`] }),
  );
  log['end it again'] = await logOf(() =>
    request('DELETE /sessions/{id}', { id, cookies: [`session_id=${session}`] }),
  );
  log['end other sessions'] = await logOf(() => asked('DELETE /sessions/others'));
  log['end all sessions'] = await logOf(() => asked('DELETE /sessions/all'));
  session = await logIn(renewed);
  for (let i = 0; i < 3; i++) await asked('DELETE /sessions/others');
  log['end sessions too often'] = await logOf(() => asked('DELETE /sessions/others'));
  log['change the password'] = await logOf(async () => {
    const received = await asked('PUT /password', { ...FORM, password: FORM.new_password });
    session = sessionOf(received);
  });
  log['guess'] = await logOf(async () => {
    for (let i = 0; i < 6; i++) await request('POST /sessions', { form: { email, password } });
  });
  const stranger = newEmail();
  log['guess at an unknown email'] = await logOf(async () => {
    for (let i = 0; i < 6; i++) {
      await request('POST /sessions', { form: { email: stranger, password } });
    }
  });
  log['guess, logged in'] = await logOf(async () => {
    for (let i = 0; i < 6; i++) await asked('DELETE /profile');
  });
  vi.setSystemTime(Date.now() + 60_000);
  log['give a wrong password'] = await logOf(() => asked('DELETE /profile'));
  vi.setSystemTime(Date.now() + 60_000);
  user = (await scanTable()).find((item) => item['email'] === email);
  log['delete the account'] = await logOf(() =>
    asked('DELETE /profile', { ...FORM, password: FORM.new_password }),
  );
  log['send rubbish'] = await logOf(async () => {
    const form = { email: 'canary-no-email\n{"level":"INFO"}', password };
    await request('POST /sessions', { form });
    await request('POST /users', {
      body: '{"email":"canary-body',
      contentType: 'application/json',
    });
    await request('POST /users', { form: { ...FORM, password: 'canary'.repeat(20) } });
  });
  const tokens: string[] = [];
  const keep = (made: string) => tokens.push(made, made.split('.')[1] ?? '');
  const ann = { ...FORM, email: newEmail() };
  await register(ann);
  const moved = newEmail();
  log['ask for a verification'] = await logOf(async () => keep(await askForVerification(ann)));
  log['verify the email'] = await logOf(() => redeemEmailToken(tokens[0] ?? '', ann.password));
  log['verify it again'] = await logOf(() => redeemEmailToken(tokens[0] ?? '', ann.password));
  const asking = await logIn(ann);
  log['ask for another email'] = await logOf(async () =>
    keep(await askForEmailChange(asking, ann.password, moved)),
  );
  log['change the email'] = await logOf(() => redeemEmailToken(tokens[2] ?? '', ann.password));
  log['make up a token'] = await logOf(() => redeemEmailToken('canary'));
  canaries.push(moved, asking, ...tokens);
  const secrets = [session, other, token];
  canaries.push(id, ...secrets, ...secrets.map((each) => each.split('.')[1] ?? ''));
  return log;
}

const canaries = ['canary', '@example.com', FORM.email, FORM.email.split('@')[0] ?? ''];
// Stops the clock, so that no wait ends during the guesses on a slow machine.
vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2100, 0, 1) });
let user: Record<string, unknown> | undefined;
const log = await wholeLife();
vi.useRealTimers();

/** As nobody can compute it without the key. */
const DIGEST = expect.stringMatching(/^[\w-]{22}$/) as string;

const uuid = expect.stringMatching(/^[0-9a-f-]{36}$/) as string;

describe('the security log', () => {
  it.each<[string, object[]]>([
    ['register', [{ event: 'user_created', user_id: user?.['id'] }]],
    ['register again', [{ event: 'input_validation_fail', reason: 'email already registered' }]],
    ['log in', [{ event: 'authn_login_success', user_id: user?.['id'] }]],
    ['see the profile', []],
    ['log out', [{ event: 'authn_token_revoked', user_id: user?.['id'] }]],
    ['come back', [{ event: 'authz_fail' }]],
    ['fail to log in', [{ event: 'authn_login_fail', user_id: user?.['id'] }]],
    ['fail to log in, unknown', [{ event: 'authn_login_fail', email_digest: DIGEST }]],
    [
      'guess at an unknown email',
      ['fail', 'fail', 'fail', 'fail', 'fail', 'fail_max'].map((event) => ({
        event: `authn_login_${event}`,
        // The same in all of them.
        email_digest: log['guess at an unknown email']?.[0]?.['email_digest'] ?? DIGEST,
      })),
    ],
    ['ask for a token', [{ event: 'authn_token_created', user_id: user?.['id'] }]],
    ['reset', [{ event: 'authn_password_change', user_id: user?.['id'] }]],
    ['reset again', [{ event: 'authn_password_change_fail' }]],
    ['list sessions', []],
    ['end a session', [{ event: 'authn_token_revoked', user_id: user?.['id'] }]],
    ['end it again', [{ event: 'authz_fail', user_id: user?.['id'] }]],
    ['end other sessions', [{ event: 'authn_token_revoked', user_id: user?.['id'] }]],
    ['end all sessions', [{ event: 'authn_token_revoked', user_id: user?.['id'] }]],
    ['end sessions too often', [{ event: 'authz_fail', user_id: user?.['id'] }]],
    ['change the password', [{ event: 'authn_password_change', user_id: user?.['id'] }]],
    [
      'guess, logged in',
      [
        ...Array<object>(5).fill({ event: 'authn_login_fail', user_id: user?.['id'] }),
        { event: 'authn_login_fail_max', user_id: user?.['id'] },
      ],
    ],
    ['give a wrong password', [{ event: 'authn_login_fail', user_id: user?.['id'] }]],
    ['delete the account', [{ event: 'user_deleted', user_id: user?.['id'] }]],
    [
      'guess',
      [
        ...Array<object>(5).fill({ event: 'authn_login_fail', user_id: user?.['id'] }),
        { event: 'authn_login_fail_max', email_digest: DIGEST },
      ],
    ],
    ['ask for a verification', [{ event: 'authn_token_created', user_id: uuid }]],
    ['verify the email', [{ event: 'user_updated', user_id: uuid, reason: 'Email verified' }]],
    ['verify it again', []],
    ['ask for another email', [{ event: 'authn_token_created', user_id: uuid }]],
    ['change the email', [{ event: 'user_updated', user_id: uuid, reason: 'Email changed' }]],
    ['make up a token', [{ event: 'authz_fail' }]],
    [
      'send rubbish',
      ['authn_login_fail', 'input_validation_fail', 'input_validation_fail'].map((event) => ({
        event,
      })),
    ],
  ])('has the events of this action: %s', (act, events) => {
    expect(log[act]).toMatchObject(events);
  });

  it('names the time, the user, the source, the request and the outcome', () => {
    for (const [act, lines] of Object.entries(log)) {
      for (const { event, ...line } of lines) {
        const failed = String(event).includes('fail');
        expect(line, act).toMatchObject({
          level: failed ? 'WARN' : 'INFO',
          outcome: failed ? 'failure' : 'success',
          service: 'user-authentication',
          request_id: expect.stringMatching(/^[\w-]{36}$/),
          source_ip: '192.0.2.7',
          // UTC.
          timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        });
      }
    }
    const requests = Object.values(log)
      .flat()
      .map((line) => line['request_id']);
    expect(new Set(requests).size).toBe(requests.length);
  });

  it('never contains a password, an email, a session, a token, a cookie or a body', () => {
    const text = JSON.stringify(log);
    for (const canary of canaries) {
      expect(canary).not.toBe('');
      expect(text).not.toContain(canary);
    }
  });
});
