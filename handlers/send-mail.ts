import type { Context } from 'aws-lambda';
import { app, config } from '../lib/app.ts';
import { logError, withContext } from '../lib/core/log.ts';
import type { MailRequest } from '../lib/mail/dispatch.ts';
import { readVoice } from '../lib/mail/messages.ts';
import { sendMail } from '../lib/mail/send.ts';
import { createSender } from '../lib/mail/ses.ts';
import { findMark } from '../lib/mail/undeliverable.ts';

const { mail } = config;
if (!mail) throw new Error('Mail is sent only with a MAIL_FROM');
const { configurationSet } = mail;
const isMarked = async (address: string) => (await findMark(app, address)) !== undefined;
const send = createSender(
  mail.mailFrom,
  configurationSet === undefined ? undefined : { configurationSet, isMarked },
);
const voice = readVoice(process.env);
const links = {
  reset: { page: mail.passwordResetPage, seconds: config.resetTokenSeconds },
  email: { page: mail.emailVerificationPage, seconds: config.emailTokenSeconds },
};

/**
 * No route: invoked asynchronously (lib/mail/dispatch.ts). It throws if the mail was not sent; Lambda
 * then invokes it again with the same `awsRequestId`.
 */
export const handler = (
  request: MailRequest,
  { awsRequestId }: Pick<Context, 'awsRequestId'>,
): Promise<void> =>
  withContext({ request_id: awsRequestId, asked_by: request.request_id }, async () => {
    try {
      await sendMail(app, { send, voice, links }, request, awsRequestId);
    } catch (error) {
      logError('A mail was not sent', error);
      throw error;
    }
  });
