import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { isOutage, TIME_LIMITS, unavailable } from '../aws/limits.ts';
import { invalidField } from '../core/errors.ts';
import { logWarning } from '../core/log.ts';
import type { ChangeReference } from '../emails/change.ts';

/**
 * The event of the function that sends mail (handlers/send-mail.ts). It holds nothing that the function
 * believes: an address is looked up, and a notice is sent only about what the table says has happened.
 */
export type MailRequest = {
  /** Of the request that asked for the mail, to find both in the log. */
  request_id: string;
} & (MailToAddress | Registration | Notice | NoticeToFormer | MailAboutChange | NoMail);

interface MailToAddress {
  /**
   * - `password_reset`: the link to set a new password
   * - `email_verification`: the link to verify the address, or the notice that it is verified
   * - `login_locked`: the notice that no password logs in until it is reset
   */
  kind: 'password_reset' | 'email_verification' | 'login_locked';
  /** Normalised, as addresses are stored. */
  email: string;
}

/**
 * The link to verify the address and, if another user has it, the link to a new password; or the notice
 * that it is verified.
 */
interface Registration {
  kind: 'registration';
  email: string;
  /** The id that the registration made, whether or not it made a user. */
  user_id: string;
}

interface Notice {
  /**
   * - `password_changed`: the notice that the password was changed
   * - `confirmations_locked`: the notice that no password confirms a change until it is reset
   */
  kind: 'password_changed' | 'confirmations_locked';
  user_id: string;
}

interface NoticeToFormer {
  /**
   * - `account_deleted`: the notice that the account was deleted
   * - `email_changed`: the notice to the old address that the email was changed
   */
  kind: 'account_deleted' | 'email_changed';
  user_id: string;
  /** The email that the user had. The table has its digest only. */
  email: string;
}

interface MailAboutChange extends ChangeReference {
  /**
   * - `email_change`: the link to change to the new address or, if that is taken, the notice to its owner
   * - `email_change_asked`: the notice to the old address that it may change
   */
  kind: 'email_change' | 'email_change_asked';
}

/** Sends nothing: handing it over takes as long as handing over a mail. */
interface NoMail {
  kind: 'none';
}

/**
 * Hands a mail over to the function that sends it, without waiting for the mail to be sent: the time
 * and the outcome tell the client nothing. Lambda keeps the request until the function has succeeded,
 * or has failed three times (serverless.yml).
 *
 * @throws AuthError `unavailable` if Lambda is out of reach
 */
export type Dispatch = (request: MailRequest) => Promise<void>;

/** The settings that say how mail is sent; see lib/config.ts. */
export interface DispatchSettings {
  resetTokenDelivery: 'response' | 'email';
  mail: { mailFunction: string } | undefined;
}

/** @returns undefined if no mail is sent */
export function createDispatch({ mail }: DispatchSettings): Dispatch | undefined {
  if (!mail) return undefined;
  const client = new LambdaClient(TIME_LIMITS);
  const { mailFunction } = mail;
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

/**
 * Decides whether the token that a request asks for is mailed. The request may ask for mail where the
 * setting is `response`, which is never less secure. It cannot ask for the token in the answer.
 *
 * @param asked the field `delivery` of the request
 * @returns what hands the mail over; undefined: the token is in the answer
 * @throws AuthError `invalid_field` if mail is asked for and none is sent
 */
export function mailOrAnswer(
  { resetTokenDelivery }: DispatchSettings,
  dispatch: Dispatch | undefined,
  asked: 'email' | undefined,
): Dispatch | undefined {
  if (resetTokenDelivery === 'response' && asked === undefined) return undefined;
  if (dispatch) return dispatch;
  throw invalidField('delivery', 'cannot be email, as the setting mailFrom is empty');
}

/** Hands over a notice of something that is done already: a failure here does not undo it. */
export async function notify(dispatch: Dispatch | undefined, notice: MailRequest): Promise<void> {
  try {
    await dispatch?.(notice);
  } catch (error) {
    logWarning('A notice was not handed over', error);
  }
}
