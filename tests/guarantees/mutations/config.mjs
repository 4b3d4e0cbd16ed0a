/** @type {import('../mutations.mjs').Mutations} */
export default {
  'lib/core/env.ts': [
    {
      guard: 'no function starts without one of its settings',
      text: "return valueOf(env, name) || bad(env, name, 'given', '');",
      without: 'return valueOf(env, name);',
      test: 'tests/lib/config.test.ts',
    },
    {
      guard: 'no function starts on a number outside its limits',
      text: 'if (number >= least && number <= most) return number;',
      without: 'if (number >= least || number <= most) return number;',
      test: 'tests/lib/config.test.ts',
    },
    {
      guard: 'no error quotes a bad key',
      text: ", '(secret)'",
      test: 'tests/lib/config.test.ts',
    },
  ],
  'lib/config.ts': [
    {
      guard: 'a cookie with the prefix __Host- is Secure',
      text: 'return isSecure ? names : bad(',
      without: 'return isSecure || names.length > 0 ? names : bad(',
      test: 'tests/lib/config.test.ts',
    },
    {
      guard: 'a mail links to a page over HTTPS only',
      text: "protocol === 'http:' && hostname === 'localhost'",
      without: "protocol === 'http:' && hostname !== ''",
      test: 'tests/lib/config.test.ts',
    },
    {
      guard: 'no function starts on settings that are not secure, unless they are meant',
      text: "if (!flag(env, 'INSECURE')) refuseInsecure(env, config);",
      test: 'tests/lib/config.test.ts',
    },
  ],
};
