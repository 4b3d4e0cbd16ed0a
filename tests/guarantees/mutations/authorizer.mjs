/** @type {import('../mutations.mjs').Mutations} */
export default {
  'handlers/authorize.ts': [
    {
      guard: 'the authorizer refuses requests from pages of other sites',
      text: 'if (isCrossSite(http.method, request.headers, config)) {',
      without: "if (isCrossSite('GET', request.headers, config)) {",
      test: 'tests/handlers/authorize.test.ts',
    },
    {
      guard: 'the authorizer lets nobody in if it cannot check the session',
      text: 'throw error;',
      without: 'return { isAuthorized: true };',
      test: 'tests/handlers/authorize.test.ts',
    },
    {
      guard: 'the authorizer refuses nobody if it cannot check the session',
      text: 'throw error;',
      without: 'return REFUSED;',
      test: 'tests/handlers/authorize.test.ts',
    },
    {
      guard: 'the authorizer reads the names of headers in any case',
      text: '[name.toLowerCase(), value]',
      without: '[name, value]',
      test: 'tests/handlers/authorize.test.ts',
    },
    {
      guard: 'other APIs get the handle of a session, not its id',
      text: 'session_handle: handleOf(session),',
      without: 'session_handle: found.session_id,',
      test: 'tests/handlers/authorize.test.ts',
    },
  ],
};
