import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { COMMON_PASSWORDS } from '../../../lib/passwords/common-passwords.ts';
import { ROOT, run } from '../../support/emulator.ts';

it('`npm run passwords` would not change lib/passwords/common-passwords.ts', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'passwords-'));
  const file = join(folder, 'common-passwords.ts');
  const script = join(ROOT, 'lib', 'cli', 'common-passwords.mjs');
  expect(await run(process.execPath, [script, file], {}).exited).toMatchObject({ status: 0 });
  expect(await readFile(file, 'utf8')).toBe(
    await readFile(join(ROOT, 'lib', 'passwords', 'common-passwords.ts'), 'utf8'),
  );
  await rm(folder, { recursive: true });
});

it('the list has 5,000 passwords of 8 or more characters, in lower case', () => {
  const passwords = COMMON_PASSWORDS.split('\n');
  expect(new Set(passwords).size).toBe(5000);
  expect(passwords.filter((each) => each.length < 8 || each !== each.toLowerCase())).toEqual([]);
});
