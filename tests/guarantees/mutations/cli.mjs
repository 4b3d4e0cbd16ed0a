/** @type {import('../mutations.mjs').Mutations} */
export default {
  'lib/cli/command.ts': [
    {
      guard: 'a command prints no control characters as its result',
      text: 'given.out(toPrintable(text));',
      without: 'given.out(text);',
      test: 'tests/lib/cli/command.test.ts',
    },
    {
      guard: 'a command prints no control characters in its errors',
      text: 'given.err(toPrintable(text));',
      without: 'given.err(text);',
      test: 'tests/lib/cli/command.test.ts',
    },
  ],
  'lib/cli/import-user.ts': [
    {
      guard: 'an import refuses a language that the service does not have',
      text: 'if (!isLanguage(language)) {',
      without: "if (typeof language !== 'string') {",
      test: 'tests/lib/cli/users-import.test.ts',
      title: 'imports the language of mails',
    },
    {
      guard: 'an import knows its own users by the hash that it imported',
      text: 'if (!isThatHash && found.imported_hash !== digest(user.hashed_password)) return OTHER_HASH;',
      without: 'if (!isThatHash && found.imported_hash === undefined) return OTHER_HASH;',
      test: 'tests/lib/cli/users-import.test.ts',
      title: 'knows its own users again',
    },
    {
      guard: 'a repeated import says that it does not disable a user',
      text: 'if (user.disabled_at !== undefined && found.disabled_at === undefined) {',
      without: 'if (user.disabled_at === 0) {',
      test: 'tests/lib/cli/users-import.test.ts',
      title: 'refuses to disable or to verify',
    },
    {
      guard: 'a repeated import says that it does not verify an email',
      text: 'if (user.email_verified_at !== undefined && found.email_verified_at === undefined) {',
      without: 'if (user.email_verified_at === 0) {',
      test: 'tests/lib/cli/users-import.test.ts',
      title: 'refuses to disable or to verify',
    },
  ],
  'lib/cli/users-import.ts': [
    {
      guard: 'an import stops if the password that is tried does not fit',
      text: 'if (values.try !== undefined && !(await tryPassword(file, format, values.try, io, form))) {',
      without:
        'if (values.try !== undefined && (await tryPassword(file, format, values.try, io)) && !format) {',
      test: 'tests/lib/cli/users-import.test.ts',
      title: 'with --try',
    },
  ],
  'lib/cli/output-files.ts': [
    {
      guard: 'a command overwrites none of its own files',
      text: 'if (same) {',
      without: 'if (same && name.length === 0) {',
      test: 'tests/lib/cli/users-import.test.ts',
      title: 'overwrites no file of its own',
    },
    {
      guard: 'an existing file is closed to others before it is written',
      text: 'fchmodSync(descriptor, 0o600);',
      test: 'tests/lib/cli/users-import.test.ts',
      title: 'closes an existing report',
    },
  ],
  'lib/cli/user-file.ts': [
    {
      guard: 'a spreadsheet runs no cell of an export',
      text: "return FORMULA.test(text) ? `'${text}` : text;",
      without: 'return text;',
      test: 'tests/lib/cli/user-file.test.ts',
    },
    {
      guard: 'a spreadsheet runs no cell with a line break or a full-width sign',
      text: '\\s*[=+\\-@\\uFF1D\\uFF0B\\uFF0D\\uFF20])/',
      without: '[=+\\-@])/',
      test: 'tests/lib/cli/user-file.test.ts',
    },
  ],
  'lib/cli/users-export.ts': [
    {
      guard: 'two exports to one name do not share a partial file',
      text: '`${file}.${randomUUID()}.partial`',
      without: "`${file}.${'x'.repeat(randomUUID().length)}.partial`",
      test: 'tests/lib/cli/users-export.test.ts',
      title: 'publishes one whole file',
    },
    {
      guard: 'an export replaces no file that appears while it runs',
      text: 'await link(partial, file);',
      without: 'await rm(file, { force: true }).then(() => link(partial, file));',
      test: 'tests/lib/cli/users-export.test.ts',
      title: 'replaces no file that appears',
    },
  ],
  'lib/cli/users.ts': [
    {
      guard: 'a command of operators refuses the options of another command',
      text: 'if (other !== undefined) throw',
      without: "if (other === '') throw",
      test: 'tests/lib/cli/users.test.ts',
      title: 'with one sentence',
    },
  ],
};
