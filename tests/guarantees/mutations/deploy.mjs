/** @type {import('../mutations.mjs').Mutations} */
export default {
  'lib/deploy/settings.mjs': [
    {
      guard: 'a deployment cannot switch the functions that hash off',
      text: '(Number.isInteger(value) && Number(value) >= 1)',
      without: 'Number.isInteger(value)',
      test: 'tests/lib/deploy/settings.test.ts',
    },
    {
      guard: 'a deployment is refused for a wrong limit on mails',
      text: '  mailBurst: LIMIT,\n',
      test: 'tests/lib/deploy/settings.test.ts',
    },
    {
      guard: 'no template has the key of imported passwords',
      text: String.raw`/^(\{\{resolve:(secretsmanager|ssm):[^{}\s]+\}\})?$/.test(String(value))`,
      without: 'value !== undefined',
      test: 'tests/lib/deploy/settings.test.ts',
    },
    {
      guard: 'a refused key of imported passwords is not quoted',
      text: "name === 'importedPasswordKey' ? '(secret)' : ",
      test: 'tests/lib/deploy/settings.test.ts',
    },
  ],
  'lib/deploy/roles.cjs': [
    {
      guard: 'a function writes only the attributes that its rights name',
      text: `...(attributes !== undefined && {
        'ForAllValues:StringEquals': {`,
      without: `...(attributes === '' && {
        'ForAllValues:StringEquals': {`,
      test: 'tests/lib/deploy/roles.test.ts',
    },
    {
      guard: 'a function writes only in the partitions that its rights name',
      text: "'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': PARTITIONS[partitions] },",
      test: 'tests/lib/deploy/roles.test.ts',
    },
  ],
};
