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
  ],
};
