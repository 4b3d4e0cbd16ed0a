import { isDeleted } from '../accounts/delete.ts';
import { logEvent } from '../core/log.ts';
import { isText } from '../core/token.ts';
import type { App } from '../db/context.ts';
import { NOTICE_SECONDS, type UserItem } from '../db/items.ts';
import { getChangeMail, type ChangeReference } from '../emails/change.ts';
import { getVerificationMail } from '../emails/verify.ts';
import { isLocked, loginOf, reauthenticationOf, redemptionOf } from '../limits/attempts.ts';
import { getResetTokenToMail } from '../passwords/reset.ts';
import { isFormerEmail, pendingChange } from '../tokens/email-token.ts';
import { emailToFind } from '../users/address.ts';
import { findByEmail, findById } from '../users/find.ts';
import { isDisabled } from '../users/user.ts';
import type { MailRequest } from './dispatch.ts';
import {
  accountDeletedMail,
  accountExistsMail,
  confirmationsLockedMail,
  emailChangeAskedMail,
  emailChangedMail,
  emailChangeMail,
  emailVerificationMail,
  loginLockedMail,
  passwordChangedMail,
  passwordResetMail,
  registeredAgainMail,
  type Link,
  type Links,
  type Mail,
} from './messages.ts';
import type { Send } from './ses.ts';

/**
 * Sends the mail that a request asks for, if there is one to send. Nothing that the request says is
 * believed: who may invoke this function could otherwise take over an account, or mail anybody. So
 * each mail goes to an address in the table, about what the table says has happened.
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
    case 'email_verification':
    case 'registration':
      return sendVerification(app, send, links, request, invocation);
    case 'email_change':
      return sendChange(app, send, links.email, request, invocation);
    case 'email_change_asked':
      return sendNotice(app, send, request.user_id, emailChangeAskedMail, (user) =>
        hasAsked(app, user, request),
      );
    case 'password_changed':
      return sendNotice(
        app,
        send,
        request.user_id,
        passwordChangedMail,
        ({ password_changed_at }) => isRecent(app, password_changed_at),
      );
    case 'confirmations_locked':
      return sendNotice(app, send, request.user_id, confirmationsLockedMail, (user) =>
        areConfirmationsLocked(app, user),
      );
    case 'account_deleted':
      return sendToFormer(app, send, request, accountDeletedMail, isDeleted);
    case 'email_changed':
      return sendToFormer(app, send, request, emailChangedMail, isFormerEmail);
    case 'login_locked':
      return sendLocked(app, send, request.email);
    case 'none':
      return;
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
  logToken(user.id, 'Password reset');
}

async function sendVerification(
  app: App,
  send: Send,
  links: Links,
  asked: { email: string; user_id?: string },
  invocation: string,
): Promise<void> {
  const mail = await getVerificationMail(app, asked.email, invocation, asked.user_id);
  if (!mail) return;
  const { user_id, email, token, reset_token } = mail;
  if (token === undefined) return send(email, accountExistsMail());
  if (reset_token === undefined) {
    await send(email, emailVerificationMail(token, links.email));
  } else {
    await send(email, registeredAgainMail({ email, token, reset_token }, links));
    logToken(user_id, 'Password reset');
  }
  logToken(user_id, 'Email verification');
}

async function sendChange(
  app: App,
  send: Send,
  link: Link,
  change: ChangeReference,
  invocation: string,
): Promise<void> {
  const mail = await getChangeMail(app, change, invocation);
  if (!mail) return;
  const { email, token } = mail;
  await send(email, token === undefined ? accountExistsMail() : emailChangeMail(token, link));
  if (token !== undefined) logToken(change.user_id, 'Change of email');
}

/** The login of an unknown email is locked as well: then there is nobody to tell. */
async function sendLocked(app: App, send: Send, asked: string): Promise<void> {
  const user = await findByEmail(app, emailToFind(asked));
  if (user && (await isLocked(app, loginOf(user.email)))) {
    await sendNotice(app, send, user.id, loginLockedMail, () => true);
  }
}

async function areConfirmationsLocked(app: App, user: UserItem): Promise<boolean> {
  const subjects = [reauthenticationOf(user.id), redemptionOf(user)];
  return (await Promise.all(subjects.map((subject) => isLocked(app, subject)))).includes(true);
}

function hasAsked({ now }: App, user: UserItem, { change_id }: ChangeReference): boolean {
  // Nothing that the request says is believed, not even that it has an id.
  return isText(change_id) && pendingChange(user, now())?.id === change_id;
}

/**
 * Sends a notice to the address of a user. Only the owner of an address that was verified gets one:
 * somebody else may have registered any other.
 *
 * @param hasHappened whether the notice is true of the user
 */
async function sendNotice(
  app: App,
  send: Send,
  user_id: string,
  compose: () => Mail,
  hasHappened: (user: UserItem) => boolean | Promise<boolean>,
): Promise<void> {
  const user = await findById(app, user_id);
  if (!user || isDisabled(user) || !(await hasHappened(user))) {
    logUntrue(user_id);
    return;
  }
  if (user.email_verified_at === undefined) return;
  await send(user.email, compose());
}

/**
 * Sends a notice to an address that a user had, and which was verified.
 *
 * @param isFormer whether the notice is true of the user and the address
 */
async function sendToFormer(
  app: App,
  send: Send,
  { user_id, email }: { user_id: string; email: string },
  compose: () => Mail,
  isFormer: (app: App, user_id: string, email: string) => Promise<boolean>,
): Promise<void> {
  if (await isFormer(app, user_id, email)) return send(email, compose());
  logUntrue(user_id);
}

function logToken(user_id: string, reason: string): void {
  logEvent('authn_token_created', { user_id, reason });
}

function isRecent({ now }: App, time = 0): boolean {
  return now() < time + NOTICE_SECONDS;
}

function logUntrue(user_id: string): void {
  logEvent('authz_fail', { user_id, reason: 'A notice was requested of what has not happened' });
}
