const TEST = 'tests/lib/emulator/loopback.test.ts';

/** @type {import('../mutations.mjs').Mutations} */
export default {
  'lib/emulator/loopback.mjs': [
    {
      guard: 'the emulator answers no page that gave itself the address of this machine',
      text: 'const isNamed = LOOPBACK.test(name) || name === inUrl(host);',
      without: 'const isNamed = name !== inUrl(`not ${host}`);',
      test: TEST,
    },
    {
      guard: 'only this machine reaches the Lambda port, the mailbox and DynamoDB',
      text: 'if (!isNamed || !isThisMachine(from, to)) return false;',
      without: 'if (!isNamed || to === undefined) return false;',
      test: TEST,
    },
    {
      guard: 'a page cannot invoke functions',
      text: 'const isPage = origin !== undefined || site !== undefined;',
      without: "const isPage = site === '' && origin === '';",
      test: TEST,
    },
    {
      guard: 'a page cannot invoke functions with a content type of forms',
      text: ' && INVOCATION_TYPES.includes(essence.trim());',
      without: " && essence !== '*';",
      test: TEST,
    },
    {
      guard: 'a page of another origin does not reach the mailbox and DynamoDB',
      text: 'return origin === undefined || origin === `http://${String(headers.host)}`;',
      without: 'return headers.host !== undefined;',
      test: TEST,
    },
    {
      guard: 'a page of another site reaches the mailbox and DynamoDB by no link',
      text: "if (site === 'cross-site') return false;",
      test: TEST,
    },
  ],
  'lib/emulator/folder.mjs': [
    {
      guard: 'nobody else can list the folder whose files have the access key in their names',
      text: 'await mkdir(path, { mode: 0o700 });',
      without: 'await mkdir(path);',
      test: 'tests/lib/emulator/database.test.ts',
    },
  ],
  'lib/emulator/door.mjs': [
    {
      guard: 'DynamoDB Local shows the data to nobody who asks it directly',
      text: '`Credential=${accessKey}/$1/us-east-1/`',
      without: "'Credential=local/$1/us-east-1/'",
      test: 'tests/lib/emulator/door.test.ts',
    },
  ],
};
