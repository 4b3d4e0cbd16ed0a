/** The mails, as text and as HTML. */

export interface Mail {
  subject: string;
  text: string;
  html: string;
}

/** The page that a mail links to, and how long the token in the link is valid. */
export interface Link {
  /** A URL without a fragment. */
  page: string;
  seconds: number;
}

/**
 * Links to the page that sets a new password.
 *
 * @param link its page gets `#email=...&reset_token=...`: browsers send a fragment to no server and in
 *   no Referer
 */
export function passwordResetMail(
  { email, reset_token }: { email: string; reset_token: string },
  { page, seconds }: Link,
): Mail {
  const fragment = new URLSearchParams({ email, reset_token });
  return compose('Set a new password', [
    `Somebody, most likely you, asked for a new password for the account of ${email}.`,
    'You can set it on this page:',
    new URL(`${page}#${fragment.toString()}`),
    `The link works once, and for ${duration(seconds)}.`,
    'If it was not you, you need not do anything: your password stays as it is.',
  ]);
}

/** Tells a user that the password was changed (OWASP ASVS 5.0, 6.3.7). */
export function passwordChangedMail(email: string): Mail {
  return compose('Your password has been changed', [
    `The account of ${email} has a new password, and whoever was logged in no longer is.`,
    'If it was not you, ask for a new password at once, and see to it that nobody else can read your mail.',
  ]);
}

/**
 * Links to the page that verifies an address.
 *
 * @param link its page gets `#token=...`: see passwordResetMail
 */
export function emailVerificationMail(email: string, token: string, link: Link): Mail {
  return compose('Verify your email address', [
    `Somebody, most likely you, made an account for ${email}, or asked for this mail.`,
    'Show on this page that the address is yours:',
    tokenLink(token, link),
    `The link works once, and for ${duration(link.seconds)}.`,
    'If it was not you, do not open it: nobody can use your address without that.',
  ]);
}

/** Sent to the new address of a change; see emailVerificationMail. */
export function emailChangeMail(email: string, token: string, link: Link): Mail {
  return compose('Confirm your new email address', [
    `Somebody, most likely you, asked for ${email} to be the address of their account.`,
    'Confirm it on this page:',
    tokenLink(token, link),
    `The link works once, and for ${duration(link.seconds)}. Then log in with the new address.`,
    'If it was not you, do not open it: nobody can use your address without that.',
  ]);
}

/** Tells the owner of the old address that it may change (OWASP ASVS 5.0, 6.3.7). */
export function emailChangeAskedMail(email: string): Mail {
  return compose('Your email address is about to change', [
    `Somebody, most likely you, gave the password of the account of ${email} and asked for another address.`,
    'The account keeps this one until the other one is confirmed.',
    'If it was not you, set a new password at once: that stops it.',
  ]);
}

/** Tells the owner of an address that it has an account. The answer to the request does not tell. */
export function accountExistsMail(email: string): Mail {
  return compose('You have an account already', [
    `Somebody, most likely you, wanted to use ${email} for an account, or to verify it.`,
    'There is an account with that address already, and it stays as it is: you can log in or, if you forgot the password, ask for a new one.',
    'If it was not you, you need not do anything.',
  ]);
}

function tokenLink(token: string, { page }: Link): URL {
  return new URL(`${page}#${new URLSearchParams({ token }).toString()}`);
}

function duration(seconds: number): string {
  const [count, unit] =
    seconds > 2 * 60 * 60
      ? [Math.floor(seconds / 3600), 'hour']
      : [Math.ceil(seconds / 60), 'minute'];
  return new Intl.NumberFormat('en', { style: 'unit', unit, unitDisplay: 'long' }).format(count);
}

function compose(subject: string, paragraphs: (string | URL)[]): Mail {
  const body = paragraphs.map(
    (part) => `<p>${part instanceof URL ? link(part) : escape(part)}</p>`,
  );
  return {
    subject,
    text: `${paragraphs.map(String).join('\n\n')}\n`,
    html: `<!doctype html>\n<html lang="en">\n${body.join('\n')}\n</html>\n`,
  };
}

/** `ses:no-track` keeps SES from leading the link through its own server, which would see the token. */
function link(url: URL): string {
  const href = escape(String(url));
  return `<a ses:no-track href="${href}">${href}</a>`;
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${String(character.codePointAt(0))};`);
}
