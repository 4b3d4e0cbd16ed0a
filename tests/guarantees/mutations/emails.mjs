/** @type {import('../mutations.mjs').Mutations} */
export default {
  'lib/emails/change.ts': [
    {
      guard: 'the owner of an address that somebody else wants is told in the own language',
      text: 'language: owner.language',
      without: 'language: user.language',
      test: 'tests/handlers/mail-language.test.ts',
      title: 'whoever asks to change to it',
    },
    {
      guard: 'a change of email asks for the password',
      text: 'await confirmPassword(app, user, password, { onLock });',
      without: "{ subject: '' };",
      test: 'tests/handlers/change-email.test.ts',
    },
    {
      guard: 'requests to change the email are limited in number',
      text: 'countRequest(app, user.id), ',
      test: 'tests/handlers/change-email.test.ts',
    },
    {
      guard: 'a change of email clears the attempts to confirm the password',
      text: ', clearAttempts(app, attempt)]',
      without: ']',
      test: 'tests/handlers/change-email.test.ts',
    },
    {
      guard: 'no token is made for an email that is taken',
      text: 'if (await isEmailTaken(app, new_email)) throw emailTaken(new_email);',
      test: 'tests/handlers/change-email.test.ts',
    },
    {
      guard: 'no token of a change is mailed that nobody asked for',
      text: 'change?.id !== change_id',
      without: '!change',
      test: 'tests/handlers/send-verification.test.ts',
    },
    {
      guard: 'a request for the email of a disabled user mails nothing',
      text: 'if (isDisabled(owner)) return undefined;',
      test: 'tests/handlers/send-verification.test.ts',
    },
    {
      guard: 'another request for the same email keeps the change',
      text: 'if (isSame) return undefined;',
      test: 'tests/lib/emails/verify.test.ts',
    },
    {
      guard: 'the own email calls off the pending change',
      text: "() => ({ remove: ['email_change'] })",
      without: '() => undefined',
      test: 'tests/handlers/change-email.test.ts',
    },
    {
      guard: 'a change of email is stored only while the user has the sessions and the email',
      text: 'const condition = { equal: { email, session_epoch } };',
      without: 'const condition = email ? {} : { session_epoch };',
      test: 'tests/lib/emails/verify.test.ts',
    },
  ],
  'lib/emails/verify.ts': [
    {
      guard: 'a token in an answer replaces no user',
      text: "if (!('mailed' in found.token)) return false;",
      test: 'tests/handlers/verify-email.test.ts',
      title: 'refuses an address that has been taken since',
    },
    {
      guard: 'a verification mails nothing to a disabled user',
      text: 'if (!user || isDisabled(user)) {',
      without: 'if (!user) {',
      test: 'tests/lib/emails/verify.test.ts',
    },
    {
      guard: 'a token that cannot be spent any more verifies nothing',
      text: 'if (outcome.failures.user ?? outcome.failures.token) return false;',
      without: 'if (outcome.failures.user ?? outcome.failures.token) return true;',
      test: 'tests/guarantees/races.test.ts',
      title: 'do not verify an address that changes during the verification',
    },
    {
      guard: 'a mail about a registration is not followed by a reset that voids its token',
      text: ', resetTurn(app, user, reset_token)],',
      without: '],',
      test: 'tests/lib/limits/mail-turns.test.ts',
    },
    {
      guard: 'a token alone confirms no email',
      text: "throw invalidField('password', 'is missing');",

      test: 'tests/handlers/verify-email.test.ts',
    },
    {
      guard: 'a token and a wrong password confirm no email',
      text: ': await confirmPassword(app, user, password, { holder: client, onLock });',
      without: ': undefined;',
      test: 'tests/handlers/verify-email.test.ts',
    },
    {
      guard: 'a password that comes with a token counts for the source',
      text: '{ holder: client, onLock }',
      without: '{ holder: {}, onLock }',
      test: 'tests/handlers/failed-logins-per-source.test.ts',
    },
    {
      guard: 'a token and the session of another user confirm no email',
      text: 'authenticated?.user.id === user.id',
      without: 'authenticated !== undefined',
      test: 'tests/handlers/verify-email.test.ts',
    },
    {
      guard: 'a verification lets the user log in at once',
      text: 'clearAttempts(app, { subject: loginOf(user.email) }),',
      test: 'tests/lib/emails/verify.test.ts',
    },
    {
      guard: 'a change of email leaves no session of another user in the browser',
      text: 'email !== user.email && !isLoggedIn && endPresented(app, session_id),',
      test: 'tests/handlers/verify-email.test.ts',
    },
  ],
};
