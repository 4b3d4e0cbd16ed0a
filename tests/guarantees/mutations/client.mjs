/** @type {import('../mutations.mjs').Mutations} */
export default {
  'lib/client/client.ts': [
    {
      guard: 'the client follows no redirect',
      text: "redirect: 'manual',",
      test: 'tests/lib/client/client.test.ts',
    },
    {
      guard: 'the client sends the cookies of a browser to another origin',
      text: "credentials: 'include',",
      test: 'tests/lib/client/client.test.ts',
    },
    {
      guard: 'the client escapes values in the path',
      text: 'return encodeURIComponent(String(value));',
      without: 'return String(value);',
      test: 'tests/lib/client/client.test.ts',
    },
    {
      guard: 'the client forgets a session whose cookie was cleared',
      text: "kept = set[1] === '' ? undefined : set[1];",
      without: 'kept = set[1] || kept;',
      test: 'tests/lib/client/client.test.ts',
    },
    {
      guard: 'the client takes no other page for an answer',
      text: "if (typeof body?.message !== 'string') {",
      without: 'if (body === null) {',
      test: 'tests/lib/client/client.test.ts',
    },
  ],
};
