/** @type {import('../mutations.mjs').Mutations} */
export default {
  'lib/mail/ses.ts': [
    {
      guard: 'the answer of SES, which names the address, is not logged',
      text: 'throw failure;',
      without: 'throw error;',
      test: 'tests/lib/mail/ses.test.ts',
    },
    {
      guard: 'a recipient that SES refuses for good is not tried again',
      text: 'if (!isAboutRecipient(error)) throw failure;',
      without: 'throw failure;',
      test: 'tests/lib/mail/ses.test.ts',
    },
    {
      guard: 'a mail is tried again if the account is at fault',
      text: 'if (!isAboutRecipient(error)) throw failure;',
      test: 'tests/lib/mail/ses.test.ts',
    },
    {
      guard: 'no mail goes to an address that always bounces, or that routes it elsewhere',
      text: 'if (!takesMail(to)) {',
      without: 'if (!to) {',
      test: 'tests/lib/mail/ses.test.ts',
    },
    {
      guard: 'no mail goes to an address whose mail has bounced',
      text: 'if (await watch?.isMarked(to)) {',
      without: "if (to === '') {",
      test: 'tests/lib/mail/ses.test.ts',
    },
    {
      guard: 'SES is told whose bounces to tell',
      text: 'ConfigurationSetName: watch?.configurationSet,',
      test: 'tests/lib/mail/ses.test.ts',
    },
  ],
  'lib/mail/undeliverable.ts': [
    {
      guard: 'only what bounced for good stops mail',
      text: "return bounceType === 'Permanent' ?",
      without: 'return bounceType ?',
      test: 'tests/handlers/mark-bounce.test.ts',
    },
    {
      guard: 'a report that is no complaint stops no mail',
      text: "isNoComplaint(type) ? 'none' :",
      without: "isNoComplaint(eventType) ? 'none' :",
      test: 'tests/handlers/mark-bounce.test.ts',
    },
    {
      guard: 'who runs a mail server stops the mail of nobody else',
      text: 'const { destination } = fieldsOf(mail);',
      without: `const recipients = (bounce ?? complaint) as Record<string, { emailAddress: string }[]>;
  const destination =
    (recipients?.['bouncedRecipients'] ?? recipients?.['complainedRecipients'])?.map(
      ({ emailAddress }) => emailAddress,
    ) ?? fieldsOf(mail)['destination'];`,
      test: 'tests/handlers/mark-bounce.test.ts',
      title: 'none that the mail server names',
    },
    {
      guard: 'a mail to several addresses marks none',
      text: 'address === undefined || others.length > 0',
      without: 'address === undefined',
      test: 'tests/handlers/mark-bounce.test.ts',
    },
    {
      guard: 'an event that is malformed is not taken for a transient bounce',
      text: "if (typeof bounceType !== 'string') return 'malformed';",
      test: 'tests/handlers/mark-bounce.test.ts',
    },
  ],
  'lib/mail/messages.ts': [
    {
      guard: 'a mail shows no address, which mail programs might link',
      text: "return compose(voice, 'passwordReset', [",
      without: "return compose({ ...voice, productName: email }, 'passwordReset', [",
      test: 'tests/lib/mail/messages.test.ts',
    },
    {
      guard: 'the text of a mail is escaped in its HTML',
      text: '`<p>${escape(text)}</p>`',
      without: '`<p>${text}</p>`',
      test: 'tests/lib/mail/messages.test.ts',
    },
    {
      guard: 'the link of a mail is escaped in its HTML',
      text: 'style="word-break:break-all">${escape(url)}',
      without: 'style="word-break:break-all">${url}',
      test: 'tests/lib/mail/messages.test.ts',
    },
    {
      guard: 'a link sends its token to no server',
      text: '#${new URLSearchParams',
      without: '?${new URLSearchParams',
      test: 'tests/handlers/send-verification.test.ts',
    },
  ],
  'lib/mail/dispatch.ts': [
    {
      guard:
        'a token is mailed where the setting says so, whether or not the request asks for mail',
      text: "if (resetTokenDelivery === 'response' && asked === undefined) return undefined;",
      without: 'if (resetTokenDelivery !== asked && asked === undefined) return undefined;',
      test: 'tests/handlers/delivery.test.ts',
      title: 'never answers with the token',
    },
    {
      guard: 'who asks for mail gets no token in the answer',
      text: ' && asked === undefined) return undefined;',
      without: ') return undefined;',
      test: 'tests/handlers/delivery.test.ts',
      title: 'mails the token to who asks',
    },
    {
      guard: 'a request for mail is refused where none is sent',
      text: "throw invalidField('delivery', 'cannot be email, as the setting mailFrom is empty');",
      without: 'return undefined;',
      test: 'tests/handlers/delivery.test.ts',
      title: 'refuses the field where no mail',
    },
    {
      guard: 'a change stands even if the notice cannot be sent',
      text: "logWarning('A notice was not handed over', error);",
      without: 'throw error;',
      test: 'tests/handlers/send-mail.test.ts',
    },
  ],
  'lib/mail/send.ts': [
    {
      guard: 'nobody is told of a lock that is none',
      text: '(await isLocked(app, loginOf(user.email)))',
      without: 'true',
      test: 'tests/handlers/send-mail.test.ts',
      title: 'after a hundred wrong passwords',
    },
    {
      guard: 'nobody is told of locked confirmations that are not',
      text: 'areConfirmationsLocked(app, user),',
      without: 'true,',
      test: 'tests/handlers/send-mail.test.ts',
      title: 'a confirmation, after a hundred wrong passwords',
    },
    {
      guard: 'a notice about a change of email is sent only while the change waits',
      text: 'hasAsked(app, user, request),',
      without: 'hasAsked(app, user, request) || true,',
      test: 'tests/handlers/send-verification.test.ts',
    },
    {
      guard: 'a notice about a new password is sent only if there is one',
      text: 'isRecent(app, password_changed_at),',
      without: 'isRecent(app, password_changed_at) || true,',
      test: 'tests/handlers/send-mail.test.ts',
    },
    {
      guard: 'a notice goes only to an address that lost the account',
      text: 'const former = await find(app, user_id, email);',
      without: 'const former = (await find(app, user_id, email)) ?? {};',
      test: 'tests/handlers/send-verification.test.ts',
    },
    {
      guard: 'a mail is in a language that the service has',
      text: 'isLanguage(language) ?',
      without: 'language !== undefined ?',
      test: 'tests/handlers/mail-language.test.ts',
      title: 'if the service has that of the user no longer',
    },
    {
      guard: 'a notice is in the language of the user',
      text: 'noticeMail(voiceFor(voice, user), kind)',
      without: 'noticeMail(voice, kind)',
      test: 'tests/handlers/mail-language.test.ts',
      title: 'every mail to a user',
    },
    {
      guard: 'a notice to a former address is in the language of its user',
      text: 'noticeMail(voiceFor(voice, former), kind)',
      without: 'noticeMail(voice, kind)',
      test: 'tests/handlers/mail-language.test.ts',
      title: 'every mail to a user',
    },
    {
      guard: 'no notice goes to an address that was never verified',
      text: 'if (user.email_verified_at === undefined) return;',
      test: 'tests/handlers/send-mail.test.ts',
    },
  ],
  'handlers/send-mail.ts': [
    {
      guard: 'a mail that was not sent is tried again',
      text: 'throw error;',
      test: 'tests/handlers/send-mail.test.ts',
    },
  ],
};
