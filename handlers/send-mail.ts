import type { Context } from 'aws-lambda';
import { auth, config, emailVerification } from '../lib/app.ts';
import type { EmailChange } from '../lib/email-change.ts';
import { AuthError } from '../lib/errors.ts';
import { logError, logEvent, withContext } from '../lib/log.ts';
import type { MailRequest } from '../lib/mail-queue.ts';
import {
  accountExistsMail,
  emailChangeAskedMail,
  emailChangeMail,
  emailVerificationMail,
  Mailer,
  passwordChangedMail,
  passwordResetMail,
} from '../lib/mail.ts';

if (config.resetTokenDelivery !== 'email') {
  throw new Error('Where RESET_TOKEN_DELIVERY is not email, no mail is sent');
}
const mailer = new Mailer(config.mailFrom);
const resetLink = { page: config.passwordResetPage, seconds: config.resetTokenSeconds };
const emailLink = { page: config.emailVerificationPage, seconds: config.emailTokenSeconds };

/**
 * No route: invoked asynchronously (lib/mail-queue.ts), and again with the same `awsRequestId`
 * when it throws, which it does when the mail was not sent.
 */
export const handler = (
  request: MailRequest,
  { awsRequestId }: Pick<Context, 'awsRequestId'>,
): Promise<void> =>
  withContext({ request_id: awsRequestId, asked_by: request.request_id }, async () => {
    try {
      await send(request, awsRequestId);
    } catch (error) {
      logError('A mail was not sent', error);
      throw error;
    }
  });

// Those that are not notices go to the address that is stored, whichever the request had.
async function send(request: MailRequest, invocation: string): Promise<void> {
  switch (request.kind) {
    case 'password_reset':
      return sendResetLink(request.email, invocation);
    case 'password_changed':
      return mailer.send(request.email, passwordChangedMail(request.email));
    case 'email_verification':
      return sendVerification(request.email, invocation);
    case 'email_change':
      return sendChange(request);
    case 'email_change_asked':
      return mailer.send(request.email, emailChangeAskedMail(request.email));
  }
}

async function sendResetLink(email: string, invocation: string): Promise<void> {
  const user = await auth.getResetTokenToMail(email, invocation);
  if (!user) return;
  await mailer.send(user.email, passwordResetMail(user, resetLink));
  logEvent('authn_token_created', { user_id: user.id });
}

async function sendVerification(asked: string, invocation: string): Promise<void> {
  const found = await emailVerification.getMail(asked, invocation);
  if (!found) return;
  const { email, token } = found;
  await mailer.send(
    email,
    token === undefined ? accountExistsMail(email) : emailVerificationMail(email, token, emailLink),
  );
}

async function sendChange(change: EmailChange): Promise<void> {
  const email = change.new_email;
  try {
    const token = await emailVerification.getChangeToken(change);
    await mailer.send(email, emailChangeMail(email, token, emailLink));
  } catch (error) {
    if (!(error instanceof AuthError && error.code === 'email_taken')) throw error;
    await mailer.send(email, accountExistsMail(email));
  }
}
