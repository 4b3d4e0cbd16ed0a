import { isRefusal } from '../core/errors.ts';
import { logEvent } from '../core/log.ts';
import type { App } from '../db/context.ts';
import { getChangeToken, type EmailChange } from '../emails/change.ts';
import { getVerificationMail } from '../emails/verify.ts';
import { getResetTokenToMail } from '../passwords/reset.ts';
import type { MailRequest } from './dispatch.ts';
import {
  accountExistsMail,
  emailChangeAskedMail,
  emailChangeMail,
  emailVerificationMail,
  passwordChangedMail,
  passwordResetMail,
  type Link,
} from './messages.ts';
import type { Send } from './ses.ts';

/** The pages that the links in mails lead to. */
export interface Links {
  reset: Link;
  email: Link;
}

/**
 * Sends the mail that a request asks for, if there is one to send. All but notices go to the address
 * that is stored, not to the one in the request.
 *
 * @param invocation whose retries may send a mail again
 * @throws Error if the mail was not sent
 */
export async function sendMail(
  app: App,
  send: Send,
  links: Links,
  request: MailRequest,
  invocation: string,
): Promise<void> {
  switch (request.kind) {
    case 'password_reset':
      return sendResetLink(app, send, links.reset, request.email, invocation);
    case 'password_changed':
      return send(request.email, passwordChangedMail(request.email));
    case 'email_verification':
      return sendVerification(app, send, links.email, request.email, invocation);
    case 'email_change':
      return sendChange(app, send, links.email, request);
    case 'email_change_asked':
      return send(request.email, emailChangeAskedMail(request.email));
  }
}

async function sendResetLink(
  app: App,
  send: Send,
  link: Link,
  email: string,
  invocation: string,
): Promise<void> {
  const user = await getResetTokenToMail(app, email, invocation);
  if (!user) return;
  await send(user.email, passwordResetMail(user, link));
  logEvent('authn_token_created', { user_id: user.id });
}

async function sendVerification(
  app: App,
  send: Send,
  link: Link,
  asked: string,
  invocation: string,
): Promise<void> {
  const mail = await getVerificationMail(app, asked, invocation);
  if (!mail) return;
  const { email, token } = mail;
  await send(
    email,
    token === undefined ? accountExistsMail(email) : emailVerificationMail(email, token, link),
  );
}

async function sendChange(app: App, send: Send, link: Link, change: EmailChange): Promise<void> {
  const email = change.new_email;
  try {
    const token = await getChangeToken(app, change);
    await send(email, emailChangeMail(email, token, link));
  } catch (error) {
    if (!isRefusal(error, 'email_taken')) throw error;
    await send(email, accountExistsMail(email));
  }
}
