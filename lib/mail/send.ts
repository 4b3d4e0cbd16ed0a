import { findDeletion } from '../accounts/delete.ts';
import { logEvent } from '../core/log.ts';
import { isText } from '../core/token.ts';
import type { App } from '../db/context.ts';
import { NOTICE_SECONDS, type UserItem } from '../db/items.ts';
import { getChangeMail, type ChangeReference } from '../emails/change.ts';
import { getVerificationMail } from '../emails/verify.ts';
import { isLocked, loginOf, reauthenticationOf, redemptionOf } from '../limits/attempts.ts';
import { getResetTokenToMail } from '../passwords/reset.ts';
import { findFormerEmail, pendingChange } from '../tokens/email-token.ts';
import { emailToFind } from '../users/address.ts';
import { findByEmail, findById } from '../users/find.ts';
import { isDisabled } from '../users/user.ts';
import { isLanguage } from '../words/languages.ts';
import type { MailRequest } from './dispatch.ts';
import {
  noticeMail,
  passwordResetMail,
  registeredAgainMail,
  verificationMail,
  type Links,
  type Notice,
  type Voice,
} from './messages.ts';
import type { Send } from './ses.ts';

/** How mails are sent, in which words, and to which pages they link. */
export interface Post {
  send: Send;
  /** Its language is that of users who have none. */
  voice: Voice;
  links: Links;
}

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
  post: Post,
  request: MailRequest,
  invocation: string,
): Promise<void> {
  switch (request.kind) {
    case 'password_reset':
      return sendResetLink(app, post, request.email, invocation);
    case 'email_verification':
    case 'registration':
      return sendVerification(app, post, request, invocation);
    case 'email_change':
      return sendChange(app, post, request, invocation);
    case 'email_change_asked':
      return sendNotice(app, post, request.user_id, 'emailChangeAsked', (user) =>
        hasAsked(app, user, request),
      );
    case 'password_changed':
      return sendNotice(app, post, request.user_id, 'passwordChanged', ({ password_changed_at }) =>
        isRecent(app, password_changed_at),
      );
    case 'confirmations_locked':
      return sendNotice(app, post, request.user_id, 'confirmationsLocked', (user) =>
        areConfirmationsLocked(app, user),
      );
    case 'account_deleted':
      return sendToFormer(app, post, request, 'accountDeleted', findDeletion);
    case 'email_changed':
      return sendToFormer(app, post, request, 'emailChanged', findFormerEmail);
    case 'login_locked':
      return sendLocked(app, post, request.email);
    case 'none':
      return;
  }
}

async function sendResetLink(
  app: App,
  { send, voice, links }: Post,
  email: string,
  invocation: string,
): Promise<void> {
  const user = await getResetTokenToMail(app, email, invocation);
  if (!user) return;
  await send(user.email, passwordResetMail(voiceFor(voice, user), user, links.reset));
  logToken(user.id, 'Password reset');
}

async function sendVerification(
  app: App,
  { send, voice, links }: Post,
  asked: { email: string; user_id?: string },
  invocation: string,
): Promise<void> {
  const mail = await getVerificationMail(app, asked.email, invocation, asked.user_id);
  if (!mail) return;
  const { user_id, email, token, reset_token } = mail;
  const own = voiceFor(voice, mail);
  if (token === undefined) return send(email, noticeMail(own, 'accountExists'));
  if (reset_token === undefined) {
    await send(email, verificationMail(own, 'emailVerification', token, links.email));
  } else {
    await send(email, registeredAgainMail(own, { email, token, reset_token }, links));
    logToken(user_id, 'Password reset');
  }
  logToken(user_id, 'Email verification');
}

async function sendChange(
  app: App,
  { send, voice, links }: Post,
  change: ChangeReference,
  invocation: string,
): Promise<void> {
  const mail = await getChangeMail(app, change, invocation);
  if (!mail) return;
  const { email, token } = mail;
  const own = voiceFor(voice, mail);
  if (token === undefined) return send(email, noticeMail(own, 'accountExists'));
  await send(email, verificationMail(own, 'emailChange', token, links.email));
  logToken(change.user_id, 'Change of email');
}

/** The login of an unknown email is locked as well: then there is nobody to tell. */
async function sendLocked(app: App, post: Post, asked: string): Promise<void> {
  const user = await findByEmail(app, emailToFind(asked));
  if (user && (await isLocked(app, loginOf(user.email)))) {
    await sendNotice(app, post, user.id, 'loginLocked', () => true);
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
  { send, voice }: Post,
  user_id: string,
  kind: Notice,
  hasHappened: (user: UserItem) => boolean | Promise<boolean>,
): Promise<void> {
  const user = await findById(app, user_id);
  if (!user || isDisabled(user) || !(await hasHappened(user))) {
    logUntrue(user_id);
    return;
  }
  if (user.email_verified_at === undefined) return;
  await send(user.email, noticeMail(voiceFor(voice, user), kind));
}

/**
 * Sends a notice to an address that a user had, and which was verified.
 *
 * @param find what the table has of it, if the notice is true of the user and the address
 */
async function sendToFormer(
  app: App,
  { send, voice }: Post,
  { user_id, email }: { user_id: string; email: string },
  kind: Notice,
  find: (app: App, user_id: string, email: string) => Promise<Reader | undefined>,
): Promise<void> {
  const former = await find(app, user_id, email);
  if (former) return send(email, noticeMail(voiceFor(voice, former), kind));
  logUntrue(user_id);
}

/** Who reads a mail. */
interface Reader {
  /** As stored. */
  language?: string | undefined;
}

/** The voice in the language of the reader, unless there is none, or it has been removed since. */
function voiceFor(voice: Voice, { language }: Reader): Voice {
  return isLanguage(language) ? { ...voice, language } : voice;
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
