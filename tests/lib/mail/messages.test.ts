import { describe, expect, it } from 'vitest';
import * as messages from '../../../lib/mail/messages.ts';

const LINK = { page: 'https://app.example.com/page', seconds: 3600 };

describe('the mails', () => {
  // A catch-all mailbox takes mail for any local part, and mail programs link what looks like a URL.
  it('say nothing that the sender of a request chose, except in the fragment of the link', () => {
    const email = 'www.evil.example/login?x=1@victim.example';
    const mails = [
      messages.passwordResetMail({ email, reset_token: 'token' }, LINK),
      messages.passwordChangedMail(),
      messages.emailVerificationMail('token', LINK),
      messages.emailChangeMail('token', LINK),
      messages.emailChangeAskedMail(),
      messages.accountExistsMail(),
      messages.accountDeletedMail(),
    ];
    for (const { subject, text, html } of mails) {
      for (const part of [subject, text, html]) {
        expect(part.replaceAll(/https:\/\/app\.example\.com\/page#\S+/g, '')).not.toMatch(
          /@|www|evil|victim|http/,
        );
      }
    }
  });

  it('are escaped in their HTML', () => {
    const { text, html } = messages.compose('Subject', [`<a href="x">Tom & Jerry's</a>`]);
    expect(text).toBe(`<a href="x">Tom & Jerry's</a>\n`);
    expect(html).toContain('<p>&#60;a href=&#34;x&#34;&#62;Tom &#38; Jerry&#39;s&#60;/a&#62;</p>');
  });
});
