import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { main, readCommonPasswords } from '../../../lib/cli/common-passwords.ts';
import { isCommon } from '../../../lib/passwords/common.ts';
import { ROOT } from '../../support/emulator.ts';

const DATA = join(ROOT, 'lib', 'passwords', 'common-passwords.ts');

it('`npm run passwords` would not change lib/passwords/common-passwords.ts', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'passwords-'));
  const file = join(folder, 'common-passwords.ts');
  expect(await main([file], { out: () => '', err: () => '', env: {} })).toBe(0);
  expect(await readFile(file, 'utf8')).toBe(await readFile(DATA, 'utf8'));
  await rm(folder, { recursive: true });
});

it('every one of the 10,000 most common passwords of 8 or more characters is refused', async () => {
  const passwords = await readCommonPasswords();
  expect(new Set(passwords).size).toBe(10_000);
  expect(passwords.filter((each) => each.length < 8)).toEqual([]);
  expect(passwords.filter((each) => !isCommon(each) || !isCommon(each.toUpperCase()))).toEqual([]);
});
