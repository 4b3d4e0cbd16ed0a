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
      text: 'const part = encodeURIComponent(value);',
      without: 'const part = value;',
      test: 'tests/lib/client/client.test.ts',
    },
    {
      guard: 'the client does not end all sessions when asked to end one named so',
      text: 'if (routes.has(route.replace(`{${name}}`, part))) throw unsent(name);',
      test: 'tests/lib/client/client.test.ts',
    },
    {
      guard: 'the client does not log out when asked to end a session without an id',
      text: "if (typeof value !== 'string' || /^\\.{0,2}$/.test(value)) throw unsent(name);",
      without: "if (typeof value !== 'string') throw unsent(name);",
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
