import fc from 'fast-check';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { UsageError } from '../../../lib/cli/command.ts';
import { readUsers, toLine, type Entry } from '../../../lib/cli/user-file.ts';

const folder = await mkdtemp(join(tmpdir(), 'user-file-'));
const file = join(folder, 'users');
afterAll(() => rm(folder, { recursive: true }));

const FORMULAS = [
  ...['=1+1', '+a', '-a', '@a', '\ta', '\ra', '\na', "'=a", "''@a"],
  ...['\n=1+1', '\r=1+1', '\r\n=1+1', '\t=1+1', ' =1+1', '\u00A0=1+1', "'\n=1+1"],
  ...['\uFF1D1+1', '\uFF0Ba', '\uFF0Da', '\uFF20a', '\n\uFF1Da'],
];

async function read(format: 'csv' | 'jsonl', content: string | Uint8Array): Promise<Entry[]> {
  await writeFile(file, content);
  const entries: Entry[] = [];
  for await (const entry of readUsers(file, format, () => undefined)) entries.push(entry);
  return entries;
}

describe.each(['csv', 'jsonl'] as const)('a file of users in %s', (format) => {
  const header = format === 'csv' ? 'email,hashed_password\n' : '';

  it('is read, or refused with a UsageError, whatever it contains', async () => {
    const content = fc.oneof(fc.uint8Array(), fc.string({ unit: 'binary' }), fc.json());
    await fc.assert(
      fc.asyncProperty(content, async (junk) => {
        const bytes = Buffer.concat([Buffer.from(header), Buffer.from(junk as string)]);
        const entries = await read(format, bytes).catch((error: unknown) => error);
        if (!Array.isArray(entries)) expect(entries).toBeInstanceOf(UsageError);
      }),
    );
  });

  it('is refused before it fills the memory, if a record never ends', async () => {
    const endless =
      format === 'csv' ? `a@b.c,"${'x'.repeat(200_000)}` : `{"email":"${'x'.repeat(200_000)}`;
    await expect(read(format, header + endless)).rejects.toThrow(UsageError);
  });

  it('gives back the users that were written to it', async () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1 });
    const user = fc.record({ email: text, hashed_password: text });
    await fc.assert(
      fc.asyncProperty(fc.array(user, { minLength: 1 }), async (users) => {
        const content = header + users.map((each) => toLine(format, each)).join('');
        const entries = await read(format, content);
        expect(entries).toMatchObject(users);
      }),
      {
        examples: [
          [[{ email: '\u2028', hashed_password: '\u2029' }]],
          [
            [...FORMULAS, "'a", "'"].map((email) => ({
              email,
              hashed_password: email,
            })),
          ],
        ],
      },
    );
  });
});

it('a CSV file has no cell that a spreadsheet runs as a formula', () => {
  for (const cell of FORMULAS) {
    expect(toLine('csv', { cell }).replace(/^"|"?\n$/g, '')).toBe(`'${cell}`);
  }
  for (const cell of ["'a", "'", 'a=1', 'erin@example.com', '']) {
    expect(toLine('csv', { cell })).toBe(`${cell}\n`);
  }
  expect(toLine('csv', { created_at: -1 })).toBe('-1\n');
});
