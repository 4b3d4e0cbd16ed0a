/** @type {import('../mutations.mjs').Mutations} */
export default {
  'lib/config.ts': [
    {
      guard: 'no function starts without one of its settings',
      text: 'if (!value) throw new Error(`The setting ${name} is missing`);',
      without: "if (!value) return '';",
      test: 'tests/lib/config.test.ts',
    },
    {
      guard: 'no function starts on a number outside its limits',
      text: 'if (number >= least && number <= most) return number;',
      without: 'if (number >= least || number <= most) return number;',
      test: 'tests/lib/config.test.ts',
    },
    {
      guard: 'a cookie with the prefix __Host- is Secure',
      text: 'if (isSecure) return names;',
      without: 'if (isSecure || !isSecure) return names;',
      test: 'tests/lib/config.test.ts',
    },
    {
      guard: 'a mail links to a page over HTTPS only',
      text: "protocol === 'https:' || (protocol === 'http:' && hostname === 'localhost')",
      without: "protocol === 'https:' || (protocol === 'http:' && hostname !== '')",
      test: 'tests/lib/config.test.ts',
    },
  ],
};
