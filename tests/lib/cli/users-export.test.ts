import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { hash } from 'bcryptjs';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, describe, expect, inject, it, onTestFinished } from 'vitest';
import { createCommand } from '../../../lib/cli/users-import.ts';
import { main as exportUsers } from '../../../lib/cli/users-export.ts';
import { createTable } from '../../../lib/emulator/table.mjs';
import { digest } from '../../../lib/core/token.ts';
import { runCommand, runScript } from '../../support/cli.ts';
import { ROOT } from '../../support/emulator.ts';
import { startProxy } from '../../support/proxy.ts';
import { findByEmail } from '../../../lib/users/find.ts';
import { addUser } from '../../../lib/users/store.ts';
import { createLibrary, documents, newEmail, scanTable, tableName } from '../../support/library.ts';
import { tableProperties } from '../../support/serverless.ts';

const { app, auth, db } = createLibrary();
const folder = await mkdtemp(join(tmpdir(), 'users-export-'));
afterAll(() => rm(folder, { recursive: true }));

const importUsers = createCommand([]);

const HASH = await hash('pwd', 4);

const users = await Promise.all(Array.from({ length: 9 }, () => db.addUser(newEmail(), HASH)));
const odd = await db.addUser(newEmail(), 'no hash, "but"\nlines');
users.push(odd);
const disabled = await addUser(app, newEmail(), HASH, { disabled_at: 1_700_000_000 });
users.push(disabled);
const verified = await addUser(app, newEmail(), HASH, { email_verified_at: 1_700_000_000 });
users.push(verified);
const german = await addUser(app, newEmail(), HASH, { language: 'de' });
users.push(german);
// A page of a scan is 1 MB, so that there are several, and items of other kinds among the users.
for (const id of ['attempts#1', 'attempts#2', 'attempts#3', 'attempts#4', 'attempts#5']) {
  const Item = { id, item: 'attempts', n: 1, padding: 'x'.repeat(390_000) };
  await documents.send(new PutCommand({ TableName: tableName, Item }));
}
const session_id = await auth.logIn(users[0]?.email ?? '', 'pwd');
const reset_token = await auth.getResetPasswordToken(users[0]?.email ?? '');

const byId = (a: { id: string }, b: { id: string }): number => (a.id < b.id ? -1 : 1);

describe('npm run users:export', () => {
  it('writes every user and no secret but the hash, as a script', async () => {
    const { status, stdout, stderr } = await runScript('users:export', ['--format', 'jsonl']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '13 users\n' });
    const exported = stdout
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as { id: string });
    expect(exported.sort(byId)).toEqual(
      users
        .map((user) => ({
          ...user,
          created_at: expect.any(Number),
          ...(user === disabled && { disabled_at: 1_700_000_000 }),
          ...(user === verified && { email_verified_at: 1_700_000_000 }),
          ...(user === german && { language: 'de' }),
        }))
        .sort(byId),
    );
    for (const secret of [session_id, reset_token]) {
      expect(stdout).not.toContain(secret);
      expect(stdout).not.toContain(digest(secret ?? ''));
    }
  });

  it('writes CSV to a new file that only its owner can read', async () => {
    const file = join(folder, 'users.csv');
    expect(await runCommand(exportUsers, [file])).toMatchObject({ status: 0, stdout: '' });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const written = await readFile(file, 'utf8');
    expect(written.split('\n')[0]).toBe(
      'id,email,hashed_password,created_at,disabled_at,email_verified_at,language',
    );
    expect(written).toContain(`${odd.id},${odd.email},"no hash, ""but""\nlines",`);
    expect(await readdir(folder)).toEqual(['users.csv']);

    await writeFile(file, 'kept');
    expect(await runCommand(exportUsers, [file])).toMatchObject({
      status: 2,
      stderr: `${file} already exists: choose another name.\n`,
    });
    expect(await readFile(file, 'utf8')).toBe('kept');
    await rm(file);
  });

  it.each(['csv', 'jsonl'])('writes %s that users:import reads', async (extension) => {
    const client = new DynamoDBClient({ endpoint: inject('dynamodb') });
    const TABLE_NAME = `test-${randomUUID()}`;
    await createTable(client, TABLE_NAME, tableProperties());
    client.destroy();
    const file = join(folder, `round-trip.${extension}`);
    expect(await runCommand(exportUsers, [file])).toMatchObject({ status: 0 });
    const imported = await runCommand(importUsers, [file, '--write', '--table', TABLE_NAME]);
    // All but the user without a valid hash.
    expect(imported).toMatchObject({ status: 1, stdout: expect.stringMatching(/^\{.*\}\n$/) });
    expect(JSON.parse(imported.stdout)).toEqual({
      written: true,
      users: 13,
      new: 12,
      already_there: 0,
      refused: 1,
    });
    const there = createLibrary({ tableName: TABLE_NAME });
    for (const { id, email } of users.slice(0, 9)) {
      expect(await there.auth.validLogin(email, 'pwd')).toBe(true);
      expect((await there.db.findUserBy({ email })).id).not.toBe(id);
    }
    const { email } = disabled;
    expect(await findByEmail(there.app, email)).toMatchObject({ disabled_at: 1_700_000_000 });
    expect(await there.auth.validLogin(email, 'pwd')).toBe(false);
    const verifiedAt = async ({ email }: { email: string }) =>
      (await findByEmail(there.app, email))?.email_verified_at;
    expect(await verifiedAt(verified)).toBe(1_700_000_000);
    expect(await verifiedAt(users[0] ?? verified)).toBeUndefined();
    const languageOf = async ({ email }: { email: string }) =>
      (await findByEmail(there.app, email))?.language;
    expect(await languageOf(german)).toBe('de');
    expect(await languageOf(verified)).toBeUndefined();
    // Importing into the table of the export changes nothing.
    const before = await scanTable();
    const back = await runCommand(importUsers, [file, '--write']);
    expect(JSON.parse(back.stdout)).toMatchObject({ new: 0, already_there: 12, refused: 1 });
    expect(await scanTable()).toEqual(before);
  });

  it('replaces no file that appears while it runs', async () => {
    const file = join(folder, 'meanwhile.csv');
    const proxy = await startProxy(inject('dynamodb'), async (_, forward) => {
      await writeFile(file, 'kept');
      return forward();
    });
    onTestFinished(proxy.stop);
    const env = { AWS_ENDPOINT_URL_DYNAMODB: proxy.url };
    expect(await runCommand(exportUsers, [file], env)).toEqual({
      ...{ status: 2, stdout: '' },
      stderr: `${file} already exists: choose another name.\n`,
    });
    expect(await readFile(file, 'utf8')).toBe('kept');
    expect((await readdir(folder)).filter((name) => name.startsWith('meanwhile'))).toHaveLength(1);
  });

  it('publishes one whole file out of two exports to the same name', async () => {
    const file = join(folder, 'twice.jsonl');
    const waiting: (() => void)[] = [];
    // Both have begun before either reads a page.
    const proxy = await startProxy(inject('dynamodb'), async (_, forward) => {
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
        if (waiting.length >= 2) for (const go of waiting) go();
      });
      return forward();
    });
    onTestFinished(proxy.stop);
    const env = { AWS_ENDPOINT_URL_DYNAMODB: proxy.url };
    const results = await Promise.all([1, 2].map(() => runCommand(exportUsers, [file], env)));
    expect(results.map(({ status }) => status).sort()).toEqual([0, 2]);
    const lines = (await readFile(file, 'utf8')).split('\n').slice(0, -1);
    const ids = lines.map((line) => (JSON.parse(line) as { id: string }).id);
    expect(ids.sort()).toEqual(users.map(({ id }) => id).sort());
    expect((await readdir(folder)).filter((name) => name.startsWith('twice'))).toHaveLength(1);
  });

  it('leaves no file when it fails', async () => {
    const file = join(folder, 'failed.csv');
    const failed = await runCommand(exportUsers, [file, '--table', 'none']);
    expect(failed).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/^The table does not exist/),
    });
    const nowhere = await runCommand(exportUsers, ['/nowhere/users.csv']);
    expect(nowhere).toMatchObject({
      status: 2,
      stderr: '/nowhere/users.csv cannot be written (ENOENT).\n',
    });
    expect((await readdir(folder)).filter((name) => name.startsWith('failed'))).toEqual([]);
  });

  it('fails if its reader has gone', async () => {
    const command = ['--import', './lib/cli/typescript.mjs', 'lib/cli/users-export.ts'];
    const script = spawn(process.execPath, [...command, '--format', 'csv'], { cwd: ROOT });
    onTestFinished(() => void script.kill('SIGKILL'));
    script.stdout.destroy();
    const said = text(script.stderr);
    const [status] = (await once(script, 'close')) as [number | null];
    expect({ status, said: await said }).toEqual({ status: 1, said: 'write EPIPE\n' });
  });

  it('answers two files with its usage', async () => {
    expect(await runCommand(exportUsers, ['a.csv', 'b.csv'])).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/^Usage: npm run users:export /),
    });
  });
});
