import type { Context } from 'aws-lambda';
import { auth, config } from '../lib/app.ts';
import { logError, logEvent, withContext } from '../lib/log.ts';
import type { MailRequest } from '../lib/mail-queue.ts';
import { Mailer, passwordChangedMail, passwordResetMail } from '../lib/mail.ts';

if (config.resetTokenDelivery !== 'email') {
  throw new Error('Where RESET_TOKEN_DELIVERY is not email, no mail is sent');
}
const mailer = new Mailer(config.mailFrom);
const link = { page: config.passwordResetPage, seconds: config.resetTokenSeconds };

/**
 * No route: invoked asynchronously (lib/mail-queue.ts), and again with the same `awsRequestId`
 * when it throws, which it does when the mail was not sent.
 */
export const handler = (
  { kind, email, request_id }: MailRequest,
  { awsRequestId }: Pick<Context, 'awsRequestId'>,
): Promise<void> =>
  withContext({ request_id: awsRequestId, asked_by: request_id }, async () => {
    try {
      if (kind === 'password_changed') await mailer.send(email, passwordChangedMail(email));
      else await sendResetLink(email, awsRequestId);
    } catch (error) {
      logError('A mail was not sent', error);
      throw error;
    }
  });

async function sendResetLink(email: string, invocation: string): Promise<void> {
  const user = await auth.getResetTokenToMail(email, invocation);
  if (!user) return;
  // The address that is stored, whichever the request had.
  await mailer.send(user.email, passwordResetMail(user, link));
  logEvent('authn_token_created', { user_id: user.id });
}
