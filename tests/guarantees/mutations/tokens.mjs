/** @type {import('../mutations.mjs').Mutations} */
export default {
  'lib/tokens/reset-token.ts': [
    {
      guard: 'a reset token is set only if the user still has the email',
      text: 'condition: { equal: { email } },',
      without: 'condition: {},',
      test: 'tests/lib/auth.test.ts',
    },
    {
      guard: 'an invalid reset token finds nobody',
      text: 'if (user && isValidResetToken(user, tokenDigest, app.now())) return user;',
      without:
        'if (user && isValidResetToken(user, user.reset_token ?? tokenDigest, 0)) return user;',
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
      text: 'reset_token: digest(reset_token),\n        ...(expected',
      without: '...(expected',
      test: 'tests/guarantees/races.test.ts',
      title: 'a request for a reset token during a redemption',
    },
    {
      guard: 'a reset token is spent only if the user still has the email',
      text: '...(expected !== undefined && { email: expected }),',
      test: 'tests/lib/auth.test.ts',
    },
    {
      guard: 'a mailed reset verifies only the address that the token was mailed to',
      text: 'const wasMailed = user.reset_token_mailed === mailed(reset_token, user.email);',
      without: 'const wasMailed = user.reset_token_mailed !== undefined;',
      test: 'tests/lib/auth.test.ts',
      title: 'verifies no email if the token was not mailed',
    },
    {
      guard: 'a mailed reset verifies no address that the user has only since the read',
      text: 'const expected = verifies ? user.email : email;',
      without: 'const expected = email;',
      test: 'tests/lib/auth.test.ts',
      title: 'verifies no email if the token was not mailed',
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
      text: ' || isDisabled(user)',
      test: 'tests/handlers/disabled-user.test.ts',
    },
    {
      guard: 'an email token that has expired is not valid',
      text: 'now < expires_at && ',
      test: 'tests/lib/emails/verify.test.ts',
    },
    {
      guard: 'an email token is not valid after all sessions have ended',
      text: 'epoch === user.session_epoch && ',
      test: 'tests/lib/emails/verify.test.ts',
    },
    {
      guard: 'an email token is not valid after the email has changed',
      text: ' && address === digest(user.email)',
      test: 'tests/lib/emails/verify.test.ts',
    },
    {
      guard: 'an email token that has expired cannot be spent',
      text: 'greater: { expires_at: time }',
      without: 'greater: { expires_at: 0 }',
      test: 'tests/lib/emails/verify.test.ts',
    },
    {
      guard: 'a repeated redemption gets the answer of the first',
      text: "if (sameDigest(user.email_verified_by ?? '', tokenDigest)) return { user, email: user.email };",
      test: 'tests/handlers/verify-email.test.ts',
    },
    {
      guard: 'an email token cannot be spent after all sessions have ended',
      text: 'const asRead = { email: user.email, session_epoch: epoch };',
      without: 'const asRead = { email: user.email };',
      test: 'tests/lib/emails/verify.test.ts',
    },
    {
      guard: 'an email token cannot be spent after the email has changed',
      text: 'const asRead = { email: user.email, session_epoch: epoch };',
      without: 'const asRead = { session_epoch: epoch };',
      test: 'tests/guarantees/races.test.ts',
      title: 'do not verify an address that changes during the verification',
    },
    {
      guard: 'an email token changes the email only to one that nobody has',
      text: '...moveMarkerWrites(user, email, other),',
      without: `...moveMarkerWrites(user, email, other),
    newMarker: { put: moveMarkerWrites(user, email).newMarker.put },`,
      test: 'tests/guarantees/races.test.ts',
      title: 'give an address to only one of two accounts',
    },
    {
      guard: 'a change of email ends all sessions',
      text: 'session_epoch: epoch + 1,',
      without: 'session_epoch: epoch,',
      test: 'tests/handlers/verify-email.test.ts',
    },
    {
      guard: 'a change of email removes the reset token',
      text: "...RESET_TOKEN_ATTRIBUTES, 'email_change'",
      without: "'email_change'",
      test: 'tests/handlers/verify-email.test.ts',
    },
    {
      guard: 'an address that was never verified is not told that it lost the account',
      text: ' && user.email_verified_at !== undefined ? user.email : undefined;',
      without: ' ? user.email : undefined;',
      test: 'tests/handlers/send-verification.test.ts',
    },
    {
      guard: 'a notice of a change of email goes to an address that the user had',
      text: 'formerEmailKey(user_id, digest(email))',
      without: "formerEmailKey(user_id, digest(''))",
      test: 'tests/handlers/send-verification.test.ts',
    },
    {
      guard: 'the notice of a change of email is in the language of its user',
      text: '...(language !== undefined && { language }),',
      test: 'tests/handlers/mail-language.test.ts',
      title: 'every mail to a user',
    },
    {
      guard: 'a notice of a change of email is sent for 14 days',
      text: ' && now() < former.expires_at',
      test: 'tests/handlers/send-verification.test.ts',
    },
    {
      guard: 'a change of email that has expired is not pending',
      text: ' || now >= change.expires_at',
      test: 'tests/lib/emails/verify.test.ts',
    },
    {
      guard: 'a change of email is not pending after all sessions have ended',
      text: 'change.epoch === session_epoch && ',
      test: 'tests/lib/emails/verify.test.ts',
    },
    {
      guard: 'a change of email is not pending after the email has changed',
      text: ' && change.old_email === digest(user.email)',
      test: 'tests/lib/emails/verify.test.ts',
    },
    {
      guard: 'a change of email has the token that was made last',
      text: 'change?.token !== undefined && sameDigest(change.token, tokenDigest)',
      without: 'change?.token !== undefined',
      test: 'tests/handlers/verify-email.test.ts',
    },
    {
      guard: 'no token is made for a change that was replaced or called off',
      text: 'condition: { equal: { email, session_epoch, email_change: change } },',
      without: 'condition: { equal: { email, session_epoch } },',
      test: 'tests/lib/emails/verify.test.ts',
    },
    {
      guard: 'no token is made for a change that is void by now',
      text: 'condition: { equal: { email, session_epoch, email_change: change } },',
      without: 'condition: { equal: { email, email_change: change } },',
      test: 'tests/lib/emails/verify.test.ts',
    },
    {
      guard: 'a change of email that expires cannot be spent',
      text: 'if (time >= token.expires_at) return { applied: false, failures: { user: { found: user } } };',
      test: 'tests/lib/emails/verify.test.ts',
    },
    {
      guard: 'a token of a change of email is spent only while it is the last one',
      text: 'equal: { ...asRead, email_change: token }',
      without: 'equal: asRead',
      test: 'tests/guarantees/races.test.ts',
      title: 'do not confirm a change that is replaced meanwhile',
    },
  ],
};
