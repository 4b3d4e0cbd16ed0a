/**
 * Takes the guards of lib/ away, one at a time, in a copy, and sees that a test fails without it:
 * `npm run mutations`, or `npm run mutations -- <part of a guard's name>`. Exits 1 when one is not
 * missed.
 */
import { spawn } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SIDE_BY_SIDE = 2;

const ATTEMPTS = 'tests/lib/attempts.test.ts';
const AUTH = 'tests/lib/auth.test.ts';
const DB = 'tests/lib/db.test.ts';
const RACES = 'tests/guarantees/races.test.ts';
const FAULTS = 'tests/guarantees/faults.test.ts';
const LAG = 'tests/guarantees/index-lag.test.ts';
const ROUND_TRIPS = 'tests/handlers/round-trips.test.ts';
const ORIGIN = 'tests/lib/origin.test.ts';
const CROSS_SITE = 'tests/handlers/cross-site.test.ts';
const SEND_MAIL = 'tests/handlers/send-mail.test.ts';
const AUTHORIZE = 'tests/handlers/authorize.test.ts';
const OPERATORS = 'tests/lib/operators.test.ts';
const AGAINST_OPERATORS = 'tests/guarantees/operators.test.ts';
const OPENAPI = 'tests/lib/openapi.test.ts';
const CLIENT = 'tests/lib/client.test.ts';
const SESSIONS = 'tests/handlers/sessions.test.ts';
const CHANGE_PASSWORD = 'tests/handlers/change-password.test.ts';
const EMAILS = 'tests/lib/email-verification.test.ts';
const CHANGE_EMAIL = 'tests/handlers/change-email.test.ts';
const VERIFY_EMAIL = 'tests/handlers/verify-email.test.ts';
const REQUIRE = 'tests/handlers/require-verified-email.test.ts';

/**
 * The guard, its file, its text, what stands there without it, and the test that misses it.
 *
 * @type {[guard: string, file: string, text: string, without: string, test: string][]}
 */
const MUTATIONS = [
  [
    'a key is read consistently',
    'lib/db/table.ts',
    'Key: key, ConsistentRead: true }',
    'Key: key, ConsistentRead: false }',
    ROUND_TRIPS,
  ],
  [
    'a batch is read consistently',
    'lib/db/table.ts',
    'Keys: pending, ConsistentRead: true }',
    'Keys: pending, ConsistentRead: false }',
    ROUND_TRIPS,
  ],
  [
    'the items of a user are read consistently',
    'lib/db/table.ts',
    "ConsistentRead: true,\n        KeyConditionExpression: '#id = :id AND",
    "KeyConditionExpression: '#id = :id AND",
    ROUND_TRIPS,
  ],
  [
    'an unprocessed key is asked for again',
    'lib/db/table.ts',
    'pending = UnprocessedKeys?.[this.#name]?.Keys ?? [];',
    'pending = [];',
    FAULTS,
  ],
  [
    'an update never creates an item',
    'lib/db/table.ts',
    'expression.exists(),',
    "'attribute_not_exists(nothing)',",
    RACES,
  ],
  [
    'a conflict is tried again',
    'lib/db/table.ts',
    'const conflict = isConflict(error);',
    'const conflict = isConflict(error) && tries < 0;',
    FAULTS,
  ],
  [
    'an outage is known as one',
    'lib/db/table.ts',
    'else if (conflict || isOutage(error)) throw unavailable(error);',
    'else if (conflict) throw unavailable(error);',
    FAULTS,
  ],
  [
    'a silent connection is given up',
    'lib/aws.ts',
    'throwOnRequestTimeout: true',
    'throwOnRequestTimeout: false',
    FAULTS,
  ],
  [
    'a user is not overwritten',
    'lib/db.ts',
    `updated_at: now },
        condition: { absent: true },`,
    'updated_at: now },',
    DB,
  ],
  [
    'an email is registered once',
    'lib/db.ts',
    '{ put: newMarker(user.email, user.id), condition: { absent: true } },',
    '{ put: newMarker(user.email, user.id) },',
    RACES,
  ],
  [
    "a registration whose answer was lost is one's own",
    'lib/db.ts',
    "if (taken.found?.['user_id'] !== user.id) throw emailTaken(email);",
    'throw emailTaken(email);',
    FAULTS,
  ],
  [
    'an email that the index does not have is looked up by its marker',
    'lib/db.ts',
    'const owner = await this.#readMarker(email);',
    'const owner = email.length < 3 ? await this.#readMarker(email) : undefined;',
    LAG,
  ],
  [
    'what an index says is read: the email',
    'lib/db/items.ts',
    '(wanted.email !== undefined && wanted.email !== user.email) ||',
    '',
    LAG,
  ],
  [
    'what an index says is read: the reset token',
    'lib/db/items.ts',
    'sameDigest(user.reset_token, wanted.digest) &&',
    '',
    DB,
  ],
  [
    'a session ends with its epoch',
    'lib/db/items.ts',
    '(session.epoch === user.session_epoch || isKept) && now < session.expires_at',
    'now < session.expires_at',
    AUTH,
  ],
  [
    'a session expires',
    'lib/db/items.ts',
    '(session.epoch === user.session_epoch || isKept) && now < session.expires_at',
    'session.epoch === user.session_epoch || isKept',
    AUTH,
  ],
  [
    'a session is kept until the epoch moves again',
    'lib/db/items.ts',
    ' && user.kept_epoch === user.session_epoch;',
    ';',
    SESSIONS,
  ],
  [
    'one session is kept, and no other',
    'lib/db/items.ts',
    'session.session_id === user.kept_session && ',
    '',
    SESSIONS,
  ],
  [
    'a list has the sessions that are alive',
    'lib/db/items.ts',
    'sessions.filter((each) => isLive(each, user, now))',
    'sessions',
    SESSIONS,
  ],
  [
    'a session expires at its limit, not after it',
    'lib/db/items.ts',
    'now < session.expires_at',
    'now <= session.expires_at',
    AUTH,
  ],
  [
    'a reset token expires, when it is read',
    'lib/db/items.ts',
    'now < (user.reset_token_expires_at ?? 0)',
    'true',
    DB,
  ],
  [
    'a session is created under the epoch that was verified',
    'lib/db.ts',
    'await this.table.put(this.newSession(account, session_id, account.session_epoch, client));',
    `await this.table.put(this.newSession(account, session_id, await this.table.get(userKey(account.user.id)).then((user) => Number(user?.['session_epoch'])), client));`,
    RACES,
  ],
  [
    'a reset token is set for whoever still has the email',
    'lib/db.ts',
    `set: { ...this.lifetimes.resetToken(reset_token, now), updated_at: now },
      condition: { equal: { email: user.email } },`,
    'set: { ...this.lifetimes.resetToken(reset_token, now), updated_at: now },',
    AUTH,
  ],
  [
    'a mail is sent once in five minutes',
    'lib/db/mail-turns.ts',
    '{ missing: [at] },',
    "{ equal: { item: 'user' } },",
    SEND_MAIL,
  ],
  [
    'a mail is due at its time, not after it',
    'lib/db/mail-turns.ts',
    '{ [at]: now - MAIL_SECONDS }',
    '{ [at]: now - MAIL_SECONDS - 1 }',
    SEND_MAIL,
  ],
  [
    'a mail is sent by the retry of its own invocation',
    'lib/db/mail-turns.ts',
    '{ equal: { [by]: invocation } },',
    '',
    SEND_MAIL,
  ],
  [
    'a mailed reset token is set for whoever still has the email',
    'lib/db.ts',
    'condition: { equal: { email: user.email }, anyOf },',
    'condition: { anyOf },',
    AUTH,
  ],
  [
    'an email token expires, when it is read',
    'lib/db/email-tokens.ts',
    ' || now >= token.expires_at',
    '',
    EMAILS,
  ],
  [
    'an email token ends with the epoch, when it is read',
    'lib/db/email-tokens.ts',
    'token.epoch === user.session_epoch && ',
    '',
    EMAILS,
  ],
  [
    'an email token is for the email that the user had, when it is read',
    'lib/db/email-tokens.ts',
    ' && token.address === user.email',
    '',
    EMAILS,
  ],
  [
    'an email token expires, when it is spent',
    'lib/db/email-tokens.ts',
    'greater: { expires_at: now }',
    'greater: { expires_at: 0 }',
    EMAILS,
  ],
  [
    'an email token is spent once',
    'lib/db/email-tokens.ts',
    'condition: { greater: { expires_at: now } },',
    '',
    RACES,
  ],
  [
    'an email token ends with the epoch, when it is spent',
    'lib/db/email-tokens.ts',
    'equal: { email: address, session_epoch: epoch }',
    'equal: { email: address }',
    EMAILS,
  ],
  [
    'an email token is for the email that the user had, when it is spent',
    'lib/db/email-tokens.ts',
    'equal: { email: address, session_epoch: epoch }',
    'equal: { session_epoch: epoch }',
    RACES,
  ],
  [
    'an email changes to where nobody is',
    'lib/db/email-tokens.ts',
    '{ put: newMarker(email, id), condition: { absent: true } },',
    '{ put: newMarker(email, id) },',
    RACES,
  ],
  [
    'a change of email ends every session',
    'lib/db/email-tokens.ts',
    'email, session_epoch: epoch + 1 }',
    'email, session_epoch: epoch }',
    VERIFY_EMAIL,
  ],
  [
    'a change of email removes a reset token',
    'lib/db/email-tokens.ts',
    "remove: ['reset_token', 'reset_token_expires_at'],",
    '',
    VERIFY_EMAIL,
  ],
  [
    'an email that is another one is not verified',
    'lib/db/changes.ts',
    "...(movesEmail ? ['email_verified_at'] : []),",
    '',
    DB,
  ],
  [
    'a verification is mailed to whoever still has the email',
    'lib/email-verification-db.ts',
    'condition: { equal: { email }, anyOf } }',
    'condition: { anyOf } }',
    EMAILS,
  ],
  [
    'a change of email is asked for with the password',
    'lib/accounts.ts',
    `await this.#verify(found, password, client);
    if (new_email`,
    'if (new_email',
    CHANGE_EMAIL,
  ],
  [
    'a change of email is not asked for any number of times',
    'lib/accounts.ts',
    'this.#db.countEmailChange(user.id),',
    '',
    CHANGE_EMAIL,
  ],
  [
    'no email token of a user who is disabled is good',
    'lib/db/email-tokens.ts',
    'user.disabled_at !== undefined || !token',
    '!token',
    'tests/handlers/disabled-user.test.ts',
  ],
  [
    'login waits for the verification of the email',
    'lib/auth.ts',
    'this.#requireVerifiedEmail && email_verified_at === undefined',
    'this.#requireVerifiedEmail && email_verified_at === 0',
    REQUIRE,
  ],
  [
    'a login that waits for the verification is no guess',
    'lib/auth.ts',
    'await this.#db.clearAttempts(address, client.ip);',
    '',
    REQUIRE,
  ],
  [
    'registration does not tell which emails are taken, where login waits',
    'lib/auth.ts',
    "if (!(error instanceof AuthError && error.code === 'email_taken')) throw error;",
    'throw error;',
    REQUIRE,
  ],
  [
    'what SES says of an address is not logged',
    'lib/mail.ts',
    'throw new Error(`SES has not taken the mail: ${name}`);',
    'throw error;',
    SEND_MAIL,
  ],
  ['what a mail says is escaped', 'lib/mail.ts', 'escape(part)', 'part', SEND_MAIL],
  ['a reset token is spent once', 'lib/db.ts', 'reset_token: digest(user.reset_token),', '', RACES],
  [
    'a reset token is spent for the email that was asked for',
    'lib/db.ts',
    '...(email !== undefined && { email }),\n        },\n        greater',
    '},\n        greater',
    AUTH,
  ],
  [
    'a reset token expires, when it is spent',
    'lib/db.ts',
    'greater: { reset_token_expires_at: now },',
    '',
    AUTH,
  ],
  [
    'a new password by reset ends all sessions',
    'lib/db.ts',
    'add: { session_epoch: 1 },',
    '',
    AUTH,
  ],
  [
    "a redemption whose answer was lost is one's own",
    'lib/db.ts',
    "return outcome.applied || outcome.failures[0]?.found?.['hashed_password'] === hashed_password;",
    'return outcome.applied;',
    FAULTS,
  ],
  [
    'an address moves while it is the one that was read',
    'lib/db/changes.ts',
    '...(movesEmail && { email: user.email }),',
    '',
    RACES,
  ],
  [
    'an address moves to where nobody is',
    'lib/db/changes.ts',
    '{ put: newMarker(email, id), condition: { absent: true } },',
    '{ put: newMarker(email, id) },',
    RACES,
  ],
  [
    'the epoch moves from the one that was read',
    'lib/db/changes.ts',
    '...(movesEpoch && { session_epoch: user.session_epoch }),',
    '',
    RACES,
  ],
  [
    'sessions end while the epoch is the one that was read',
    'lib/db/changes.ts',
    'condition: { equal: { session_epoch } },',
    '',
    RACES,
  ],
  [
    'a password is changed while no sign-out has come since',
    'lib/db/changes.ts',
    'condition: { equal: { session_epoch, hashed_password: user.hashed_password } },',
    '',
    RACES,
  ],
  [
    'a changed password spends the reset token',
    'lib/db/changes.ts',
    "remove: ['reset_token', 'reset_token_expires_at'],",
    '',
    CHANGE_PASSWORD,
  ],
  [
    'an account is deleted by the password that was verified',
    'lib/account-db.ts',
    'equal: { hashed_password },',
    'equal: {},',
    RACES,
  ],
  [
    'an account is deleted with the email that is its own',
    'lib/db/changes.ts',
    `condition: { equal: { ...equal, email }, ...others } },
    { delete: markerKey(email), condition: { equal: { user_id: id } } },`,
    `condition: { equal: { ...equal }, ...others } },
    { delete: markerKey(email) },`,
    RACES,
  ],
  [
    'a session is ended by its own id',
    'lib/account-db.ts',
    '.find((each) => handleOf(each) === id)',
    '.find(() => true)',
    SESSIONS,
  ],
  [
    'a write on an account that has changed is made again, or refused',
    'lib/account-sessions.ts',
    'if (await write(account)) return account;',
    'await write(account);\n      return account;',
    RACES,
  ],
  [
    'a password is asked for again of an account that has changed',
    'lib/account-sessions.ts',
    'await expect?.(account);',
    '',
    RACES,
  ],
  [
    'a password that is asked for again is counted first',
    'lib/accounts.ts',
    'await this.#db.countAttempt(user.email, ip);',
    '',
    CHANGE_PASSWORD,
  ],
  [
    'a password that is asked for again is verified',
    'lib/accounts.ts',
    'if (await this.#passwords.verify(password, user.hashed_password)) return;',
    'if (await this.#passwords.verify(password, user.hashed_password) || user.id) return;',
    CHANGE_PASSWORD,
  ],
  [
    'a password that is asked for again, and right, clears the attempts',
    'lib/accounts.ts',
    'this.#db.clearAttempts(verified.user.email, client.ip),',
    '',
    CHANGE_PASSWORD,
  ],
  [
    'the rules for passwords hold at a change',
    'lib/accounts.ts',
    "await this.#passwords.applyRules(new_password, 'new_password', found.user.email);",
    '',
    CHANGE_PASSWORD,
  ],
  [
    'attempts are counted at once, and not more than are free',
    'lib/db/attempts.ts',
    'atMost: { count: FREE_ATTEMPTS - 1 }, ',
    '',
    ATTEMPTS,
  ],
  [
    'an old count of attempts does not last',
    'lib/db/attempts.ts',
    ', greater: { expires_at: this.#now() }',
    '',
    ATTEMPTS,
  ],
  [
    'of attempts side by side, after a wait, one is next',
    'lib/db/attempts.ts',
    'condition: { equal: { count, last_at } },',
    '',
    ATTEMPTS,
  ],
  [
    'an attempt has to wait',
    'lib/db/attempts.ts',
    'if (wait > 0) throw tooMany(wait);',
    '',
    ATTEMPTS,
  ],
  [
    'a source that is refused makes no email wait',
    'lib/db/attempts.ts',
    'if (counted.applied) await this.#table.update(takeBack(emailKey(address)));',
    '',
    ATTEMPTS,
  ],
  [
    'a source may fail so often',
    'lib/db/attempts.ts',
    'condition: { atMost: { count: this.#perSource - 1 } },',
    '',
    ATTEMPTS,
  ],
  [
    'a login that succeeds is no failure of its source',
    'lib/db/attempts.ts',
    'if (this.#isLimited(source)) await this.#table.update(takeBack(this.#sourceKey(source)));',
    '',
    ATTEMPTS,
  ],
  [
    'a hash is upgraded while it is the one that was verified',
    'lib/db.ts',
    'condition: { equal: { hashed_password: user.hashed_password } },',
    '',
    ATTEMPTS,
  ],
  [
    'every endpoint refuses what pages of other sites send',
    'lib/http.ts',
    'if (isCrossSite(http.method, request.headers, settings)) {',
    "if (isCrossSite('GET', request.headers, settings)) {",
    CROSS_SITE,
  ],
  [
    'the authorizer refuses what pages of other sites send',
    'handlers/authorize.ts',
    'if (isCrossSite(http.method, request.headers, config)) {',
    "if (isCrossSite('GET', request.headers, config)) {",
    AUTHORIZE,
  ],
  [
    'the authorizer lets nobody in when it cannot tell',
    'handlers/authorize.ts',
    'throw error;',
    'return { isAuthorized: true };',
    AUTHORIZE,
  ],
  [
    'the authorizer does not say that who it cannot tell is nobody',
    'handlers/authorize.ts',
    'throw error;',
    'return REFUSED;',
    AUTHORIZE,
  ],
  [
    'the authorizer knows headers by any spelling',
    'handlers/authorize.ts',
    '[name.toLowerCase(), value]',
    '[name, value]',
    AUTHORIZE,
  ],
  [
    'other APIs are told the handle of a session, not its id',
    'lib/sessions.ts',
    'handle: handleOf(account.session)',
    'handle: String(account.user.session_id)',
    AUTHORIZE,
  ],
  [
    'a page of another site is known by its Origin',
    'lib/origin.ts',
    'return !isOurs(origin, host) && !isListed(origin, allowedOrigins);',
    'return false;',
    ORIGIN,
  ],
  [
    'a page of another site is known without an Origin',
    'lib/origin.ts',
    "return site !== undefined && site !== 'same-origin' && site !== 'none';",
    "return site === 'unheard of';",
    ORIGIN,
  ],
  [
    'an Origin is taken as browsers spell it',
    'lib/origin.ts',
    ' && URL.canParse(value) && new URL(value).origin === value;',
    ' && URL.canParse(value);',
    ORIGIN,
  ],
  [
    'the rules for passwords hold at registration',
    'lib/auth.ts',
    "await this.#passwords.applyRules(password, 'password', address);",
    '',
    AUTH,
  ],
  [
    'the rules for passwords hold at a reset',
    'lib/auth.ts',
    "await this.#passwords.applyRules(password, 'new_password', account.user.email);",
    '',
    AUTH,
  ],
  [
    'a login that succeeds clears the attempts of its email, by the rules',
    'lib/auth.ts',
    'this.#db.clearAttempts(address, client.ip),',
    '',
    ATTEMPTS,
  ],
  [
    'a reset clears the attempts of its email, by the rules',
    'lib/auth.ts',
    'this.#db.clearAttempts(account.user.email),',
    '',
    ATTEMPTS,
  ],
  [
    'no session of a user who is disabled is good',
    'lib/db/items.ts',
    'if (user.disabled_at !== undefined) return false;',
    '',
    OPERATORS,
  ],
  [
    'no reset token of a user who is disabled is good',
    'lib/db/items.ts',
    'user.disabled_at === undefined &&',
    '',
    OPERATORS,
  ],
  [
    'a user who is disabled does not log in',
    'lib/auth.ts',
    "if (disabled_at !== undefined) {\n      return new AuthError('account_disabled'",
    "if (disabled_at === 0) {\n      return new AuthError('account_disabled'",
    OPERATORS,
  ],
  [
    'no password is that of a user who is disabled',
    'lib/auth.ts',
    'return (await this.#verify(account, password)) && account?.disabled_at === undefined;',
    'return this.#verify(account, password);',
    OPERATORS,
  ],
  [
    'a user who is disabled gets no session',
    'lib/auth.ts',
    'if (!account || account.disabled_at !== undefined) return null;',
    'if (!account) return null;',
    OPERATORS,
  ],
  [
    'a user who is disabled gets no mail',
    'lib/auth.ts',
    'if (disabled_at !== undefined) {\n      const reason',
    'if (disabled_at === 0) {\n      const reason',
    OPERATORS,
  ],
  [
    'a user who is disabled does not delete the account',
    'lib/account-db.ts',
    ", missing: ['disabled_at'] };",
    ' };',
    AGAINST_OPERATORS,
  ],
  [
    'disabling overtakes what is under way by the sessions there are',
    'lib/operator-db.ts',
    `set: { disabled_at: now, updated_at: now },
      add: { session_epoch: 1 },`,
    'set: { disabled_at: now, updated_at: now },',
    AGAINST_OPERATORS,
  ],
  [
    'disabling overtakes a reset that is under way',
    'lib/operator-db.ts',
    'remove: NO_RESET_TOKEN,',
    '',
    AGAINST_OPERATORS,
  ],
  [
    'a user is disabled once',
    'lib/operator-db.ts',
    "condition: { missing: ['disabled_at'] },",
    '',
    OPERATORS,
  ],
  [
    'a user is enabled who is disabled',
    'lib/operator-db.ts',
    'condition: { greater: { disabled_at: 0 } },',
    '',
    OPERATORS,
  ],
  [
    'enabling makes no session good that was made meanwhile',
    'lib/operator-db.ts',
    `add: { session_epoch: 1 },
      remove: ['disabled_at'`,
    "remove: ['disabled_at'",
    OPERATORS,
  ],
  [
    'enabling makes no reset token good that was made meanwhile',
    'lib/operator-db.ts',
    ', ...NO_RESET_TOKEN],',
    '],',
    OPERATORS,
  ],
  [
    'what operators do is on record',
    'lib/operator-db.ts',
    `...writes,
      { put: record, condition: { absent: true } },`,
    `...writes,
      { put: { ...record, item: 'x' }, condition: { absent: true } },`,
    OPERATORS,
  ],
  [
    'what operators do is done once',
    'lib/operator-db.ts',
    '{ put: record, condition: { absent: true } },',
    '{ put: record },',
    AGAINST_OPERATORS,
  ],
  [
    'what operators did, and the answer was lost, is known by its record',
    'lib/operator-db.ts',
    'if (outcome.applied || outcome.failures.at(-1)) return { done: true };',
    'if (outcome.applied) return { done: true };',
    AGAINST_OPERATORS,
  ],
  [
    'what operators see of a user is on record',
    'lib/operator-db.ts',
    `if (!user && audit.length === 0) return undefined;
    await this.table.put(this.#newRecord(id, act));`,
    'if (!user && audit.length === 0) return undefined;',
    OPERATORS,
  ],
  [
    'what operators see of a session is on record',
    'lib/operator-db.ts',
    `const user = await this.#findDetails(items);
    await this.table.put(this.#newRecord(id, act));`,
    'const user = await this.#findDetails(items);',
    OPERATORS,
  ],
  [
    'the document is of the schemas that validate',
    'lib/http.ts',
    'if (value.length < minLength) throw',
    'if (value.length < minLength - 1) throw',
    OPENAPI,
  ],
  ['the document is current', 'lib/api.ts', "404: 'The user has no such session',", '', OPENAPI],
  ['the client follows no redirect', 'lib/client.ts', "redirect: 'manual',", '', CLIENT],
  [
    'the client sends the cookies of a browser to another origin',
    'lib/client.ts',
    "credentials: 'include',",
    '',
    CLIENT,
  ],
  [
    'the client puts into the path one part of it',
    'lib/client.ts',
    'return encodeURIComponent(String(value));',
    'return String(value);',
    CLIENT,
  ],
  [
    'the client forgets a session whose cookie was cleared',
    'lib/client.ts',
    "kept = set[1] === '' ? undefined : set[1];",
    'kept = set[1] || kept;',
    CLIENT,
  ],
  [
    'the client takes no page for an answer',
    'lib/client.ts',
    "if (typeof body?.message !== 'string') {",
    'if (body === null) {',
    CLIENT,
  ],
];

/** @param {(folder: string) => Promise<void>} work */
async function inCopy(work) {
  const folder = await mkdtemp(join(tmpdir(), 'mutations-'));
  try {
    for (const name of ['handlers', 'lib', 'tests', 'package.json', 'tsconfig.json']) {
      await cp(join(ROOT, name), join(folder, name), { recursive: true });
    }
    for (const name of ['serverless.yml', 'vitest.config.ts']) {
      await cp(join(ROOT, name), join(folder, name));
    }
    await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/**
 * @param {string} folder
 * @param {string[]} tests
 * @returns {Promise<{ passed: boolean, output: string }>}
 */
function runTests(folder, tests) {
  const vitest = join(folder, 'node_modules', 'vitest', 'vitest.mjs');
  const projects = ['--project', 'unit', '--project', 'guarantees'];
  const child = spawn(process.execPath, [vitest, 'run', '--bail=1', ...projects, ...tests], {
    cwd: folder,
    env: { ...process.env, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (/** @type {Buffer} */ text) => (output += text.toString()));
  child.stderr.on('data', (/** @type {Buffer} */ text) => (output += text.toString()));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => {
      resolve({ passed: status === 0, output });
    });
  });
}

let survivors = 0;

/**
 * @param {string} folder
 * @param {(typeof MUTATIONS)[number]} mutation
 */
async function mutate(folder, [guard, file, text, without, test]) {
  const path = join(folder, file);
  const source = await readFile(path, 'utf8');
  const [before = '', after = ''] = source.split(text);
  await writeFile(path, `${before}${without}${after}`);
  const { passed, output } = await runTests(folder, [test]);
  await writeFile(path, source);
  // A test has to fail, and not the code to load.
  const failed = /^ *Tests +.*\b([1-9]\d*) failed/m.test(output);
  if (passed || !failed) survivors++;
  console.log(`${failed ? 'missed by' : 'NOT MISSED by'} ${test}: ${guard}`);
  if (!passed && !failed) console.log(output);
}

for (const [, file, text] of MUTATIONS) {
  const places = (await readFile(join(ROOT, file), 'utf8')).split(text).length - 1;
  if (places !== 1) throw new Error(`${file} has ${String(places)} times: ${text}`);
}
const [part = ''] = process.argv.slice(2);
const chosen = MUTATIONS.filter(([guard]) => guard.includes(part));
const queue = [...chosen];
await inCopy(async (folder) => {
  const { passed, output } = await runTests(folder, [
    ...new Set(chosen.map(([, , , , test]) => test)),
  ]);
  if (passed) return;
  console.log(output);
  throw new Error('The tests fail with all guards in place.');
});
await Promise.all(
  Array.from({ length: SIDE_BY_SIDE }, () =>
    inCopy(async (folder) => {
      for (let next = queue.shift(); next; next = queue.shift()) await mutate(folder, next);
    }),
  ),
);
console.log(`${String(chosen.length - survivors)} passed, ${String(survivors)} failed`);
process.exitCode = survivors === 0 ? 0 : 1;
