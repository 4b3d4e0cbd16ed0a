/** @type {import('../mutations.mjs').Mutations} */
export default {
  'lib/passwords/hash.ts': [
    {
      guard: 'a password that bcrypt would cut short is refused',
      text: 'if (truncates(password)) {',
      without: 'if (password.length > 999) {',
      test: 'tests/lib/passwords/hash.test.ts',
      title: 'checkPassword',
    },
    {
      guard: 'a hash with a key fits no password without the key',
      text: " || (form !== undefined && key === '')",
      test: 'tests/lib/passwords/hash.test.ts',
      title: 'verifyPassword with a key',
    },
    {
      guard: 'passwords are normalised for a hash of Flask-Security',
      text: ".normalize('NFKD')",
      test: 'tests/lib/passwords/hash.test.ts',
      title: 'verifyPassword with a key',
    },
    {
      guard: 'an unknown email takes the time of a hash',
      text: 'await compareWithNobody(password, cost);',
      test: 'tests/handlers/round-trips.test.ts',
      title: 'costs the same for an unknown email as for a wrong password',
    },
    {
      guard: 'a hash of a lower cost takes the time of an unknown email',
      text: 'await compareWithNobody(password, spent);',
      test: 'tests/lib/passwords/hash.test.ts',
      title: 'a wrong password',
    },
  ],
  'lib/passwords/verify.ts': [
    {
      guard: 'an imported hash is verified with the key of its system',
      text: ', settings.importedPasswordKey',
      test: 'tests/handlers/imported-user.test.ts',
      title: 'is verified with the key',
    },
    {
      guard: 'a password over 72 bytes fits the hash of an import',
      text: ' || isAsImported(user)',
      test: 'tests/handlers/imported-user.test.ts',
      title: 'logs an imported user in',
    },
    {
      guard: 'a password over 72 bytes fits no hash of ours',
      text: 'return imported_hash === digest(hashed_password);',
      without: 'return digest(hashed_password) !== imported_hash || imported_hash !== undefined;',
      test: 'tests/handlers/imported-user.test.ts',
      title: 'is refused if its first 72 bytes',
    },
    {
      guard: 'a password over 72 bytes fits no hash that replaced the imported one',
      text: 'return imported_hash === digest(hashed_password);',
      without: 'return imported_hash !== undefined && hashed_password !== undefined;',
      test: 'tests/handlers/imported-user.test.ts',
      title: 'fits no hash that replaced',
    },
  ],
  'lib/passwords/common.ts': [
    {
      guard: 'common passwords are found in any case',
      text: 'const text = password.toLowerCase();',
      without: 'const text = password;',
      test: 'tests/lib/passwords/policy.test.ts',
    },
    {
      guard: 'patterns are refused that no list has',
      text: 'isPattern(text) || ',
      test: 'tests/lib/passwords/policy.test.ts',
      title: 'refuseCommon',
    },
    {
      guard: 'common words with a usual ending are refused',
      text: ', ...wordsIn(text)',
      test: 'tests/lib/passwords/policy.test.ts',
      title: 'refuseCommon',
    },
  ],
  'lib/passwords/policy.ts': [
    {
      guard: 'a run of letters makes no password hard to guess',
      text: '(length < MIN_OWN_LETTERS ? length : 1)',
      without: 'length',
      test: 'tests/lib/passwords/policy.test.ts',
      title: 'refuseGuessable',
    },
    {
      guard: 'an outage of Have I Been Pwned refuses no password',
      text: "logWarning('A password was not looked up at Have I Been Pwned', error);",
      without: 'throw error;',
      test: 'tests/lib/passwords/policy.test.ts',
    },
    {
      guard: 'padding of Have I Been Pwned is not a breach',
      text: 'Number(count ?? 0) > 0',
      without: 'count !== undefined',
      test: 'tests/lib/passwords/policy.test.ts',
    },
  ],
  'lib/passwords/confirm.ts': [
    {
      guard: 'a confirmation of the password is counted first',
      text: 'return await countAttempt(app, subject, holder?.ip);',
      without: "return { subject: '' };",
      test: 'tests/handlers/change-password.test.ts',
    },
    {
      guard: 'failed logins make no user wait who is logged in',
      text: ': reauthenticationOf(user.id);',
      without: ': `login ${user.email}`;',
      test: 'tests/handlers/change-password.test.ts',
    },
    {
      guard: 'who has only a token keeps no user from a confirmation',
      text: 'holder ? redemptionOf(user) : reauthenticationOf(user.id)',
      without: 'reauthenticationOf(user.id)',
      test: 'tests/lib/emails/verify.test.ts',
      title: 'counts wrong passwords apart',
    },
    {
      guard: 'the owner is told that no password confirms a change any more',
      text: 'await onLock?.(user.id);',
      test: 'tests/handlers/send-mail.test.ts',
      title: 'a confirmation, after a hundred wrong passwords',
    },
    {
      guard: 'a confirmation verifies the password',
      text: 'await expectPassword(app, user, password);',
      test: 'tests/handlers/change-password.test.ts',
    },
    {
      guard: 'a wrong password is no confirmation',
      text: 'if (await isPasswordOf(app, user, password)) return;',
      without: 'if ((await isPasswordOf(app, user, password)) || user.id) return;',
      test: 'tests/handlers/change-password.test.ts',
    },
    {
      guard: 'a wrong password over 72 bytes is refused as too long when it is asked for again',
      text: 'checkPassword(password);',
      test: 'tests/handlers/imported-user.test.ts',
      title: 'confirms a change',
    },
  ],
  'lib/passwords/change.ts': [
    {
      guard: 'a change of password applies the rules for passwords',
      text: "await applyPasswordRules(app, new_password, 'new_password', email);",
      test: 'tests/handlers/change-password.test.ts',
    },
    {
      guard: 'a change of password asks for the current one',
      text: 'await confirmPassword(app, found.user, password, { onLock });',
      without: "{ subject: '' };",
      test: 'tests/handlers/change-password.test.ts',
    },
    {
      guard: 'failed logins from the same address keep nobody from a new password',
      text: '{ onLock });',
      without: '{ holder: client, onLock });',
      test: 'tests/handlers/failed-logins-per-source.test.ts',
    },
    {
      guard: 'a change of password verifies again a password that was changed meanwhile',
      text: '(user) => expectPassword(app, user, password),',
      test: 'tests/guarantees/races.test.ts',
      title: 'refuses the old password if the library replaces it during the',
    },
    {
      guard: 'a change of password clears the attempts',
      text: 'clearAttempts(app, attempt),',
      test: 'tests/handlers/change-password.test.ts',
    },
    {
      guard: 'a password changes only if nobody has changed it or ended all sessions meanwhile',
      text: 'condition: { equal: { session_epoch, hashed_password: verified } },',
      test: 'tests/guarantees/races.test.ts',
      title: 'sets one of two simultaneous new passwords',
    },
    {
      guard: 'a change of password removes the reset token',
      text: 'remove: RESET_TOKEN_ATTRIBUTES,',
      test: 'tests/handlers/change-password.test.ts',
    },
  ],
  'lib/passwords/reset.ts': [
    {
      guard: 'a reset mails nothing to a disabled user',
      text: 'if (!user || isDisabled(user)) {',
      without: 'if (!user) {',
      test: 'tests/lib/operators/operators.test.ts',
    },
    {
      guard: 'a reset with a token of another email hashes nothing',
      text: 'address === undefined || found?.email === address ? found : undefined;',
      without: 'found;',
      test: 'tests/handlers/round-trips.test.ts',
      title: 'if the token belongs to another email',
    },
    {
      guard: 'a reset applies the rules for passwords',
      text: "if (user) await applyPasswordRules(app, new_password, 'new_password', user.email);",
      test: 'tests/lib/auth.test.ts',
    },
    {
      guard: 'a reset clears the attempts of the email',
      text: 'clearAttempts(app, { subject: loginOf(user.email) }),',
      test: 'tests/lib/limits/attempts.test.ts',
      title: 'the count of an email',
    },
    {
      guard: 'a reset clears the attempts to confirm the password',
      text: 'clearAttempts(app, { subject: reauthenticationOf(user.id) }),',
      test: 'tests/handlers/change-password.test.ts',
    },
    {
      guard: 'a reset ends the session that the client sends',
      text: 'endPresented(app, presented),',
      test: 'tests/handlers/update-password.test.ts',
    },
    {
      guard: 'a reset recognises its own write if the answer was lost',
      text: "return outcome.applied || outcome.found?.['hashed_password'] === hashed_password;",
      without: 'return outcome.applied;',
      test: 'tests/guarantees/faults.test.ts',
      title: 'PUT /reset_password',
    },
  ],
};
