/** @type {import('../mutations.mjs').Mutations} */
export default {
  'lib/login/password.ts': [
    {
      guard: 'a login is counted as an attempt',
      text: 'countLogin(app, address, client.ip),',
      test: 'tests/lib/limits/attempts.test.ts',
    },
    {
      guard: 'a login needs the right password',
      text: 'if (!user || !isVerified) {',
      without: 'if (!user) {',
      test: 'tests/lib/auth.test.ts',
    },
    {
      guard: 'the owner of an email is told that no password logs in any more',
      text: 'onLock?.(address);',
      test: 'tests/lib/limits/attempts.test.ts',
      title: 'is reported once',
    },
    {
      guard: 'a login succeeds even if the hash cannot be upgraded',
      text: "logWarning('A hash was not upgraded', error);",
      without: 'throw error;',
      test: 'tests/lib/limits/attempts.test.ts',
      title: 'a hash of another system',
    },
    {
      guard: 'a login with an imported password over 72 bytes makes no hash of it',
      text: ' && !truncates(password)',
      test: 'tests/handlers/imported-user.test.ts',
      title: 'logs an imported user in',
    },
  ],
  'handlers/login.ts': [
    {
      guard: 'a wrong password over 72 bytes is refused as too long',
      text: 'checkPassword(password);',
      test: 'tests/handlers/imported-user.test.ts',
      title: 'gets the same answers',
    },
  ],
  'lib/login/finish.ts': [
    {
      guard: 'a disabled user cannot log in',
      text: "throw refuse(user, 'account_disabled',",
      without: "refuse(user, 'account_disabled',",
      test: 'tests/handlers/disabled-user.test.ts',
    },
    {
      guard: 'a login requires a verified email if that is set',
      text: 'settings.requireVerifiedEmail && user.email_verified_at === undefined',
      without: 'settings.requireVerifiedEmail && user.email_verified_at === 0',
      test: 'tests/handlers/require-verified-email.test.ts',
    },
    {
      guard: 'the right password of a disabled user is no guess',
      text: 'await clearAttempts(app, attempt);',
      test: 'tests/handlers/disabled-user.test.ts',
    },
    {
      guard:
        'the right password of an unverified email counts as a failure, like any other of that email',
      text: "throw refuse(user, 'email_not_verified',",
      without: "await clearAttempts(app, attempt);\n    throw refuse(user, 'email_not_verified',",
      test: 'tests/handlers/require-verified-email.test.ts',
      title: 'does not reveal whether an address was free',
    },
    {
      guard: 'a login clears the attempts of the email',
      text: 'clearAttempts(app, attempt),',
      test: 'tests/lib/limits/attempts.test.ts',
      title: 'the count of an email',
    },
  ],
  'lib/auth.ts': [
    {
      guard: 'validLogin is false for a disabled user',
      text: ' && !isDisabled(user)',
      test: 'tests/lib/operators/operators.test.ts',
    },
    {
      guard: 'validLogin needs the right password',
      text: 'isVerified && ',
      test: 'tests/lib/auth.test.ts',
    },
    {
      guard: 'createSession gives no session to a disabled user',
      text: "if (isRefusal(error, 'account_disabled')) return null;",
      test: 'tests/lib/operators/operators.test.ts',
    },
  ],
};
