import { describe, expect, it } from 'vitest';
import {
  noticeMail,
  passwordResetMail,
  readVoice,
  registeredAgainMail,
  verificationMail,
  type Link,
  type Mail,
  type Voice,
} from '../../../lib/mail/messages.ts';
import type { MailKind } from '../../../lib/words/en.ts';
import { LANGUAGES, type Language } from '../../../lib/words/languages.ts';
import { MAIL_WORDS } from '../../../lib/words/mails.ts';

const CODES = Object.keys(LANGUAGES) as Language[];
const LINK = { page: 'https://app.example.com/page', seconds: 3600 };
const LINKS = { reset: LINK, email: { ...LINK, seconds: 86_400 } };
/** All that have a subject. */
const KINDS = Object.entries(MAIL_WORDS.en)
  .filter(([, words]) => typeof words !== 'string')
  .map(([kind]) => kind as MailKind);
const ENGLISH: Voice = { language: 'en', productName: '' };

/** Composes a mail of a kind, as sendMail does. */
function mailOf(
  kind: MailKind,
  voice: Voice,
  { email = 'ann@example.com', link = LINK }: { email?: string; link?: Link } = {},
): Mail {
  const token = 'token';
  if (kind === 'passwordReset') {
    return passwordResetMail(voice, { email, reset_token: token }, link);
  }
  if (kind === 'registeredAgain') {
    return registeredAgainMail(voice, { email, token, reset_token: token }, LINKS);
  }
  if (kind === 'emailVerification' || kind === 'emailChange') {
    return verificationMail(voice, kind, token, link);
  }
  return noticeMail(voice, kind);
}

describe('the mails', () => {
  // A catch-all mailbox takes mail for any local part, and mail programs link what looks like a URL.
  it('say nothing that the sender of a request chose, except in the fragment of the link', () => {
    const email = 'www.evil.example/login?x=1@victim.example';
    for (const language of CODES) {
      for (const kind of KINDS) {
        const { subject, text, html } = mailOf(kind, { language, productName: '' }, { email });
        for (const part of [subject, text, html]) {
          expect(part.replaceAll(/https:\/\/app\.example\.com\/page#\S+/g, '')).not.toMatch(
            /@|www|evil|victim|http/,
          );
        }
      }
    }
  });

  it.each(CODES)('are whole, with and without the name of the product: %s', (language) => {
    for (const kind of KINDS) {
      for (const productName of ['', 'Acme']) {
        const { subject, text, html } = mailOf(kind, { language, productName });
        const paragraphs = text.split('\n\n');
        expect(paragraphs).toHaveLength(
          MAIL_WORDS[language][kind].body.length + (productName === '' ? 1 : 2),
        );
        for (const part of [subject, text, html.replaceAll(/style="[^"]*"/g, '')]) {
          expect(part).not.toMatch(/[{}]|undefined| {2}| [.,]/);
        }
        expect(subject.endsWith(' – Acme')).toBe(productName !== '');
        expect(text.includes('Acme')).toBe(productName !== '');
        expect(html).toContain(`<html lang="${language}" dir="${LANGUAGES[language].direction}">`);
        expect(html).toContain(`<div lang="${language}" dir="${LANGUAGES[language].direction}"`);
      }
    }
  });

  it('have every link once as text and, in HTML, on a button and as it is', () => {
    for (const kind of KINDS) {
      const { text, html } = mailOf(kind, ENGLISH);
      const buttons = MAIL_WORDS.en[kind].body.filter((part) => typeof part !== 'string');
      const links = text.match(/^https:\S+$/gm) ?? [];
      expect(links).toHaveLength(buttons.length);
      // SES would otherwise redirect them through a server of its own, which sees the token.
      expect(html.match(/<a /g) ?? []).toHaveLength(2 * buttons.length);
      expect(html.match(/<a ses:no-track /g) ?? []).toHaveLength(2 * buttons.length);
    }
  });

  it.each<[Language, string, string]>([
    ['en', '60 minutes', '24 hours'],
    ['de', '60 Minuten', '24 Stunden'],
    ['es', '60 minutos', '24 horas'],
    ['fr', '60 minutes', '24 heures'],
  ])('say how long each link works, in the language of the mail: %s', (language, one, other) => {
    const voice = { language, productName: '' };
    const text = mailOf('registeredAgain', voice).text.replaceAll('\u00a0', ' ');
    const [, afterVerification = '', afterReset = ''] = text.split(/^https:.*$/m);
    expect(afterVerification).toContain(other);
    expect(afterReset).toContain(one);
  });

  it('are escaped in their HTML', () => {
    const link = { page: 'https://app.example.com/page?a=1&b="<', seconds: 60 };
    const { html } = mailOf('passwordReset', { language: 'en', productName: '<b>&"' }, { link });
    expect(html).toContain('of your account at &#60;b&#62;&#38;&#34;.');
    expect(html).toContain('href="https://app.example.com/page?a=1&#38;b=&#34;&#60;#email');
    expect(html).not.toMatch(/<b>|b="/);
  });
});

describe('readVoice', () => {
  it('reads the name of the product and the language', () => {
    expect(readVoice({ PRODUCT_NAME: 'Acme', LANGUAGE: 'de' })).toEqual({
      productName: 'Acme',
      language: 'de',
    });
  });

  it('throws with a line for each bad setting', () => {
    expect(() => readVoice({ PRODUCT_NAME: ' Acme', LANGUAGE: 'xx' })).toThrow(
      /^The setting productName is .*\nThe setting language is "xx", and has to be one of en, de, es, fr, ar\.$/,
    );
  });
});
