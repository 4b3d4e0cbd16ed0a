import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { isOutage, TIME_LIMITS, unavailable } from './aws.ts';
import type { Config } from './config.ts';
import type { EmailChange } from './email-change.ts';
import { logWarning } from './log.ts';

/** What the function that sends mail (handlers/send-mail.ts) is invoked with. */
export type MailRequest = MailToAddress | MailAboutChange;

interface MailToAddress {
  /**
   * - `password_reset`, `password_changed`: the link to set a new password, the notice that there is one
   * - `email_verification`: the link to verify the address, or the notice that it is verified
   * - `email_change_asked`: the notice, to the old address, that there may be a new one
   */
  kind: 'password_reset' | 'password_changed' | 'email_verification' | 'email_change_asked';
  /** Normalised, which is how addresses are stored. */
  email: string;
  /** Of the request that asked, to find the two in the log. */
  request_id: string;
}

/** The link to change to the new address or, where that is taken, the notice to its owner. */
interface MailAboutChange extends EmailChange {
  kind: 'email_change';
  request_id: string;
}

/**
 * Hands a mail over to the function that sends it, and does not wait for that: how long it takes,
 * and whether it sends anything, tells the client nothing. Lambda keeps what it was handed until
 * the function has done it, or has failed three times (serverless.yml).
 *
 * @throws AuthError `unavailable` when Lambda is out of reach
 */
export type HandOver = (request: MailRequest) => Promise<void>;

/** @returns absent where reset tokens are not delivered by mail: then there is none to send */
export function createMailQueue(config: Config): HandOver | undefined {
  if (config.resetTokenDelivery !== 'email') return undefined;
  const client = new LambdaClient(TIME_LIMITS);
  const { mailFunction } = config;
  return async (request) => {
    const command = new InvokeCommand({
      FunctionName: mailFunction,
      InvocationType: 'Event',
      Payload: JSON.stringify(request),
    });
    try {
      await client.send(command);
    } catch (error) {
      throw isOutage(error) ? unavailable(error) : error;
    }
  };
}

/** Hands a notice over of what is done: nothing that goes wrong here undoes it. */
export async function notify(handOver: HandOver | undefined, notice: MailRequest): Promise<void> {
  try {
    await handOver?.(notice);
  } catch (error) {
    logWarning('A notice was not handed over', error);
  }
}
