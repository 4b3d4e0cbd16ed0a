/** @type {import('../mutations.mjs').Mutations} */
export default {
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
