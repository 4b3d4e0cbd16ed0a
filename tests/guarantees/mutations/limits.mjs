/** @type {import('../mutations.mjs').Mutations} */
export default {
  'lib/limits/attempts.ts': [
    {
      guard: 'of attempts made at once, no more than the free ones pass',
      text: 'count: FREE_ATTEMPTS - 1, ',
      test: 'tests/lib/limits/attempts.test.ts',
    },
    {
      guard: 'a count of attempts starts anew after a day',
      text: 'greater: { last_at: now - WAITS_SECONDS },',
      test: 'tests/lib/limits/attempts.test.ts',
    },
    {
      guard: 'of attempts made at once after a wait, one passes',
      text: 'condition: { equal: { count: before.count, last_at: before.last_at } },',
      test: 'tests/lib/limits/attempts.test.ts',
    },
    {
      guard: 'an attempt within the wait is refused',
      text: `if (wait_seconds > 0) {
    throw tooMany(wait_seconds, failures < most ? 'try again later' : 'reset your password');
  }`,
      test: 'tests/lib/limits/attempts.test.ts',
    },
    {
      guard: 'a hundred passwords in a row may fail',
      text: 'if (failures >= most) return { count, failures, wait_seconds: expires_at - now };',
      test: 'tests/lib/limits/attempts.test.ts',
    },
    {
      guard: 'the count of who has only a token starts anew when the tokens are void',
      text: ' ${String(session_epoch)}` as const',
      without: '` as const',
      test: 'tests/lib/emails/verify.test.ts',
      title: 'starts a new count of wrong passwords once',
    },
    {
      guard: 'the hundredth attempt is told from the free ones',
      text: ', failures: most - 2 },',
      without: ' },',
      test: 'tests/lib/limits/attempts.test.ts',
    },
    {
      guard: 'failures in a row outlive the waits',
      text: 'failures: failures + 1 },',
      without: 'failures: count + 1 },',
      test: 'tests/lib/limits/attempts.test.ts',
    },
    {
      guard: 'a source that is refused does not make an email wait',
      text: 'counted.applied && update(app.table, { key, add: { count: -1, failures: -1 } });',
      without: 'undefined;',
      test: 'tests/lib/limits/attempts.test.ts',
      title: 'a source',
    },
    {
      guard: 'a source has a limited number of attempts',
      text: 'condition: { atMost: { count: limit * width - 1 } },',
      test: 'tests/lib/limits/attempts.test.ts',
      title: 'a source',
    },
    {
      guard: 'a successful login does not count for its source',
      text: '[remove(app.table, subjectKey(subject)), takeBack(app, ofSource)]',
      without: '[remove(app.table, subjectKey(subject))]',
      test: 'tests/lib/limits/attempts.test.ts',
      title: 'a source',
    },
    {
      guard: 'an email that has to wait uses up nothing of its source',
      text: 'await takeBack(app, ofSource.counted);',
      test: 'tests/lib/limits/attempts.test.ts',
      title: 'a source',
    },
    {
      guard: 'a network that is refused uses up nothing of the networks around it',
      text: '[taken, takeBack(app, ofSource.counted)]',
      without: '[taken]',
      test: 'tests/lib/limits/attempts.test.ts',
      title: 'a source',
    },
  ],
  'lib/limits/networks.ts': [
    {
      guard: 'an IPv4 address is the same in every form',
      text: "if (IPV4_IN_IPV6.includes(groups.slice(0, 6).join(':'))) {",
      without: 'if (low < 0) {',
      test: 'tests/lib/limits/attempts.test.ts',
      title: 'a source',
    },
    {
      guard: 'a client with 65,536 networks of IPv6 is limited',
      text: "{ network: groups.slice(0, 3).join(':'), width: 10 },",
      test: 'tests/lib/limits/attempts.test.ts',
      title: 'a source',
    },
  ],
  'lib/limits/mail-turns.ts': [
    {
      guard: 'an address gets one mail of a kind in 5 minutes',
      text: 'if (await isGood(previous, user_id, turn.isValid)) {',
      without: 'if (!previous) {',
      test: 'tests/lib/limits/mail-turns.test.ts',
    },
    {
      guard: 'the next mail may be sent after 5 minutes, not a second later',
      text: 'previous.at <= now - KIND_SECONDS',
      without: 'previous.at < now - KIND_SECONDS',
      test: 'tests/lib/limits/mail-turns.test.ts',
    },
    {
      guard: 'a mail does not wait for a token that is void',
      text: '|| isValid(token);',
      without: '|| true;',
      test: 'tests/lib/limits/mail-turns.test.ts',
    },
    {
      guard: 'a mail waits although the account was deleted and registered again',
      text: ' || user_id !== asking',
      test: 'tests/lib/limits/mail-turns.test.ts',
    },
    {
      guard: 'a retry of the same invocation sends the mail',
      text: ' || previous.by === invocation',
      test: 'tests/lib/limits/mail-turns.test.ts',
    },
    {
      guard: 'a retry of the same invocation does not wait for mails of other kinds',
      text: '!isRetry && recent.length',
      without: 'recent.length',
      test: 'tests/lib/limits/mail-turns.test.ts',
    },
    {
      guard: 'an address gets a limited number of mails in an hour',
      text: 'recent.length >= MAILS_PER_HOUR[kind]',
      without: 'recent.length > MAILS_PER_HOUR[kind]',
      test: 'tests/lib/limits/mail-turns.test.ts',
    },
    {
      guard: 'mails that strangers cause leave a verification and a reset to the owner',
      text: 'change: 6,\n  exists: 6,',
      without: 'change: 8,\n  exists: 8,',
      test: 'tests/lib/limits/mail-turns.test.ts',
    },
    {
      guard: 'mails about registrations and verifications leave a reset to the owner',
      text: 'verification: 8,\n  registration: 8,',
      without: 'verification: 10,\n  registration: 10,',
      test: 'tests/lib/limits/mail-turns.test.ts',
    },
    {
      guard: 'a mail takes the turn of each kind whose token it carries',
      text: 'for (const turn of turns) {',
      without: 'for (const turn of turns.slice(0, 1)) {',
      test: 'tests/lib/limits/mail-turns.test.ts',
    },
    {
      guard: 'an address gets mails again after an hour',
      text: 'sent_at.filter((at) => at > now - HOUR_SECONDS)',
      without: 'sent_at.filter((at) => at > 0)',
      test: 'tests/lib/limits/mail-turns.test.ts',
    },
    {
      guard: 'a retry of an invocation counts once',
      text: 'isRetry ? recent : [...recent, now]',
      without: '[...recent, now]',
      test: 'tests/lib/limits/mail-turns.test.ts',
    },
    {
      guard: 'of mails of a kind that are sent at once, one is',
      text: 'condition: item ? { equal: { revision } } : { absent: true }',
      without: 'condition: undefined',
      test: 'tests/lib/limits/mail-turns.test.ts',
    },
    {
      guard: 'mails of different kinds to an address do not stop each other',
      text: 'if (!outcome.failures.turn) return undefined;',
      without: 'return undefined;',
      test: 'tests/lib/limits/mail-turns.test.ts',
    },
  ],
};
