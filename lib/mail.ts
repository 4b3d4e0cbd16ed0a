import { SendEmailCommand, SESv2Client } from '@aws-sdk/client-sesv2';
import { TIME_LIMITS } from './aws.ts';

export interface Mail {
  subject: string;
  text: string;
  html: string;
}

/** Sends through Amazon SES; the sender, or its domain, is verified there. */
export class Mailer {
  readonly #client = new SESv2Client(TIME_LIMITS);
  readonly #from: string;

  constructor(from: string) {
    this.#from = from;
  }

  /** @throws Error when SES has not taken it; without the address, as it ends up in the log */
  async send(to: string, { subject, text, html }: Mail): Promise<void> {
    const utf8 = (Data: string) => ({ Charset: 'UTF-8', Data });
    const command = new SendEmailCommand({
      FromEmailAddress: this.#from,
      Destination: { ToAddresses: [to] },
      Content: {
        Simple: { Subject: utf8(subject), Body: { Text: utf8(text), Html: utf8(html) } },
      },
    });
    await this.#client.send(command).catch((error: unknown) => {
      // No cause and no message: SES names the addresses that it refuses.
      const name = error instanceof Error ? error.name : typeof error;
      throw new Error(`SES has not taken the mail: ${name}`);
    });
  }
}

/**
 * The way to a new password.
 *
 * @param page of the front end, to which the link adds `#email=...&reset_token=...`: a fragment,
 *   which a browser sends to no server and in no Referer
 */
export function passwordResetMail(
  { email, reset_token }: { email: string; reset_token: string },
  { page, seconds }: { page: string; seconds: number },
): Mail {
  const fragment = new URLSearchParams({ email, reset_token });
  return compose('Set a new password', [
    `Somebody, most likely you, asked for a new password for the account of ${email}.`,
    'You can set it on this page:',
    new URL(`${page}#${fragment.toString()}`),
    `The link works once, and for ${inMinutes(seconds)}.`,
    'If it was not you, you need not do anything: your password stays as it is.',
  ]);
}

/** Tells the owner of a password that it is another one now (OWASP ASVS 5.0, 6.3.7). */
export function passwordChangedMail(email: string): Mail {
  return compose('Your password has been changed', [
    `The account of ${email} has a new password, and whoever was logged in no longer is.`,
    'If it was not you, ask for a new password at once, and see to it that nobody else can read your mail.',
  ]);
}

function inMinutes(seconds: number): string {
  const unit = { style: 'unit', unit: 'minute', unitDisplay: 'long' } as const;
  return new Intl.NumberFormat('en', unit).format(Math.ceil(seconds / 60));
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

/** `ses:no-track`: SES is not to lead it by way of a server of its own, which would see the token. */
function link(url: URL): string {
  const href = escape(String(url));
  return `<a ses:no-track href="${href}">${href}</a>`;
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${String(character.codePointAt(0))};`);
}
