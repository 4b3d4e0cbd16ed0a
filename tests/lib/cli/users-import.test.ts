import { hash } from 'bcryptjs';
import { randomUUID } from 'node:crypto';
import { chmod, link, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, describe, expect, inject, it, onTestFinished, vi } from 'vitest';
import { createCommand } from '../../../lib/cli/users-import.ts';
import { digest } from '../../../lib/core/token.ts';
import { getVerificationToken } from '../../../lib/emails/verify.ts';
import { freePort } from '../../../lib/emulator/ports.mjs';
import { runCommand, runScript, startScript } from '../../support/cli.ts';
import { findEmailToken } from '../../../lib/tokens/email-token.ts';
import { findByEmail } from '../../../lib/users/find.ts';
import { createLibrary, createOperators, newEmail, scanTable } from '../../support/library.ts';
import { startProxy } from '../../support/proxy.ts';

const { app, auth, db } = createLibrary();
const folder = await mkdtemp(join(tmpdir(), 'users-import-'));
afterAll(() => rm(folder, { recursive: true }));

const HASH = await hash('pwd', 4);
const OTHER_HASH = await hash('other', 4);
/** As PHP writes it. */
const PHP_HASH = HASH.replace('$2b$', '$2y$');

let files = 0;

/** Writes a new file with these lines. @returns its path */
async function fileOf(extension: string, lines: string[], newline = '\n'): Promise<string> {
  const file = join(folder, `${String(++files)}.${extension}`);
  await writeFile(file, lines.map((line) => line + newline).join(''));
  return file;
}

/** Retries at once. */
const importUsers = createCommand([0, 0, 0]);

async function runImport(...args: string[]) {
  const { status, stdout, stderr } = await runCommand(importUsers, args);
  return { status, stderr, summary: stdout && (JSON.parse(stdout) as unknown) };
}

async function refusals(file: string): Promise<unknown[]> {
  const lines = (await readFile(file, 'utf8')).split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as unknown);
}

const csv = (...users: string[][]) => [
  'email,hashed_password',
  ...users.map((user) => user.join(',')),
];

describe('npm run users:import', () => {
  it('writes nothing without --write, and counts what it would write', async () => {
    const taken = newEmail();
    await db.addUser(taken, HASH);
    const file = await fileOf('csv', csv([newEmail(), HASH], [taken, HASH], [taken, HASH]));
    const before = await scanTable();
    const { status, stderr, summary } = await runImport(file);
    expect(summary).toEqual({ written: false, users: 3, new: 1, already_there: 1, refused: 1 });
    expect(status).toBe(1);
    expect(stderr).toBe('Nothing was written. Add --write to import the users.\n');
    expect(await scanTable()).toEqual(before);
  });

  it('imports users with the hashes of other systems, and they can log in', async () => {
    const emails = [newEmail(), newEmail(), newEmail()] as const;
    const [flask, rails, php] = emails;
    const file = await fileOf('csv', [
      'name,email,hashed_password',
      `Ann,${flask.toUpperCase()},${HASH}`,
      `"Bo, ""B""\nSecond",${rails},${HASH.replace('$2b$', '$2a$')}`,
      `,  ${php} ,${PHP_HASH}`,
    ]);
    const { status, stderr, summary } = await runImport(file, '--write');
    expect(summary).toEqual({ written: true, users: 3, new: 3, already_there: 0, refused: 0 });
    expect({ status, stderr }).toEqual({ status: 0, stderr: 'Ignored columns: name\n' });
    expect(await refusals(`${file}.refused.jsonl`)).toEqual([]);
    // The same item as a registration writes, and the mark of an import.
    const { id } = await db.findUserBy({ email: php });
    expect(
      (await scanTable()).filter((item) => item['id'] === id && item['item'] === 'user'),
    ).toEqual([
      {
        id,
        item: 'user',
        email: php,
        hashed_password: PHP_HASH,
        session_epoch: 0,
        created_at: expect.any(Number),
        updated_at: expect.any(Number),
        imported_at: expect.any(Number),
        imported_hash: digest(PHP_HASH),
      },
    ]);
    for (const email of emails) {
      expect(await auth.logIn(email, 'wrong')).toBeNull();
      expect(await auth.logIn(email, 'pwd')).not.toBeNull();
    }
  });

  it('reads JSON Lines, and files with the line ends and byte order marks of Windows', async () => {
    const emails = Array.from({ length: 4 }, newEmail);
    const [one, two, three, four] = emails;
    const jsonl = await fileOf(
      'jsonl',
      [
        `\uFEFF${JSON.stringify({ id: 7, email: one, hashed_password: HASH })}`,
        '',
        JSON.stringify({ email: two, hashed_password: HASH }),
      ],
      '\r\n',
    );
    const text = [
      '\uFEFFemail,hashed_password',
      `${String(three)},${HASH}`,
      '',
      `"${String(four)}",${HASH}`,
    ];
    const { summary } = await runImport(jsonl, '--write');
    expect(summary).toEqual({ written: true, users: 2, new: 2, already_there: 0, refused: 0 });
    const other = await runImport(await fileOf('txt', text, '\r\n'), '--write', '--format', 'csv');
    expect(other.summary).toEqual({
      written: true,
      users: 2,
      new: 2,
      already_there: 0,
      refused: 0,
    });
    for (const email of emails) expect(await auth.validLogin(email, 'pwd')).toBe(true);
  });

  it('reports refused users by line and reason, and imports the others', async () => {
    const [good, taken, bad] = [newEmail(), newEmail(), newEmail()];
    await db.addUser(taken, OTHER_HASH);
    const file = await fileOf('csv', [
      ...csv(
        [good, HASH],
        ['no address', HASH],
        [HASH, good],
        [bad, ''],
        [bad, 'pbkdf2:sha256:260000$salt$hash'],
        [bad, HASH.replace('$04$', '$03$')],
        [bad, HASH.replace('$04$', '$15$')],
        [bad, HASH.replace('$2b$', '$2x$')],
        [bad, HASH.slice(0, -1)],
        [bad, `${HASH} `],
        [good.toUpperCase(), OTHER_HASH],
        [taken, HASH],
        [bad],
        [bad, HASH, 'more'],
        [`a"${bad}`, HASH],
      ),
    ]);
    const report = join(folder, 'report.jsonl');
    const { status, summary } = await runImport(file, '--write', '--report', report);
    expect(status).toBe(1);
    expect(summary).toEqual({ written: true, users: 15, new: 1, already_there: 0, refused: 14 });
    const noAddress = 'email is not a valid email address';
    const noHash = 'hashed_password is not a bcrypt hash ($2a$, $2b$, $2y$) of cost 4 to 14';
    const inOrder = (await refusals(report)).sort(
      (a, b) => (a as { line: number }).line - (b as { line: number }).line,
    );
    expect(inOrder).toEqual([
      { line: 3, reason: noAddress },
      { line: 4, reason: noAddress },
      ...[5, 6, 7, 8, 9, 10, 11].map((line) => ({ line, email: bad, reason: noHash })),
      { line: 12, email: good, reason: 'an earlier line has the same email' },
      {
        line: 13,
        email: taken,
        reason: 'a user with this email exists and has another password hash',
      },
      { line: 14, reason: 'the line has 1 fields, the header has 2' },
      { line: 15, reason: 'the line has 3 fields, the header has 2' },
      { line: 16, reason: noAddress },
    ]);
    expect(await readFile(report, 'utf8')).not.toContain(HASH.slice(7));
    expect((await stat(report)).mode & 0o777).toBe(0o600);
    expect(await auth.validLogin(good, 'pwd')).toBe(true);
    expect(await auth.validLogin(taken, 'other')).toBe(true);
    expect(await auth.validLogin(taken, 'pwd')).toBe(false);
  });

  it('imports disabled users as disabled', async () => {
    const [ann, ben, bad] = [newEmail(), newEmail(), newEmail()];
    const file = await fileOf(
      'jsonl',
      [
        { email: ann, disabled_at: 1_700_000_000 },
        { email: ben, disabled_at: null },
        ...['soon', -1, 0, 1.5, 1_700_000_000_000, {}].map((disabled_at) => ({
          email: bad,
          disabled_at,
        })),
      ].map((user) => JSON.stringify({ ...user, hashed_password: HASH })),
    );
    const { status, summary } = await runImport(file, '--write');
    expect(status).toBe(1);
    expect(summary).toMatchObject({ new: 2, refused: 6 });
    const reason = 'disabled_at is not a time in epoch seconds';
    expect(await refusals(`${file}.refused.jsonl`)).toEqual(
      [3, 4, 5, 6, 7, 8].map((line) => ({ line, email: bad, reason })),
    );
    expect(await auth.validLogin(ann, 'pwd')).toBe(false);
    await expect(auth.logIn(ann, 'pwd')).rejects.toMatchObject({ code: 'account_disabled' });
    expect(await auth.validLogin(ben, 'pwd')).toBe(true);
  });

  it('imports the time at which an email was verified', async () => {
    const [one, two, three, bad] = [newEmail(), newEmail(), newEmail(), newEmail()];
    const verifiedAt = async (email: string) => (await findByEmail(app, email))?.email_verified_at;
    const rows = await fileOf('csv', [
      'email_verified_at,email,hashed_password',
      `1700000000,${one},${HASH}`,
      `,${two},${HASH}`,
      ...['soon', '-1', '1.5', '17000000000'].map((time) => `${time},${bad},${HASH}`),
    ]);
    const lines = [1_700_000_000, null, undefined].map((email_verified_at, i) => {
      const email = i === 0 ? three : newEmail();
      return JSON.stringify({ email, hashed_password: HASH, email_verified_at });
    });
    const odd = [true, [1], {}, -1, 1.5].map((email_verified_at) =>
      JSON.stringify({ email: bad, hashed_password: HASH, email_verified_at }),
    );
    for (const [file, counts] of [
      [rows, { users: 6, new: 2, refused: 4 }],
      [await fileOf('jsonl', [...lines, ...odd]), { users: 8, new: 3, refused: 5 }],
    ] as const) {
      const { summary, stderr } = await runImport(file, '--write');
      expect({ summary, stderr }).toMatchObject({ summary: counts, stderr: '' });
      const reasons = await refusals(`${file}.refused.jsonl`);
      for (const each of reasons) {
        expect(each).toMatchObject({ reason: expect.stringMatching(/^email_verified_at /) });
      }
    }
    expect(await Promise.all([one, two, three].map(verifiedAt))).toEqual([
      1_700_000_000,
      undefined,
      1_700_000_000,
    ]);
    await expect(db.findUserBy({ email: bad })).rejects.toThrow();
    const twice = await fileOf('csv', [
      'email,hashed_password,email_verified_at,email_verified_at',
    ]);
    expect(await runImport(twice)).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/more than once/),
    });
  });

  it('imports the language of mails, and refuses one that the service does not have', async () => {
    const [one, two, three, bad] = [newEmail(), newEmail(), newEmail(), newEmail()];
    const rows = await fileOf('csv', [
      'language,email,hashed_password',
      `de,${one},${HASH}`,
      `,${two},${HASH}`,
      ...['DE', 'de-AT', 'xx', ' de', 'constructor'].map((name) => `${name},${bad},${HASH}`),
    ]);
    const lines = ['ar', null, undefined].map((language, i) => {
      const email = i === 0 ? three : newEmail();
      return JSON.stringify({ email, hashed_password: HASH, language });
    });
    const odd = [true, 1, ['de'], {}].map((language) =>
      JSON.stringify({ email: bad, hashed_password: HASH, language }),
    );
    for (const [file, counts] of [
      [rows, { users: 7, new: 2, refused: 5 }],
      [await fileOf('jsonl', [...lines, ...odd]), { users: 7, new: 3, refused: 4 }],
    ] as const) {
      const { summary, stderr } = await runImport(file, '--write');
      expect({ summary, stderr }).toMatchObject({ summary: counts, stderr: '' });
      for (const each of await refusals(`${file}.refused.jsonl`)) {
        expect(each).toMatchObject({
          ...{ email: bad, reason: 'language is not one of en, de, es, fr, ar' },
        });
      }
    }
    const languageOf = async (email: string) => (await findByEmail(app, email))?.language;
    expect(await Promise.all([one, two, three].map(languageOf))).toEqual(['de', undefined, 'ar']);
    await expect(db.findUserBy({ email: bad })).rejects.toThrow();
  });

  it('refuses lines that are not JSON objects, and quotes nothing of them', async () => {
    const file = await fileOf('jsonl', [`{"email": "${HASH}`, '[]', 'null', '"x"', '{}']);
    const { status } = await runImport(file, '--write');
    expect(status).toBe(1);
    expect(await refusals(`${file}.refused.jsonl`)).toEqual([
      ...[1, 2, 3, 4].map((line) => ({ line, reason: 'the line is not a JSON object' })),
      { line: 5, reason: 'email is not a valid email address' },
    ]);
  });

  it('continues after it was killed, and leaves existing users unchanged', async () => {
    const emails = Array.from({ length: 100 }, newEmail);
    const file = await fileOf(
      'jsonl',
      emails.map((email) => JSON.stringify({ email, hashed_password: HASH })),
    );
    const before = (await scanTable()).length;
    // DynamoDB stops answering after 40 users, so that the import is in the middle.
    let writes = 0;
    const proxy = await startProxy(inject('dynamodb'), ({ operation }, forward) => {
      const isOver = operation === 'TransactWriteItems' && ++writes > 40;
      return isOver ? new Promise(() => undefined) : forward();
    });
    onTestFinished(proxy.stop);
    const first = startScript('users:import', [file, '--write'], {
      AWS_ENDPOINT_URL_DYNAMODB: proxy.url,
    });
    // A user is two items.
    const isHalfway = async () => expect(await scanTable()).toHaveLength(before + 2 * 40);
    await vi.waitFor(isHalfway, { timeout: 25_000, interval: 50 });
    expect(await first.stop('SIGKILL')).toMatchObject({ signal: 'SIGKILL', stdout: '' });
    const then = await scanTable();

    const again = await runImport(file, '--write');
    expect(again).toEqual({
      ...{ status: 0, stderr: '' },
      summary: { written: true, users: 100, new: 60, already_there: 40, refused: 0 },
    });
    const now = await scanTable();
    expect(now).toHaveLength(before + 2 * 100);
    expect(now).toEqual(expect.arrayContaining(then));
  });

  it('knows its own users again after their hashes were upgraded or their passwords changed', async () => {
    const [upgraded, changed, own] = [newEmail(), newEmail(), newEmail()];
    const file = await fileOf('csv', csv([upgraded, PHP_HASH], [changed, HASH]));
    expect(await runImport(file, '--write')).toMatchObject({ status: 0, summary: { new: 2 } });
    expect(await auth.logIn(upgraded, 'pwd')).not.toBeNull();
    await auth.updatePassword(await auth.getResetPasswordToken(changed), 'another');
    const before = await scanTable();
    for (const args of [[], ['--write']]) {
      const again = await runImport(file, ...args);
      expect(again).toMatchObject({ status: 0, summary: { new: 0, already_there: 2, refused: 0 } });
    }
    // Another hash than that of the import is not its own, and neither is who registered here.
    await auth.registerUser(own, 'pwd');
    const other = await fileOf('csv', csv([upgraded, OTHER_HASH], [own, HASH]));
    expect(await runImport(other, '--write')).toMatchObject({ status: 1, summary: { refused: 2 } });
    expect(
      (await scanTable()).filter(({ id }) => before.some((item) => item['id'] === id)),
    ).toEqual(before);
  });

  it('refuses to disable or to verify a user who is there', async () => {
    const [ann, ben, cleo] = [newEmail(), newEmail(), newEmail()];
    const first = await fileOf('csv', csv([ann, HASH], [ben, HASH], [cleo, HASH]));
    await runImport(first, '--write');
    const before = await scanTable();
    const second = await fileOf('csv', [
      'email,hashed_password,disabled_at,email_verified_at',
      `${ann},${HASH},1700000000,`,
      `${ben},${HASH},,1700000000`,
      `${cleo},${HASH},,`,
    ]);
    for (const args of [[], ['--write']]) {
      const { status, summary } = await runImport(second, ...args);
      expect({ status, summary }).toMatchObject({ status: 1, summary: { already_there: 1 } });
      const reasons = await refusals(`${second}.refused.jsonl`);
      expect(reasons).toHaveLength(2);
      expect(reasons).toEqual(
        expect.arrayContaining([
          { line: 2, email: ann, reason: 'the user exists and is not disabled' },
          { line: 3, email: ben, reason: 'the user exists and has not verified the email' },
        ]),
      );
    }
    expect(await scanTable()).toEqual(before);
  });

  it('keeps the ids of the file with --keep-ids, if they are UUIDs and free', async () => {
    const emails = Array.from({ length: 5 }, newEmail);
    const [one, two, three, four, five] = emails as [string, string, string, string, string];
    const { id: taken } = await auth.registerUser(newEmail(), 'pwd');
    const { id: other } = await auth.registerUser(five, 'pwd');
    const [kept, upper] = [randomUUID(), randomUUID()];
    const five_hash = (await db.findUserBy({ email: five })).hashed_password;
    const file = await fileOf('csv', [
      'id,email,hashed_password',
      `${kept},${one},${HASH}`,
      `${upper.toUpperCase()},${two},${HASH}`,
      `17,${three},${HASH}`,
      `${taken},${three},${HASH}`,
      `,${newEmail()},${HASH}`,
      `${kept},${four},${HASH}`,
      `${randomUUID()},${five},${five_hash}`,
    ]);
    const { summary } = await runImport(file, '--write', '--keep-ids');
    expect(summary).toMatchObject({ new: 2, refused: 5 });
    const reasons = (await refusals(`${file}.refused.jsonl`)) as { line: number; reason: string }[];
    expect(reasons.sort((a, b) => a.line - b.line).map(({ reason }) => reason)).toEqual([
      'id is not a UUID',
      'a user with this id exists',
      'id is not a UUID',
      'an earlier line has the same id',
      'a user with this email exists and has another id',
    ]);
    expect((await db.findUserBy({ email: one })).id).toBe(kept);
    expect((await db.findUserBy({ email: two })).id).toBe(upper);
    expect((await db.findUserBy({ email: five })).id).toBe(other);
    // Whoever looks the user up by the id finds the user.
    const session_id = await auth.logIn(two, 'pwd');
    expect(await auth.getUserFromSessionId(session_id)).toMatchObject({ id: upper });
    const again = await runImport(file, '--write', '--keep-ids');
    expect(again.summary).toMatchObject({ new: 0, already_there: 2, refused: 5 });
  });

  it('gives a kept id no session or token of a deleted user with that id', async () => {
    const email = newEmail();
    const user = await auth.registerUser(email, 'pwd');
    const session_id = await auth.logIn(email, 'pwd');
    const token = await getVerificationToken(app, email);
    await createOperators().operators.deleteUser(user);
    const file = await fileOf('csv', ['id,email,hashed_password', `${user.id},${email},${HASH}`]);
    expect(await runImport(file, '--write', '--keep-ids')).toMatchObject({ status: 0 });
    expect(await auth.getUserFromSessionId(session_id)).toBeNull();
    await expect(findEmailToken(app, token)).resolves.toBeUndefined();
    expect(await auth.logIn(email, 'pwd')).not.toBeNull();
  });

  it.each(['csv', 'jsonl'])(
    'writes a mapping of the old ids to the new ones: %s',
    async (extension) => {
      const [one, two, three] = [newEmail(), newEmail(), newEmail()];
      const file = await fileOf('jsonl', [
        JSON.stringify({ id: 17, email: one, hashed_password: HASH }),
        JSON.stringify({ id: '=x', email: two, hashed_password: HASH }),
        JSON.stringify({ email: three, hashed_password: HASH }),
      ]);
      const mapping = join(folder, `${String(++files)}.${extension}`);
      expect(await runImport(file, '--mapping', mapping)).toMatchObject({ summary: { new: 2 } });
      await expect(stat(mapping)).rejects.toThrow('ENOENT');
      // Repeated, it has all users again.
      for (const counts of [{ new: 2 }, { already_there: 2 }]) {
        const { summary } = await runImport(file, '--write', '--mapping', mapping);
        expect(summary).toMatchObject({ ...counts, refused: 1 });
        const ids = await Promise.all(
          [one, two].map(async (email) => (await db.findUserBy({ email })).id),
        );
        const text = await readFile(mapping, 'utf8');
        expect(text.split('\n').sort()).toEqual(
          (extension === 'csv'
            ? ['old_id,new_id', `17,${String(ids[0])}`, `'=x,${String(ids[1])}`, '']
            : [
                JSON.stringify({ old_id: '17', new_id: ids[0] }),
                JSON.stringify({ old_id: '=x', new_id: ids[1] }),
                '',
              ]
          ).sort(),
        );
        expect((await stat(mapping)).mode & 0o777).toBe(0o600);
      }
      expect(await refusals(`${file}.refused.jsonl`)).toEqual([
        { line: 3, email: three, reason: 'id is missing' },
      ]);
    },
  );

  it('closes an existing report to others before it writes', async () => {
    const file = await fileOf('csv', csv(['no address', HASH]));
    const report = await fileOf('jsonl', ['an earlier and longer report'.repeat(9)]);
    await chmod(report, 0o666);
    expect(await runImport(file, '--report', report)).toMatchObject({ status: 1 });
    expect((await stat(report)).mode & 0o777).toBe(0o600);
    expect(await refusals(report)).toHaveLength(1);
  });

  it.each<[string, (input: string, name: string) => Promise<void>]>([
    ['symbolic', symlink],
    ['hard', link],
  ])('overwrites no file of its own through a %s link', async (_, makeLink) => {
    const lines = csv([newEmail(), HASH], ['no address', HASH]);
    const input = await fileOf('csv', lines);
    const other = await fileOf('jsonl', ['an earlier report']);
    const [toInput, toOther] = [`${input}.link.jsonl`, `${other}.link.jsonl`];
    await makeLink(input, toInput);
    await makeLink(other, toOther);
    const before = await scanTable();
    for (const [args, sentence] of [
      [['--report', toInput], /^The report would overwrite the input file: .* --report\.\n$/],
      [
        ['--report', other, '--mapping', toInput],
        /^The mapping would overwrite the input file: .* --mapping\.\n$/,
      ],
      [['--report', other, '--mapping', toOther], /^The mapping would overwrite the report: /],
    ] as const) {
      const { status, stderr } = await runImport(input, '--write', ...args);
      expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringMatching(sentence) });
    }
    expect(await readFile(input, 'utf8')).toBe(lines.map((line) => `${line}\n`).join(''));
    expect(await readFile(other, 'utf8')).toBe('an earlier report\n');
    expect(await scanTable()).toEqual(before);
  });

  it.each([
    ['the password that was hashed', 'pwd\n', 0],
    ['another password', 'pwd1\n', 1],
    ['nothing', '', 1],
  ])('with --try, given %s, imports or stops', async (_, typed, status) => {
    const [other, email] = [newEmail(), newEmail()];
    const file = await fileOf('csv', csv([other, OTHER_HASH], [email.toUpperCase(), PHP_HASH]));
    const input = new PassThrough();
    input.end(typed);
    const args = [file, '--write', '--try', email];
    const result = await runCommand(importUsers, args, {}, input);
    expect(result.status).toBe(status);
    expect(result.stderr).toMatch(
      status === 0
        ? `Password of ${email}: `
        : /That is not the password that was hashed: nothing was imported\./,
    );
    expect(result.stderr).not.toContain('pwd');
    expect(await auth.validLogin(email, 'pwd')).toBe(status === 0);
  });

  it.each(['hmac', 'pepper'] as const)(
    'imports hashes of the form %s, named once',
    async (form) => {
      const [one, two, other] = [newEmail(), newEmail(), newEmail()];
      const lines = csv([one, HASH], [two, `${form}:${PHP_HASH}`], [other, `sha1:${HASH}`]);
      const file = await fileOf('csv', lines);
      for (const [added, already_there] of [
        [2, 0],
        [0, 2],
      ]) {
        const { summary } = await runImport(file, '--write', '--form', form);
        expect(summary).toMatchObject({ new: added, already_there, refused: 1 });
      }
      expect((await db.findUserBy({ email: one })).hashed_password).toBe(`${form}:${HASH}`);
      expect((await db.findUserBy({ email: two })).hashed_password).toBe(`${form}:${PHP_HASH}`);
    },
  );

  it('with --try, needs the key of a hash that was made with one', async () => {
    const email = newEmail();
    const file = await fileOf('csv', csv([email, await hash('pwdcanary', 4)]));
    const tryWith = async (IMPORTED_PASSWORD_KEY?: string) => {
      const input = new PassThrough();
      input.end('pwd\n');
      const args = [file, '--try', email, '--form', 'pepper'];
      const { status, stderr } = await runCommand(
        importUsers,
        args,
        { IMPORTED_PASSWORD_KEY },
        input,
      );
      expect(stderr).not.toContain('canary');
      return { status, stderr };
    };
    expect(await tryWith()).toEqual({
      status: 2,
      stderr: `Set IMPORTED_PASSWORD_KEY to the key of the hash of ${email}.\n`,
    });
    expect(await tryWith('another')).toMatchObject({ status: 1 });
    expect(await tryWith('canary')).toMatchObject({ status: 0 });
    expect(await runImport(file, '--form', 'sha1')).toMatchObject({ status: 2 });
  });

  it('with --try, stops if the file has no such user with a bcrypt hash', async () => {
    const [email, none] = [newEmail(), newEmail()];
    const file = await fileOf('csv', csv([email, HASH], [none, 'pbkdf2']));
    for (const asked of [none, newEmail(), 'dora']) {
      expect(await runImport(file, '--write', '--try', asked)).toMatchObject({
        status: 2,
        stderr: `The file has no user ${asked} with a bcrypt hash.\n`,
      });
    }
    expect(await auth.validLogin(email, 'pwd')).toBe(false);
  });

  it('says how far it is after every 1000 users', async () => {
    const file = await fileOf(
      'jsonl',
      Array.from({ length: 2001 }, () => '[]'),
    );
    const { stderr, summary } = await runImport(file, '--write');
    expect(stderr).toBe('1000 users\n2000 users\n');
    expect(summary).toMatchObject({ users: 2001, refused: 2001 });
  });

  it('retries a user while DynamoDB is unavailable', async () => {
    // The SDK makes three attempts of its own before a user is retried.
    let failures = 3 * 3;
    const proxy = await startProxy(inject('dynamodb'), (_, forward) =>
      failures-- > 0 ? Promise.resolve({ status: 500, body: '{}' }) : forward(),
    );
    onTestFinished(proxy.stop);
    const email = newEmail();
    const file = await fileOf('csv', csv([email, HASH]));
    const env = { AWS_ENDPOINT_URL_DYNAMODB: proxy.url };
    const { status } = await runCommand(importUsers, [file, '--write'], env);
    expect(status).toBe(0);
    expect(failures).toBeLessThan(0);
    expect(await auth.validLogin(email, 'pwd')).toBe(true);
  });

  it('stops with one sentence when DynamoDB is out of reach', async () => {
    const file = await fileOf('csv', csv([newEmail(), HASH]));
    const endpoint = `http://127.0.0.1:${String(await freePort())}`;
    const env = { AWS_ENDPOINT_URL_DYNAMODB: endpoint };
    const { status, stdout, stderr } = await runCommand(importUsers, [file, '--write'], env);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(
      /^The import stopped\. Users imported so far are kept: fix the cause and run it again.*ECONNREFUSED/,
    );
    expect(stderr).not.toMatch(/\n.*\n/);
  });

  it('is a script that needs no credentials and no region for a DynamoDB on this machine', async () => {
    const file = await fileOf('csv', csv([newEmail(), HASH], [newEmail(), '']));
    const { status, stdout, stderr } = await runScript('users:import', [file, '--write'], {
      AWS_ACCESS_KEY_ID: undefined,
      AWS_SECRET_ACCESS_KEY: undefined,
      AWS_REGION: undefined,
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: undefined,
    });
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual({
      written: true,
      users: 2,
      new: 1,
      already_there: 0,
      refused: 1,
    });
    expect(status).toBe(1);
  });

  it.each<[string, string, string[], string[], RegExp]>([
    ['no file', 'csv', csv(), ['--write'], /^Usage: npm run users:import /],
    ['an unknown option', 'csv', csv(), ['FILE', '--wirte'], /^Unknown option '--wirte'/],
    ['an unknown format', 'txt', csv(), ['FILE'], /^Name the format of the file: /],
    ['a file that is not there', 'csv', csv(), ['FILE.csv'], /cannot be read \(ENOENT\)\.$/],
    ['a folder', 'csv', csv(), [folder, '--format', 'csv'], / is a folder\.$/],
    ['no lines', 'csv', [], ['FILE'], /^The file is empty: /],
    [
      'no header',
      'csv',
      [`a@b.example,${HASH}`],
      ['FILE'],
      /^The first line must name the columns/,
    ],
    ['a column twice', 'csv', ['email,email,hashed_password'], ['FILE'], /, once each,/],
    [
      'an open quote',
      'csv',
      csv(['"a@b.example', HASH]),
      ['FILE'],
      / has a quote that is never closed, /,
    ],
    [
      'its file for a report',
      'csv',
      csv(),
      ['FILE', '--report', 'FILE'],
      /^The report would overwrite/,
    ],
    [
      'a report nowhere',
      'csv',
      csv(),
      ['FILE', '--report', '/nowhere/x'],
      /^\/nowhere\/x cannot be written/,
    ],
    [
      'ids that are kept and mapped',
      'csv',
      csv(),
      ['FILE', '--keep-ids', '--mapping', 'ids.csv'],
      /^Give either --keep-ids or --mapping, not both\.$/,
    ],
    ['an empty table name', 'csv', csv(), ['FILE', '--table='], /^Name the table with /],
    [
      'no such table',
      'csv',
      csv(['a@b.example', HASH]),
      ['FILE', '--table', 'none'],
      /^The table does not exist/,
    ],
  ])('answers %s with one sentence', async (_, extension, lines, args, sentence) => {
    const file = await fileOf(extension, lines);
    const { status, stdout, stderr } = await runCommand(
      importUsers,
      args.map((arg) => arg.replace('FILE', file)),
    );
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    const [said = '', ...more] = stderr.trimEnd().split('\n');
    expect(more).toEqual([]);
    expect(said).toMatch(sentence);
    expect(said).not.toContain(HASH);
    expect(await readFile(file, 'utf8')).toBe(lines.map((line) => `${line}\n`).join(''));
  });
});
