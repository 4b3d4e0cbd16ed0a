import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { main, readCommonPasswords } from '../../../lib/cli/common-passwords.ts';
import { hashOf, isCommon } from '../../../lib/passwords/common.ts';
import { wordsIn } from '../../../lib/passwords/patterns.ts';
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

it('less than 1 in 10,000 other passwords of any kind has the hash of a common one', async () => {
  const [, listed] = /hashes of (\d+)/.exec(await readFile(DATA, 'utf8')) ?? [];
  const hashes = Array.from({ length: 100 }, (_, i) => hashOf(String(i)));
  const range = 2 ** Math.ceil(Math.log2(Math.max(...hashes)));
  const anyText = fc.oneof(
    fc.string({ unit: fc.constantFrom(...Array.from('aeilost0134579!@$-_ ')), maxLength: 72 }),
    // All that wordsIn can take away, around signs for letters.
    fc.constant('!d1ragon4abcd99'),
  );
  fc.assert(
    fc.property(anyText, (password) => {
      const texts = new Set([password, ...wordsIn(password)]);
      expect((texts.size * Number(listed)) / range).toBeLessThan(1e-4);
    }),
    { numRuns: 2_000 },
  );
});
