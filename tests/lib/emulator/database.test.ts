import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { keptAccessKey, startDatabase } from '../../../lib/emulator/database.mjs';
import { makeWritable } from '../../../lib/emulator/dynamodb-local.mjs';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'database-'));
});

afterEach(() => rm(folder, { recursive: true }));

describe('startDatabase', () => {
  it('says which setting to change if its data cannot be written', async () => {
    onTestFinished(() => {
      vi.unstubAllEnvs();
    });
    await writeFile(join(folder, 'file'), '');
    vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', '');
    vi.stubEnv('DYNAMODB_LOCAL_PATH', join(folder, 'file', 'data'));
    await expect(startDatabase()).rejects.toMatchObject({
      name: 'StartError',
      message: expect.stringMatching(/^[A-Z][^\n]* cannot be written .* DYNAMODB_LOCAL_PATH\.$/),
    });
  });
});

describe('the access key of the data in a folder', () => {
  it('is made once, differs between folders, and is readable by its owner alone', async () => {
    const accessKey = await keptAccessKey(folder);
    expect(accessKey).toMatch(/^[0-9a-f]{32}$/);
    expect(await keptAccessKey(folder)).toBe(accessKey);
    expect((await stat(join(folder, 'access-key'))).mode & 0o777).toBe(0o600);
    await rm(join(folder, 'access-key'));
    expect(await keptAccessKey(folder)).not.toBe(accessKey);
  });

  it('is in a folder that nobody else can list, as the names of its files have the key', async () => {
    const made = join(folder, 'new', 'data');
    await makeWritable(made);
    for (const path of [made, join(folder, 'new')]) {
      expect((await stat(path)).mode & 0o777).toBe(0o700);
    }
  });

  it('gets the data of an earlier version, and overwrites none', async () => {
    const shared = join(folder, 'shared-local-instance.db');
    await writeFile(shared, 'the data');
    const own = `${await keptAccessKey(folder)}_us-east-1.db`;
    expect((await readdir(folder)).sort()).toEqual([own, 'access-key'].sort());
    await writeFile(shared, 'other data');
    await keptAccessKey(folder);
    expect(await readFile(join(folder, own), 'utf8')).toBe('the data');
  });
});
