/** @type {import('../mutations.mjs').Mutations} */
export default {
  'lib/http/endpoint.ts': [
    {
      guard: 'each endpoint refuses requests from pages of other sites',
      text: 'if (isCrossSite(http.method, request.headers, settings)) {',
      without: "if (isCrossSite('GET', request.headers, settings)) {",
      test: 'tests/handlers/cross-site.test.ts',
    },
  ],
  'lib/http/origin.ts': [
    {
      guard: 'a page of another site is recognised by its Origin',
      text: 'return origin !== undefined && !isOurs(origin, host, cookieSecure);',
      without: 'return false;',
      test: 'tests/lib/http/origin.test.ts',
    },
    {
      guard: 'a page of another site is recognised by Sec-Fetch-Site, also with our own Origin',
      text: "if (site !== undefined) return site !== 'same-origin' && site !== 'none';",
      without: "if (site === 'none') return false;",
      test: 'tests/lib/http/origin.test.ts',
    },
    {
      guard: 'a page without TLS is not ours where cookies are Secure',
      text: "if (cookieSecure && url.protocol !== 'https:') return false;",
      test: 'tests/lib/http/origin.test.ts',
    },
    {
      guard: 'what is no origin is not logged',
      text: 'origin.length <= MAX_LOGGED && isOrigin(origin) && { origin }',
      without: '{ origin }',
      test: 'tests/lib/http/origin.test.ts',
    },
    {
      guard: 'an Origin is accepted only as browsers spell it',
      text: ' && URL.canParse(value) && new URL(value).origin === value;',
      without: ' && URL.canParse(value);',
      test: 'tests/lib/http/origin.test.ts',
    },
  ],
  'lib/http/body.ts': [
    {
      guard: 'a field with one value has no other',
      text: 'if (only !== undefined && value !== only) throw invalidField(name, `must be ${only}`);',
      test: 'tests/handlers/delivery.test.ts',
      title: 'never answers with the token',
    },
    {
      guard: 'a field that is too short is refused, as the OpenAPI document says',
      text: 'if (value.length < minLength) throw',
      without: 'if (value.length < minLength - 1) throw',
      test: 'tests/lib/api/openapi.test.ts',
    },
    {
      guard: 'a field that is given more than once is refused',
      text: "if (more.length > 0) throw invalidField(name, 'is given more than once');",
      test: 'tests/handlers/bad-input.test.ts',
    },
    {
      guard: 'a name that a JSON object repeats is refused',
      text: 'return [...Object.entries(value), ...repeated];',
      without: 'return [...Object.entries(value), ...repeated.slice(repeated.length)];',
      test: 'tests/handlers/bad-input.test.ts',
    },
    {
      guard: 'a field that is not valid UTF-8 is refused',
      text: "!value.isWellFormed() || value.includes('\\uFFFD')",
      without: '!value.isWellFormed()',
      test: 'tests/handlers/bad-input.test.ts',
    },
    {
      guard: 'a body that starts with a byte order mark is refused',
      text: "if (text.startsWith('\\uFEFF')) {",
      without: "if (text === '\\uFEFF') {",
      test: 'tests/handlers/bad-input.test.ts',
      title: 'a byte order mark',
    },
    {
      guard: 'a body with too many bytes is refused',
      text: 'if (bytes.length > MAX_BODY_BYTES) throw bodyTooLarge();',
      test: 'tests/handlers/bad-input.test.ts',
    },
  ],
  'lib/http/cookie.ts': [
    {
      guard: 'scripts cannot read the cookie',
      text: 'httpOnly: true,',
      test: 'tests/lib/http/cookie.test.ts',
    },
    {
      guard: 'other sites do not send the cookie',
      text: "sameSite: 'lax',",
      test: 'tests/lib/http/cookie.test.ts',
    },
    {
      guard: 'each of several session cookies is read',
      text: ".split(';')",
      without: ".split('; session_id')",
      test: 'tests/handlers/session-cookie.test.ts',
    },
    {
      guard: 'the cookie is sent over HTTPS only, if that is set',
      text: 'secure: cookieSecure,',
      test: 'tests/handlers/login.test.ts',
    },
  ],
  'lib/http/answer.ts': [
    {
      guard: 'an answer does not tell of an unknown error',
      text: "refusal('internal_error', 'Something went wrong')",
      without: "refusal('internal_error', String(error))",
      test: 'tests/lib/http/endpoint.test.ts',
    },
    {
      guard: 'other sites cannot embed an answer',
      text: "'cross-origin-resource-policy': 'same-site',",
      test: 'tests/lib/http/endpoint.test.ts',
    },
    {
      guard: 'no cache keeps an answer',
      text: "'cache-control': 'no-store',",
      test: 'tests/lib/http/endpoint.test.ts',
    },
  ],
  'lib/core/log.ts': [
    {
      guard: 'an item that an error of the SDK carries is not logged',
      text: 'name: error.name,',
      without: '...error,\n    name: error.name,',
      test: 'tests/lib/http/endpoint.test.ts',
    },
  ],
  'lib/api/contract.ts': [
    {
      guard: 'the OpenAPI document is current',
      text: "404: 'The user has no such session',",
      test: 'tests/lib/api/openapi.test.ts',
    },
  ],
};
