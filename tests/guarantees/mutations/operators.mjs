/** @type {import('../mutations.mjs').Mutations} */
export default {
  'lib/operators/operators.ts': [
    {
      guard: 'a purge deletes nobody who has verified the email',
      text: "equal: { session_epoch, updated_at }, missing: ['email_verified_at'] };",
      without: 'equal: { session_epoch, updated_at } };',
      test: 'tests/lib/cli/users.test.ts',
      title: 'deletes nobody whose',
    },
    {
      guard: 'a purge deletes nobody who has changed',
      text: 'equal: { session_epoch, updated_at }, missing',
      without: 'equal: {}, missing',
      test: 'tests/lib/cli/users.test.ts',
      title: 'deletes nobody whose',
    },
    {
      guard: 'disabling a user ends sessions that start meanwhile',
      text: `set: { disabled_at: now, updated_at: now },
    add: { session_epoch: 1 },`,
      without: 'set: { disabled_at: now, updated_at: now },',
      test: 'tests/guarantees/operators.test.ts',
      title: 'persists through a simultaneous change of password',
    },
    {
      guard: 'disabling a user stops a reset that is under way',
      text: 'remove: RESET_TOKEN_ATTRIBUTES,',
      test: 'tests/guarantees/operators.test.ts',
      title: 'persists through a simultaneous reset',
    },
    {
      guard: 'a user is disabled once',
      text: 'condition: NOT_DISABLED,',
      test: 'tests/lib/operators/operators.test.ts',
    },
    {
      guard: 'only a disabled user can be enabled',
      text: "condition: { present: ['disabled_at'] },",
      test: 'tests/lib/operators/operators.test.ts',
    },
    {
      guard: 'enabling a user makes no session valid that was made meanwhile',
      text: `add: { session_epoch: 1 },
    remove: ['disabled_at'`,
      without: "remove: ['disabled_at'",
      test: 'tests/lib/operators/operators.test.ts',
    },
    {
      guard: 'enabling a user makes no reset token valid that was made meanwhile',
      text: ', ...RESET_TOKEN_ATTRIBUTES],',
      without: '],',
      test: 'tests/lib/operators/operators.test.ts',
    },
    {
      guard: 'an operator signs a user out of all sessions',
      text: `set: { updated_at: app.now() },
    add: { session_epoch: 1 },
  });`,
      without: 'set: { updated_at: app.now() },\n  });',
      test: 'tests/lib/operators/operators.test.ts',
    },
    {
      guard: 'an operator unlocks the login of a user',
      text: 'logins: { delete: subjectKey(loginOf(email)) },',
      test: 'tests/lib/operators/operators.test.ts',
      title: 'Operators.unlock',
    },
    {
      guard: 'an operator unlocks the confirmations of a user',
      text: 'confirmations: { delete: subjectKey(reauthenticationOf(id)) },',
      test: 'tests/lib/operators/operators.test.ts',
      title: 'Operators.unlock',
    },
    {
      guard: 'an operator is told if the user was not deleted',
      text: 'if (!done) notFound();',
      test: 'tests/lib/operators/operators.test.ts',
    },
    {
      guard: 'a look at a user is recorded',
      text: "await put(app.table, newRecord(app, id, 'show', by));",
      test: 'tests/lib/operators/operators.test.ts',
    },
    {
      guard: 'a look at a session is recorded',
      text: "await put(app.table, newRecord(app, id, 'find-session', by));",
      test: 'tests/lib/operators/operators.test.ts',
    },
    {
      guard: 'a reset token of a disabled user is not shown as pending',
      text: '!isDisabled(user) && expires_at > now',
      without: 'expires_at > now',
      test: 'tests/lib/operators/operators.test.ts',
    },
  ],
  'lib/operators/audit.ts': [
    {
      guard: 'an act is recorded',
      text: 'record: { put: record, condition: { absent: true } },',
      without: "record: { put: { ...record, item: 'x' }, condition: { absent: true } },",
      test: 'tests/lib/operators/operators.test.ts',
    },
    {
      guard: 'an act is done once',
      text: '{ put: record, condition: { absent: true } },',
      without: '{ put: record },',
      test: 'tests/guarantees/operators.test.ts',
      title: 'an act whose answer is lost',
    },
    {
      guard: 'an act recognises its own record if the answer was lost',
      text: 'if (outcome.applied || outcome.failures.record) return { done: true };',
      without: 'if (outcome.applied) return { done: true };',
      test: 'tests/guarantees/operators.test.ts',
      title: 'an act whose answer is lost',
    },
  ],
};
