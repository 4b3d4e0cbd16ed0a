/** @type {import('../mutations.mjs').Mutations} */
export default {
  'lib/tokens/reset-token.ts': [
    {
      guard: 'a reset token that a user asked for is set only if the user still has the email',
      text: 'condition: { equal: { email }, ...(turn && { anyOf: turn.anyOf }) },',
      without: 'condition: turn ? { equal: { email }, anyOf: turn.anyOf } : {},',
      test: 'tests/lib/auth.test.ts',
    },
    {
      guard: 'a reset token that is mailed is set only if the user still has the email',
      text: 'condition: { equal: { email }, ...(turn && { anyOf: turn.anyOf }) },',
      without: 'condition: turn ? { anyOf: turn.anyOf } : { equal: { email } },',
      test: 'tests/lib/auth.test.ts',
    },
    {
      guard: 'an invalid reset token finds nobody',
      text: 'if (user && isValid(user, tokenDigest, app.now())) return user;',
      without: 'if (user && isValid(user, user.reset_token ?? tokenDigest, 0)) return user;',
      test: 'tests/lib/db.test.ts',
    },
    {
      guard: 'a reset token of a disabled user finds nobody',
      text: '!isDisabled(user) &&',
      test: 'tests/lib/operators/operators.test.ts',
    },
    {
      guard: 'the reset token index only suggests: the user has to have that token',
      text: 'sameDigest(user.reset_token, tokenDigest) &&',
      test: 'tests/lib/db.test.ts',
    },
    {
      guard: 'a reset token that has expired finds nobody',
      text: ' &&\n    now < (user.reset_token_expires_at ?? 0)',
      test: 'tests/lib/db.test.ts',
    },
    {
      guard: 'a reset token is spent once',
      text: 'equal: { reset_token: digest(reset_token), ',
      without: 'equal: { ',
      test: 'tests/guarantees/races.test.ts',
    },
    {
      guard: 'a reset token is spent only if the user still has the email',
      text: ', ...(email !== undefined && { email }) }',
      without: ' }',
      test: 'tests/lib/auth.test.ts',
    },
    {
      guard: 'a reset token that has expired cannot be spent',
      text: 'greater: { reset_token_expires_at: now },',
      test: 'tests/lib/auth.test.ts',
    },
    {
      guard: 'a reset ends all sessions',
      text: 'add: { session_epoch: 1 },',
      test: 'tests/lib/auth.test.ts',
    },
  ],
  'lib/tokens/email-token.ts': [
    {
      guard: 'an email token of a disabled user is not valid',
      text: 'isDisabled(user) || ',
      test: 'tests/handlers/disabled-user.test.ts',
    },
    {
      guard: 'an email token that has expired is not valid',
      text: ' || now() >= item.expires_at',
      test: 'tests/lib/emails/verify.test.ts',
    },
    {
      guard: 'an email token is not valid after all sessions have ended',
      text: 'item.epoch === user.session_epoch && ',
      test: 'tests/lib/emails/verify.test.ts',
    },
    {
      guard: 'an email token is not valid after the email has changed',
      text: ' && item.address === user.email',
      test: 'tests/lib/emails/verify.test.ts',
    },
    {
      guard: 'an email token that has expired cannot be spent',
      text: 'greater: { expires_at: time }',
      without: 'greater: { expires_at: 0 }',
      test: 'tests/lib/emails/verify.test.ts',
    },
    {
      guard: 'an email token is spent once',
      text: 'condition: { greater: { expires_at: time } },',
      test: 'tests/guarantees/races.test.ts',
    },
    {
      guard: 'an email token cannot be spent after all sessions have ended',
      text: 'equal: { email: address, session_epoch: epoch }',
      without: 'equal: { email: address }',
      test: 'tests/lib/emails/verify.test.ts',
    },
    {
      guard: 'an email token cannot be spent after the email has changed',
      text: 'equal: { email: address, session_epoch: epoch }',
      without: 'equal: { session_epoch: epoch }',
      test: 'tests/guarantees/races.test.ts',
    },
    {
      guard: 'an email token changes the email only to one that nobody has',
      text: '...moveMarkerWrites(user, email),',
      without: `...moveMarkerWrites(user, email),
    newMarker: { put: moveMarkerWrites(user, email).newMarker.put },`,
      test: 'tests/guarantees/races.test.ts',
    },
    {
      guard: 'a change of email ends all sessions',
      text: 'email, session_epoch: epoch + 1 }',
      without: 'email, session_epoch: epoch }',
      test: 'tests/handlers/verify-email.test.ts',
    },
    {
      guard: 'a change of email removes the reset token',
      text: 'remove: RESET_TOKEN_ATTRIBUTES,',
      test: 'tests/handlers/verify-email.test.ts',
    },
    {
      guard: 'a verification is mailed only if the user still has the email',
      text: 'condition: { equal: { email }, anyOf } }',
      without: 'condition: { anyOf } }',
      test: 'tests/lib/emails/verify.test.ts',
    },
  ],
};
