/**
 * Checks the contract of a running service, deployed or started by `npm start`, with users of its
 * own. It prints no password, cookie or token.
 *
 * Exit status 0: every check passed. 1: a check failed. 2: wrong usage.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { normalizeEmail } from '../users/address.ts';
import { generateToken } from '../core/token.ts';
import { codeOf, isEntry, run, UsageError, withHelp } from './command.ts';
import { Api, Unanswered, type Answer, type Expected, type Fields, type Sent } from './probe.ts';

const USAGE = 'Give the URL of the API: npm run smoke -- <url> [--email-domain <domain>]';

/**
 * The domain of SES's mailbox simulator. It accepts mail to `success+<anything>`, also from an account
 * in SES's sandbox, and no such mail counts as bounced.
 * https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html
 */
const SIMULATOR = 'simulator.amazonses.com';

const OTHER_SITE = 'https://other-site.example';

/** The service lets users log in only after they verified their email. */
class Unverifiable extends Error {
  override readonly message =
    'the other checks: the service has requireVerifiedEmail, and the smoke test cannot read the mail ' +
    'that verifies its users. Run it on a stage with the same settings, but without that one';
}

/** Sends a request, prints a line about the answer, and returns the answer. */
type Check = (
  route: string,
  guarantee: string,
  sent: Sent,
  expected: Expected | ((answer: Answer) => Expected),
) => Promise<Answer>;

interface User extends Fields {
  email: string;
  password: string;
}

/**
 * Runs the checks.
 *
 * @returns the exit status
 * @throws UsageError
 */
export const main = withHelp(USAGE, async (args, io) => {
  const print = (line: string): void => {
    io.out(`${line}\n`);
  };
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { 'email-domain': { type: 'string' } },
  });
  const [url, ...others] = positionals;
  if (url === undefined || others.length > 0) throw new UsageError(USAGE);
  const api = new Api(readUrl(url));
  const domain = readDomain(values['email-domain']);

  const counts = { checks: 0, failed: 0 };
  const report = (name: string, problems: string[]): void => {
    counts.checks++;
    if (problems.length > 0) counts.failed++;
    print(problems.length > 0 ? `FAILED ${name}: ${problems.join('; ')}` : `ok     ${name}`);
  };
  const check: Check = async (route, guarantee, sent, expected) => {
    const name = `${route} ${guarantee}`;
    try {
      const answer = await api.ask(route, sent);
      const right = typeof expected === 'function' ? expected(answer) : expected;
      report(name, api.problems(answer, right));
      return answer;
    } catch (error) {
      if (error instanceof Unanswered) report(name, [`${error.message} (${whyNone(error)})`]);
      throw error;
    }
  };

  const accounts = new Set<string>();
  try {
    await checkAll(check, print, domain, accounts);
  } catch (error) {
    if (error instanceof Unverifiable) {
      counts.failed++;
      print(`FAILED ${error.message}.`);
      // Every further request would wait as long for its answer.
    } else if (!(error instanceof Unanswered)) throw error;
  } finally {
    await api.logOutEverywhere();
  }
  print(`${String(counts.checks)} checks, ${String(counts.failed)} failed.`);
  if (accounts.size > 0) {
    print(
      'These accounts were not deleted, and stay, with passwords that nobody knows: ' +
        [...accounts].join(', '),
    );
  }
  return counts.failed > 0 ? 1 : 0;
});

/** @param accounts collects the accounts that exist: each is added when created, removed when deleted */
async function checkAll(
  check: Check,
  print: (line: string) => void,
  domain: string | undefined,
  accounts: Set<string>,
): Promise<void> {
  await check('GET /', 'welcomes', {}, { status: 200, body: { message: 'Bienvenue' } });
  await check('GET /nothing', 'is not there', {}, refusal(404));
  await check('PATCH /users', 'is not there', {}, refusal(404));
  await checkBadInput(check);

  // Nobody has this address, so the answer shows how tokens are delivered before any mail is sent.
  const nobody = newEmail(domain ?? 'example.com');
  const askedInVain = await check(
    'POST /reset_password',
    'gives no token for an unknown email',
    { json: { email: nobody } },
    ({ status }) =>
      status === 403 ? refusal(403) : { status: 200, body: { email: nobody, message: /./ } },
  );
  const isMailed = askedInVain.status !== 403;
  print(`Reset tokens are ${isMailed ? 'mailed' : 'in the response'}.`);

  const register = async (encoding: 'json' | 'form'): Promise<User> => {
    const email = newEmail(domain ?? (isMailed ? SIMULATOR : 'example.com'));
    const user = { email, password: newPassword() };
    const { status } = await check(
      'POST /users',
      `creates an account, sent as ${encoding}`,
      { [encoding]: user },
      { status: 200, body: { email, message: 'user created' } },
    );
    if (status === 200) accounts.add(email);
    return user;
  };
  const ann = await register('json');
  await checkTaken(check, ann);
  const ben = await register('form');
  const session = await checkSessions(check, ann, nobody);
  await check(
    'PUT /reset_password',
    'refuses a token that is none',
    { json: redemption(ann, generateToken(randomUUID())) },
    refusal(403),
  );
  if (isMailed) {
    await check(
      'POST /reset_password',
      'answers as for an unknown email',
      { form: { email: ann.email } },
      { status: 200, body: { email: ann.email, message: fieldOf(askedInVain, 'message') } },
    );
  } else {
    ann.password = await checkReset(check, ann, ben, session);
  }
  ann.password = await checkOwnSessions(check, ann);
  for (const user of [ann, ben]) {
    if (await checkDeletion(check, user)) accounts.delete(user.email);
  }
}

async function checkBadInput(check: Check): Promise<void> {
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  const json = { 'content-type': 'application/json' };
  const user = { email: newEmail('example.com'), password: newPassword() };
  const bad: [string, string, number, RegExp, Sent][] = [
    ['POST /users', 'refuses a missing field', 400, /^email /, { json: {} }],
    [
      'POST /sessions',
      'refuses a missing field',
      400,
      /^password /,
      { form: { email: user.email } },
    ],
    [
      'PUT /reset_password',
      'refuses a missing field',
      400,
      /^reset_token /,
      {
        json: { email: user.email, new_password: user.password },
      },
    ],
    [
      'POST /users',
      'refuses a repeated field',
      400,
      /^email /,
      { body: 'email=a&email=b', headers: form },
    ],
    [
      'POST /users',
      'refuses a field that is no string',
      400,
      /^email /,
      { body: '{"email":[]}', headers: json },
    ],
    [
      'POST /users',
      'refuses what is no email',
      400,
      /^email /,
      { json: { ...user, email: 'nobody' } },
    ],
    [
      'POST /users',
      'refuses a password that bcrypt would cut short',
      400,
      /^password /,
      {
        json: { ...user, password: user.password.repeat(2) },
      },
    ],
    ['POST /users', 'refuses JSON that is none', 400, /./, { body: '{', headers: json }],
    [
      'POST /users',
      'refuses a body over 8 kB',
      413,
      /./,
      { body: 'x'.repeat(8193), headers: form },
    ],
    [
      'POST /users',
      'refuses another content type',
      415,
      /./,
      {
        body: 'email=a',
        headers: { 'content-type': 'text/plain' },
      },
    ],
  ];
  for (const [route, guarantee, status, message, sent] of bad) {
    await check(route, guarantee, sent, refusal(status, message));
  }
}

/** @throws Unverifiable */
async function checkTaken(check: Check, user: User): Promise<void> {
  const shouted = { ...user, email: user.email.toUpperCase() };
  const taken = await check(
    'POST /users',
    'refuses an email that is taken, in any case, or does not tell',
    { json: shouted },
    ({ status }) =>
      status === 200
        ? { status, body: { email: shouted.email, message: 'user created' } }
        : { status: 400, body: { message: 'email already registered' } },
  );
  // Only with requireVerifiedEmail.
  if (taken.status === 200) throw new Unverifiable();
}

/** @returns the cookie of a live session */
async function checkSessions(check: Check, user: User, nobody: string): Promise<string> {
  const shouted = user.email.toUpperCase();
  for (const headers of [{ origin: OTHER_SITE }, { 'sec-fetch-site': 'cross-site' }] as Fields[]) {
    await check(
      'POST /sessions',
      `refuses a page of another site, by ${Object.keys(headers).join()}`,
      { json: user, headers },
      { ...refusal(403), headers: { 'access-control-allow-origin': null } },
    );
  }
  const wrong = await check(
    'POST /sessions',
    'refuses a wrong password',
    { json: { ...user, password: newPassword() } },
    refusal(401),
  );
  await check(
    'POST /sessions',
    'refuses an unknown email in the same words',
    { json: { email: nobody, password: newPassword() } },
    { status: 401, body: { message: fieldOf(wrong, 'message'), code: fieldOf(wrong, 'code') } },
  );
  const first = await check(
    'POST /sessions',
    'logs in, sent as json',
    { json: user },
    { status: 200, body: { email: user.email, message: 'logged in' }, cookie: 'set' },
  );
  const { cookie } = await check(
    'POST /sessions',
    'logs in, sent as form, the email in any case',
    { form: { ...user, email: shouted } },
    { status: 200, body: { email: shouted, message: 'logged in' }, cookie: 'set' },
  );

  for (const [what, sent] of [
    ['no cookie', {}],
    ['an empty cookie', { cookie: 'session_id=' }],
    ['a malformed cookie', { cookie: 'session_id="%' }],
    ['a session that is none', { cookie: `session_id=${generateToken(randomUUID())}` }],
  ] as const) {
    await check('GET /profile', `refuses ${what}`, sent, refusal(403));
    await check('DELETE /sessions', `refuses ${what}`, sent, refusal(403));
  }
  const ended = { cookie: first.cookie };
  const profile = { status: 200, body: { email: user.email } };
  await check('GET /profile', 'gives the email', ended, profile);
  await check('DELETE /sessions', 'logs out', ended, {
    status: 302,
    cookie: 'cleared',
    headers: { location: '/' },
  });
  await check('GET /profile', 'refuses a session that was logged out', ended, refusal(403));
  await check('DELETE /sessions', 'refuses a session that was logged out', ended, refusal(403));
  await check('GET /profile', 'leaves the other session alone', { cookie }, profile);
  return cookie;
}

/**
 * Checks the reset of a service whose responses have the tokens.
 *
 * @returns the new password
 */
async function checkReset(check: Check, user: User, other: User, cookie: string): Promise<string> {
  const ask = async (guarantee: string): Promise<string> => {
    const { body } = await check(
      'POST /reset_password',
      guarantee,
      { form: { email: user.email } },
      { status: 200, body: { email: user.email, reset_token: /^[\w.-]{40,}$/ } },
    );
    return String((body as Partial<Fields> | undefined)?.['reset_token']);
  };
  const profile = { status: 200, body: { email: user.email } };
  const superseded = await ask('gives a token');
  await check('GET /profile', 'leaves the session alone', { cookie }, profile);
  const token = await ask('gives a newer one');

  const redeem = (guarantee: string, sent: Fields, expected: Expected) =>
    check('PUT /reset_password', guarantee, { json: sent }, expected);
  const good = redemption(user, token);
  await redeem('refuses a superseded token', redemption(user, superseded), refusal(403));
  await redeem('refuses a token of another email', redemption(other, token), refusal(403));
  await redeem('sets the new password', good, {
    status: 200,
    body: { email: user.email, message: 'Password updated' },
  });
  await redeem('refuses a used token', good, refusal(403));
  await check('GET /profile', 'refuses a session of before the reset', { cookie }, refusal(403));
  await check('POST /sessions', 'refuses the old password', { json: user }, refusal(401));
  await check(
    'POST /sessions',
    'logs in by the new password',
    { json: { ...user, password: good.new_password } },
    { status: 200, body: { email: user.email, message: 'logged in' }, cookie: 'set' },
  );
  return good.new_password;
}

/** @returns the new password */
async function checkOwnSessions(check: Check, user: User): Promise<string> {
  const logIn = (guarantee: string) =>
    check(
      'POST /sessions',
      guarantee,
      { json: user },
      { status: 200, body: { email: user.email, message: 'logged in' }, cookie: 'set' },
    );
  const { cookie } = await logIn('logs in once more');
  await check(
    'DELETE /sessions/others',
    'ends all but this one',
    { cookie },
    done('other sessions'),
  );
  const elsewhere = await logIn('logs in elsewhere');
  const { body } = await check(
    'GET /sessions',
    'lists both, and the times and clients of them',
    { cookie },
    { status: 200, body: { sessions: [listed(true), listed(false)] } },
  );
  const { sessions = [] } = (body ?? {}) as { sessions?: { id: string; current: boolean }[] };
  const id = sessions.find(({ current }) => !current)?.id ?? '';
  const end = 'DELETE /sessions/{id}';
  await check(end, 'refuses an id that is none', { cookie, id: 'none' }, refusal(404));
  await check(end, 'ends the other', { cookie, id }, done('session'));
  const ended = { cookie: elsewhere.cookie };
  await check('GET /profile', 'refuses a session that was ended', ended, refusal(403));

  const change = { password: user.password, new_password: newPassword() };
  const wrong = { ...change, password: newPassword() };
  await check('PUT /password', 'refuses a wrong password', { json: wrong, cookie }, refusal(403));
  const changed = await check(
    'PUT /password',
    'sets the new one',
    { json: change, cookie },
    { status: 200, body: { email: user.email, message: 'Password updated' }, cookie: 'set' },
  );
  await check('GET /profile', 'refuses a session of before the change', { cookie }, refusal(403));
  const renewed = { cookie: changed.cookie };
  await check('DELETE /sessions/all', 'ends all', renewed, {
    ...done('all sessions'),
    cookie: 'cleared',
  });
  await check('GET /profile', 'refuses a session that ended with all', renewed, refusal(403));
  return change.new_password;
}

/** @returns whether the account was deleted */
async function checkDeletion(check: Check, user: User): Promise<boolean> {
  const { email, password } = user;
  const { cookie } = await check(
    'POST /sessions',
    'logs in a last time',
    { json: user },
    { status: 200, body: { email, message: 'logged in' }, cookie: 'set' },
  );
  const wrong = { json: { password: newPassword() }, cookie };
  await check('DELETE /profile', 'refuses a wrong password', wrong, refusal(403));
  await check(
    'DELETE /profile',
    'deletes the account',
    { form: { password }, cookie },
    { status: 200, body: { email, message: 'user deleted' }, cookie: 'cleared' },
  );
  await check('GET /profile', 'refuses a session of no account', { cookie }, refusal(403));
  const gone = await check('POST /sessions', 'knows no account', { json: user }, refusal(401));
  return gone.status === 401;
}

/** A session as its user sees it. */
function listed(current: boolean): RegExp {
  const time = String.raw`"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"`;
  return new RegExp(
    String.raw`^\{"id":"[\w.-]+","created_at":${time},"last_seen_at":${time},"expires_at":${time},` +
      String.raw`"user_agent":"[^"]+","ip":"[^"]+","current":${String(current)}\}$`,
  );
}

function done(what: string): Expected {
  return { status: 200, body: { message: `${what} ended` } };
}

function refusal(status: number, message = /./): Expected {
  return { status, body: { message, code: /^[a-z_]+$/ } };
}

function redemption({ email }: User, reset_token: string) {
  return { email, reset_token, new_password: newPassword() };
}

function newEmail(domain: string): string {
  return `${domain === SIMULATOR ? 'success+' : ''}smoke-${randomUUID()}@${domain}`;
}

/** Returns a password of 64 characters: no stage can require a longer one. */
function newPassword(): string {
  return randomBytes(48).toString('base64url');
}

/** Returns a field of an answer to compare other answers with. If the field is missing, any text matches. */
function fieldOf({ body }: Answer, name: string): string | RegExp {
  const { [name]: value } = (body ?? {}) as Partial<Fields>;
  return value ?? /./;
}

/** @throws UsageError */
function readUrl(value: string): URL {
  if (!/^https?:[^?#@]+$/.test(value) || !URL.canParse(value)) {
    throw new UsageError(`"${value}" is not the URL of an API, such as https://api.example.com.`);
  }
  return new URL(value.replace(/\/?$/, '/'));
}

/** @throws UsageError */
function readDomain(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  try {
    return normalizeEmail(`smoke@${value}`).slice('smoke@'.length);
  } catch {
    throw new UsageError(`"${value}" is not a domain for email addresses, such as example.com.`);
  }
}

function whyNone({ cause }: Unanswered): string {
  if (!(cause instanceof Error)) return String(cause);
  if (cause.name === 'TimeoutError') return 'within 10 s';
  return codeOf(cause.cause) || cause.message;
}

if (isEntry(import.meta.url)) await run(main);
