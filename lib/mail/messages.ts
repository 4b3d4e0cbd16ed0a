/**
 * The texts of all mails. No text has an address or anything else that somebody chose: whoever enters
 * the address of another could make mail programs link to a page of theirs, as in
 * `www.evil.example/login?x=1@example.com`. The recipient finds the address in the `To` of the mail.
 */

/** A mail, as text and as HTML. */
export interface Mail {
  subject: string;
  text: string;
  html: string;
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

/**
 * Creates the mail that links to the page for a new password.
 *
 * @param link the page gets `#email=...&reset_token=...`. Browsers do not send a fragment to servers,
 *   nor in `Referer`
 */
export function passwordResetMail(
  { email, reset_token }: { email: string; reset_token: string },
  link: Link,
): Mail {
  return compose('Reset your password', [
    'We received a request to reset the password of the account with this email address.',
    'You can set a new password here:',
    linkTo(link, { email, reset_token }),
    `The link works once and expires in ${duration(link.seconds)}.`,
    'If you did not ask for this, you can ignore this mail: your password stays the same.',
  ]);
}

/** Creates the notice that the password was changed (OWASP ASVS 5.0, 6.3.7). */
export function passwordChangedMail(): Mail {
  return compose('Your password has been changed', [
    'The password of the account with this email address has been changed. All other devices have been logged out.',
    'If you did not change it, reset your password at once and make sure nobody else can read your mail.',
  ]);
}

/** Creates the notice that too many passwords in a row were wrong (OWASP ASVS 5.0, 6.3.5). */
export function loginLockedMail(): Mail {
  return compose('Nobody can log in to your account', [
    'Somebody gave a hundred wrong passwords in a row for your account. From now on, no password logs in, not even the right one. Devices that are logged in stay logged in.',
    'To log in again, choose a new password: ask for it where you log in, as if you had forgotten yours.',
    'Choose one that you use nowhere else.',
  ]);
}

/** Creates the notice that too many passwords in a row were wrong, of who needs none to log in. */
export function confirmationsLockedMail(): Mail {
  return compose('Nobody can confirm changes to your account', [
    'Somebody gave a hundred wrong passwords in a row for your account, on a device that is logged in or with a link from a mail. From now on, no password is accepted there, not even the right one.',
    'If it was not you, somebody else uses your account or reads your mail.',
    'Choose a new password: ask for it where you log in, as if you had forgotten yours. That logs out all devices.',
    'Choose one that you use nowhere else.',
  ]);
}

/**
 * Creates the mail that links to the page for the verification of an address.
 *
 * @param link the page gets `#token=...`: see passwordResetMail
 */
export function emailVerificationMail(token: string, link: Link): Mail {
  return compose('Verify your email address', [
    'We received a request to create an account with this email address, or to verify it.',
    'Please confirm here, with the password that you chose, that this is your address:',
    linkTo(link, { token }),
    `The link works once and expires in ${duration(link.seconds)}.`,
    'If you did not ask for this, ignore this mail: without the link and the password, nobody can use your address.',
  ]);
}

/**
 * Creates the mail to an address that was registered again before anybody verified it. Its owner may
 * not be who chose the password of the account.
 */
export function registeredAgainMail(
  { email, token, reset_token }: { email: string; token: string; reset_token: string },
  links: Links,
): Mail {
  return compose('Verify your email address, or set a new password', [
    'We received another request to create an account with this email address. It has an account, which nobody has verified yet.',
    'If you know the password of that account, confirm here with it that this is your address:',
    linkTo(links.email, { token }),
    'If you do not, set a new password here, which also confirms the address:',
    linkTo(links.reset, { email, reset_token }),
    `Each link works once. They expire in ${duration(links.email.seconds)} and in ${duration(links.reset.seconds)}.`,
    'If you did not ask for this, ignore this mail: nobody can use your address without it.',
  ]);
}

/** Creates the mail to the new address of a change: see emailVerificationMail. */
export function emailChangeMail(token: string, link: Link): Mail {
  return compose('Confirm your new email address', [
    'We received a request to make this email address the new address of an account.',
    'Please confirm the new address here, with your password:',
    linkTo(link, { token }),
    `The link works once and expires in ${duration(link.seconds)}. Afterwards, log in with the new address.`,
    'If somebody made another account with this email address and never verified it, that account is deleted when you confirm.',
    'If you did not ask for this, ignore this mail: without the link and the password, nobody can use your address.',
  ]);
}

/** Creates the notice to the old address that a change was requested (OWASP ASVS 5.0, 6.3.7). */
export function emailChangeAskedMail(): Mail {
  return compose('Your email address is about to change', [
    'We received a request, with the correct password, to change the email address of your account.',
    'The account keeps this address until the new one is confirmed. To keep it for good, log in and enter this address where you change your email address: that calls the change off.',
    'If you did not ask for this, set a new password at once: that stops the change.',
  ]);
}

/** Creates the notice that the account was deleted. */
export function accountDeletedMail(): Mail {
  return compose('Your account has been deleted', [
    'The account with this email address has been deleted, with the correct password. This cannot be undone.',
    'If you did not delete it, somebody else knows the password: change it wherever else you use it.',
  ]);
}

/** Creates the notice to the old address that the address was changed (OWASP ASVS 5.0, 6.3.7). */
export function emailChangedMail(): Mail {
  return compose('Your email address has been changed', [
    'The account that had this email address has another one now. All devices have been logged out.',
    'If you did not change it, somebody else knows your password: contact the support of the service at once.',
  ]);
}

/** Creates the notice that an address has an account, which the answer to the request does not tell. */
export function accountExistsMail(): Mail {
  return compose('You already have an account', [
    'We received a request to use this email address for an account, or to verify it.',
    'This address already has an account, and nothing about it has changed. You can log in. If you forgot your password, you can reset it.',
    'If you did not ask for this, you can ignore this mail.',
  ]);
}

/** The page gets the fields in the fragment, which browsers send to no server. */
function linkTo({ page }: Link, fields: Record<string, string>): URL {
  return new URL(`${page}#${new URLSearchParams(fields).toString()}`);
}

function duration(seconds: number): string {
  const [count, unit] =
    seconds > 2 * 60 * 60
      ? [Math.floor(seconds / 3600), 'hour']
      : [Math.ceil(seconds / 60), 'minute'];
  return new Intl.NumberFormat('en', { style: 'unit', unit, unitDisplay: 'long' }).format(count);
}

/** Composes a mail of paragraphs and links. */
export function compose(subject: string, paragraphs: (string | URL)[]): Mail {
  const body = paragraphs.map(
    (part) => `<p>${part instanceof URL ? link(part) : escape(part)}</p>`,
  );
  return {
    subject,
    text: `${paragraphs.map(String).join('\n\n')}\n`,
    html: `<!doctype html>\n<html lang="en">\n${body.join('\n')}\n</html>\n`,
  };
}

/** `ses:no-track` stops SES from redirecting the link through its own server, which would see the token. */
function link(url: URL): string {
  const href = escape(String(url));
  return `<a ses:no-track href="${href}">${href}</a>`;
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${String(character.codePointAt(0))};`);
}
