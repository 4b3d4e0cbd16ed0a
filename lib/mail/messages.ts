/**
 * Composes all mails. lib/words has what they say. No mail has an address or anything else that somebody
 * chose: whoever enters the address of another could make mail programs link to a page of theirs, as in
 * `www.evil.example/login?x=1@example.com`. The recipient finds the address in the `To` of the mail.
 */
import { keyOf, readEnv, title, type Variables } from '../core/env.ts';
import type { MailKind } from '../words/en.ts';
import { LANGUAGES, type Language } from '../words/languages.ts';
import { MAIL_WORDS } from '../words/mails.ts';

/** A mail, as text and as HTML. */
export interface Mail {
  subject: string;
  text: string;
  html: string;
}

/** How mails speak to their reader. */
export interface Voice {
  language: Language;
  /** A setting. Empty: the mail names no product. */
  productName: string;
}

/**
 * Reads how mails speak from environment variables.
 *
 * @throws Error with a line for each bad setting
 */
export function readVoice(variables: Variables): Voice {
  return readEnv(variables, (env) => ({
    productName: title(env, 'PRODUCT_NAME'),
    language: keyOf(env, 'LANGUAGE', LANGUAGES, 'en'),
  }));
}

/** The pages that the links in mails lead to. */
export interface Links {
  /** Sets a new password. */
  reset: Link;
  /** Verifies an address. */
  email: Link;
}

/** The page that a mail links to, and for how long the token in the link is valid. */
export interface Link {
  /** A URL without a fragment. */
  page: string;
  seconds: number;
}

/** What a link leads to, and for how long. */
interface Target {
  url: string;
  seconds: number;
}

/** The mails without a link. */
export type Notice = Exclude<
  MailKind,
  'passwordReset' | 'emailVerification' | 'registeredAgain' | 'emailChange'
>;

/**
 * Composes the mail that links to the page for a new password.
 *
 * @param link the page gets `#email=...&reset_token=...`. Browsers do not send a fragment to servers,
 *   nor in `Referer`
 */
export function passwordResetMail(
  voice: Voice,
  { email, reset_token }: { email: string; reset_token: string },
  link: Link,
): Mail {
  return compose(voice, 'passwordReset', [linkTo(link, { email, reset_token })]);
}

/**
 * Composes the mail that links to the page for the verification of an address, the current one or a new
 * one.
 *
 * @param link the page gets `#token=...`: see passwordResetMail
 */
export function verificationMail(
  voice: Voice,
  kind: 'emailVerification' | 'emailChange',
  token: string,
  link: Link,
): Mail {
  return compose(voice, kind, [linkTo(link, { token })]);
}

/**
 * Composes the mail to an address that was registered again before anybody verified it. Its owner may
 * not be who chose the password of the account.
 */
export function registeredAgainMail(
  voice: Voice,
  { email, token, reset_token }: { email: string; token: string; reset_token: string },
  links: Links,
): Mail {
  return compose(voice, 'registeredAgain', [
    linkTo(links.email, { token }),
    linkTo(links.reset, { email, reset_token }),
  ]);
}

/** Composes a notice of what has happened to an account (OWASP ASVS 5.0, 6.3.5 and 6.3.7). */
export function noticeMail(voice: Voice, kind: Notice): Mail {
  return compose(voice, kind, []);
}

/** The page gets the fields in the fragment, which browsers send to no server. */
function linkTo({ page, seconds }: Link, fields: Record<string, string>): Target {
  return { url: `${page}#${new URLSearchParams(fields).toString()}`, seconds };
}

/**
 * Composes a mail.
 *
 * @param targets of its buttons, in their order. A duration is that of the last button before it.
 */
function compose({ language, productName }: Voice, kind: MailKind, targets: Target[]): Mail {
  const { direction } = LANGUAGES[language];
  const words = MAIL_WORDS[language];
  const { subject, body } = words[kind];
  const at = productName === '' ? '' : words.atProduct.replace('{product}', () => productName);
  let target: Target | undefined;
  const text: string[] = [words.greeting];
  const html: string[] = [paragraph(words.greeting)];
  for (const part of body) {
    if (typeof part === 'string') {
      const sentence = part
        .replace('{at}', () => at)
        .replace('{duration}', duration(language, target?.seconds ?? 0));
      text.push(sentence);
      html.push(paragraph(sentence));
    } else {
      target = targets.shift() ?? noTarget(kind);
      text.push(`${part.button}:\n${target.url}`);
      html.push(button(part.button, target.url), copyLink(words.copyLink, target.url));
    }
  }
  if (productName !== '') {
    text.push(productName);
    html.push(paragraph(productName));
  }
  const title = productName === '' ? subject : `${subject} – ${productName}`;
  // Mail programs drop the outer elements, so that the inner one has language and direction, too.
  const attributes = `lang="${language}" dir="${direction}"`;
  return {
    subject: title,
    text: `${text.join('\n\n')}\n`,
    html: [
      '<!doctype html>',
      `<html ${attributes}>`,
      '<head>',
      '<meta charset="utf-8">',
      '<meta name="viewport" content="width=device-width">',
      '<meta name="color-scheme" content="light dark">',
      `<title>${escape(title)}</title>`,
      '</head>',
      '<body>',
      `<div ${attributes} style="max-width:34em;margin:0 auto;padding:1em;font:16px/1.5 sans-serif">`,
      ...html,
      '</div>',
      '</body>',
      '</html>\n',
    ].join('\n'),
  };
}

function noTarget(kind: MailKind): never {
  throw new Error(`The mail ${kind} has a button without a link`);
}

function duration(language: Language, seconds: number): string {
  const [count, unit] =
    seconds > 2 * 60 * 60
      ? [Math.floor(seconds / 3600), 'hour']
      : [Math.ceil(seconds / 60), 'minute'];
  return new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long' }).format(
    count,
  );
}

function paragraph(text: string): string {
  return `<p>${escape(text)}</p>`;
}

const BUTTON =
  'display:inline-block;padding:.6em 1.2em;border-radius:.4em;background:#0b57d0;color:#fff;text-decoration:none;font-weight:bold';

/** `ses:no-track` stops SES from redirecting the link through its own server, which would see the token. */
function button(label: string, url: string): string {
  return `<p><a ses:no-track href="${escape(url)}" style="${BUTTON}">${escape(label)}</a></p>`;
}

/** The link as it is, for those who check where it leads, and for programs without buttons. */
function copyLink(label: string, url: string): string {
  const link = `<a ses:no-track href="${escape(url)}" style="word-break:break-all">${escape(url)}</a>`;
  return `<p style="font-size:.85em">${escape(label)}<br><bdi dir="ltr">${link}</bdi></p>`;
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${String(character.codePointAt(0))};`);
}
