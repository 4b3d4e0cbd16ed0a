/** @type {import('../mutations.mjs').Mutations} */
export default {
  'lib/accounts/register.ts': [
    {
      guard: 'a registration applies the rules for passwords',
      text: "await applyPasswordRules(app, password, 'password', address);",
      test: 'tests/lib/auth.test.ts',
    },
    {
      guard: 'a registration of a taken email hashes nothing',
      text: 'if (await isEmailTaken(app, address)) throw emailTaken(email);',
      test: 'tests/handlers/round-trips.test.ts',
      title: 'costs one round trip and no bcrypt if the email is taken',
    },
    {
      guard:
        'a registration does not tell which emails are taken if login waits for the verification',
      text: "if (!isRefusal(error, 'email_taken')) throw error;",
      without: 'throw error;',
      test: 'tests/handlers/require-verified-email.test.ts',
    },
    {
      guard: 'a registration of a taken email writes as much as one of a free email',
      text: 'if (isTaken) await addDecoys(app);\n  else added',
      without: 'added',
      test: 'tests/handlers/round-trips.test.ts',
      title: 'costs two round trips and one bcrypt, whether or not the email is taken',
    },
  ],
  'lib/accounts/delete.ts': [
    {
      guard: 'a notice of a deletion goes to the address that the user had',
      text: 'deletion?.address === digest(email) && now() < deletion.expires_at',
      without: 'deletion !== undefined && now() < deletion.expires_at',
      test: 'tests/handlers/send-mail.test.ts',
    },
    {
      guard: 'a notice of a deletion is sent for 14 days',
      text: ' && now() < deletion.expires_at',
      test: 'tests/handlers/send-mail.test.ts',
    },
    {
      guard: 'no notice of a deletion goes to an address that was never verified',
      text: 'return withNotice && email_verified_at !== undefined;',
      without: 'return withNotice || email_verified_at !== undefined;',
      test: 'tests/handlers/send-mail.test.ts',
    },
    {
      guard: 'the notice of a deletion is in the language of the user who is gone',
      text: '...(language !== undefined && { language }),',
      test: 'tests/handlers/mail-language.test.ts',
      title: 'every mail to a user',
    },
    {
      guard: 'a deletion of the account asks for the password',
      text: 'await confirmPassword(app, found.user, password, { onLock });',
      without: "{ subject: '' };",
      test: 'tests/handlers/delete-user.test.ts',
    },
    {
      guard: 'a deletion of the account verifies again a password that was changed meanwhile',
      text: '(changed) => expectPassword(app, changed, password),',
      test: 'tests/lib/accounts/delete.test.ts',
    },
    {
      guard: 'a deletion of the account clears the attempts',
      text: 'clearAttempts(app, attempt),',
      test: 'tests/lib/accounts/delete.test.ts',
    },
    {
      guard: 'an account is deleted only if the password still is the one that was verified',
      text: 'equal: { hashed_password },',
      without: 'equal: {},',
      test: 'tests/guarantees/races.test.ts',
      title: 'does not delete an account whose password is reset during the deletion',
    },
    {
      guard: 'a disabled user cannot delete the account',
      text: ', ...NOT_DISABLED }',
      without: ' }',
      test: 'tests/guarantees/operators.test.ts',
      title: 'prevents a simultaneous deletion by the user',
    },
  ],
};
