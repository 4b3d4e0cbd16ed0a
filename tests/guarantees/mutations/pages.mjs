/** @type {import('../mutations.mjs').Mutations} */
export default {
  'lib/pages/html.ts': [
    {
      guard: 'every value in a page is escaped',
      text: "if (typeof value === 'string') return escape(value);",
      without: "if (typeof value === 'string') return value;",
      test: 'tests/lib/pages/render.test.ts',
    },
    {
      guard: 'data for a script cannot end its element',
      text: ".replaceAll('<', '\\\\u003c')",
      test: 'tests/lib/pages/render.test.ts',
    },
  ],
  'lib/pages/return-to.ts': [
    {
      guard: 'a page sends users to its own and to listed origins only',
      text: 'return isAllowed && isSafe(url) && url',
      without: 'return (isSafe(url) || isAllowed) && url',
      test: 'tests/lib/pages/return-to.test.ts',
    },
    {
      guard: 'a page sends users to an address with TLS or on their machine only',
      text: 'return isAllowed && isSafe(url) && url',
      without: 'return isAllowed && url',
      test: 'tests/lib/pages/return-to.test.ts',
    },
    {
      guard: 'a page sends users to no address with a user name',
      text: "return isPrivate && url.username === '' && url.password === '';",
      without: 'return isPrivate;',
      test: 'tests/lib/pages/return-to.test.ts',
    },
  ],
  'lib/pages/settings.ts': [
    {
      guard: "the URL of the logo adds nothing to a page's Content-Security-Policy",
      text: ' && hasPlainHost(new URL(value)),',
      without: ',',
      test: 'tests/lib/pages/settings.test.ts',
    },
    {
      guard: 'white text is readable on the colour of the brand',
      text: ' && contrastWithWhite(color) >= MIN_CONTRAST;',
      without: ' && contrastWithWhite(color) > 0;',
      test: 'tests/lib/pages/settings.test.ts',
    },
  ],
  'lib/pages/render.ts': [
    {
      guard: 'a page runs no script but its own',
      text: "`script-src '${assets.scriptHash}'`,",
      without: '"script-src \'unsafe-inline\'",',
      test: 'tests/lib/pages/render.test.ts',
    },
    {
      guard: 'no other page frames a page',
      text: '"frame-ancestors \'none\'",',
      test: 'tests/handlers/get-page.test.ts',
    },
    {
      guard: 'a script of a page writes no markup',
      text: '"require-trusted-types-for \'script\'",',
      test: 'tests/handlers/get-page.test.ts',
    },
  ],
};
