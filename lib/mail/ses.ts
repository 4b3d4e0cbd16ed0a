import { SendEmailCommand, SESv2Client } from '@aws-sdk/client-sesv2';
import { TIME_LIMITS } from '../aws/limits.ts';
import { logWarning } from '../core/log.ts';
import type { Mail } from './messages.ts';

/**
 * Sends a mail. An address that never takes mail gets none, which is logged and no failure: another try
 * would be refused as well, and mails that bounce cost the reputation that all mails need.
 *
 * @throws Error if SES has not accepted the mail; without the address, as the error is logged
 */
export type Send = (to: string, mail: Mail) => Promise<void>;

/** What follows the mails that were sent. */
export interface Watch {
  /** The configuration set whose mails are watched. */
  configurationSet: string;
  /** Whether an earlier mail says that the address takes none. */
  isMarked: (address: string) => Promise<boolean>;
}

/**
 * @param from the sender; it, or its domain, is verified in Amazon SES
 * @param watch undefined: nothing is known of earlier mails
 */
export function createSender(from: string, watch?: Watch): Send {
  const client = new SESv2Client(TIME_LIMITS);
  return async (to, { subject, text, html }) => {
    if (!takesMail(to)) {
      logUnsendable(new Error('No mail server takes mail for such an address'));
      return;
    }
    if (await watch?.isMarked(to)) {
      logUnsendable(new Error('An earlier mail to the address bounced or was reported as spam'));
      return;
    }
    const utf8 = (Data: string) => ({ Charset: 'UTF-8', Data });
    const command = new SendEmailCommand({
      FromEmailAddress: from,
      ConfigurationSetName: watch?.configurationSet,
      Destination: { ToAddresses: [to] },
      Content: {
        Simple: { Subject: utf8(subject), Body: { Text: utf8(text), Html: utf8(html) } },
      },
    });
    await client.send(command).catch((error: unknown) => {
      // Neither the cause nor its message: SES names the addresses that it refuses.
      const name = error instanceof Error ? error.name : typeof error;
      const failure = new Error(`SES has not taken the mail: ${name}`);
      if (!isAboutRecipient(error)) throw failure;
      logUnsendable(failure);
    });
  };
}

/**
 * Whether a stored address may take mail. Those that may not: a domain without a dot, such as
 * `localhost`; an encoded word (RFC 2047), which a mail server may decode to another address; and a
 * route through another server, `user%host@relay` or `host!user@relay`.
 */
function takesMail(address: string): boolean {
  const at = address.lastIndexOf('@');
  return address.slice(at).includes('.') && !/[%!]|=\?|\?=/.test(address.slice(0, at));
}

/**
 * Whether SES refuses this recipient for good: the address is on a suppression list, or malformed in
 * SES's eyes. All other refusals concern the account, such as a sender that is not verified (or, in the
 * sandbox, a recipient), sending that is paused, or a quota.
 * https://docs.aws.amazon.com/ses/latest/dg/troubleshoot-error-messages.html
 */
function isAboutRecipient(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { name, message } = error;
  if (name === 'MessageRejected') return /suppress|blacklist/i.test(message);
  return (
    name === 'BadRequestException' &&
    /\b(?:address|domain|recipient)\b/i.test(message) &&
    !/not verified/i.test(message)
  );
}

function logUnsendable(error: Error): void {
  logWarning('A mail was not sent, as its recipient cannot get mail', error);
}
