/** @type {import('../mutations.mjs').Mutations} */
export default {
  'lib/limits/attempts.ts': [
    {
      guard: 'of attempts made at once, no more than the free ones pass',
      text: 'atMost: { count: FREE_ATTEMPTS - 1 }, ',
      test: 'tests/lib/limits/attempts.test.ts',
    },
    {
      guard: 'a count of attempts starts anew after a day',
      text: ', greater: { expires_at: now }',
      test: 'tests/lib/limits/attempts.test.ts',
    },
    {
      guard: 'of attempts made at once after a wait, one passes',
      text: 'condition: { equal: { count, last_at } },',
      test: 'tests/lib/limits/attempts.test.ts',
    },
    {
      guard: 'an attempt within the wait is refused',
      text: 'if (wait > 0) throw tooMany(wait);',
      test: 'tests/lib/limits/attempts.test.ts',
    },
    {
      guard: 'a source that is refused does not make an email wait',
      text: 'if (counted.applied) await update(table, takeBack(subjectKey(subject)));',
      test: 'tests/lib/limits/attempts.test.ts',
      title: 'a source',
    },
    {
      guard: 'a source has a limited number of attempts',
      text: 'condition: { atMost: { count: app.settings.failedLoginsPerSource - 1 } },',
      test: 'tests/lib/limits/attempts.test.ts',
      title: 'a source',
    },
    {
      guard: 'a successful login does not count for its source',
      text: 'isLimited(app, source) && update(app.table, takeBack(sourceKey(source, app.now()))),',
      test: 'tests/lib/limits/attempts.test.ts',
      title: 'a source',
    },
  ],
  'lib/limits/mail-turns.ts': [
    {
      guard: 'a user gets one mail of a kind in 5 minutes',
      text: '{ missing: [at] },',
      without: "{ equal: { item: 'user' } },",
      test: 'tests/handlers/send-mail.test.ts',
    },
    {
      guard: 'the next mail may be sent after 5 minutes, not a second later',
      text: '{ [at]: now - MAIL_SECONDS }',
      without: '{ [at]: now - MAIL_SECONDS - 1 }',
      test: 'tests/handlers/send-mail.test.ts',
    },
    {
      guard: 'a retry of the same invocation sends the mail',
      text: '{ equal: { [by]: invocation } },',
      test: 'tests/handlers/send-mail.test.ts',
    },
  ],
};
