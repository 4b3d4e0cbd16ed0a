import { SendEmailCommand, SESv2Client } from '@aws-sdk/client-sesv2';
import { TIME_LIMITS } from '../aws/limits.ts';
import type { Mail } from './messages.ts';

/** @throws Error if SES has not accepted the mail; without the address, as the error is logged */
export type Send = (to: string, mail: Mail) => Promise<void>;

/** @param from the sender; it, or its domain, is verified in Amazon SES */
export function createSender(from: string): Send {
  const client = new SESv2Client(TIME_LIMITS);
  return async (to, { subject, text, html }) => {
    const utf8 = (Data: string) => ({ Charset: 'UTF-8', Data });
    const command = new SendEmailCommand({
      FromEmailAddress: from,
      Destination: { ToAddresses: [to] },
      Content: {
        Simple: { Subject: utf8(subject), Body: { Text: utf8(text), Html: utf8(html) } },
      },
    });
    await client.send(command).catch((error: unknown) => {
      // Neither the cause nor its message: SES names the addresses that it refuses.
      const name = error instanceof Error ? error.name : typeof error;
      throw new Error(`SES has not taken the mail: ${name}`);
    });
  };
}
