/**
 * Changes of email. A user has one pending change: a newer one, or the user's own address, voids the
 * earlier, and so does all that ends the sessions.
 */
import { invalidField } from '../core/errors.ts';
import { logEvent } from '../core/log.ts';
import { digest, generateToken, generateUuid, isText } from '../core/token.ts';
import type { App } from '../db/context.ts';
import type { Update } from '../db/expression.ts';
import { userKey, type UserItem } from '../db/items.ts';
import { update } from '../db/table.ts';
import { clearAttempts, countRequest } from '../limits/attempts.ts';
import { findRecipient, takeMailTurn } from '../limits/mail-turns.ts';
import { confirmPassword, expectPassword, type OnLock } from '../passwords/confirm.ts';
import { checkGivenPassword } from '../passwords/hash.ts';
import {
  changeAs,
  findSession,
  requireSession,
  type Authenticated,
  type SessionId,
} from '../sessions/use.ts';
import { newEmailChange, pendingChange, setChangeToken } from '../tokens/email-token.ts';
import { normalizeEmail } from '../users/address.ts';
import { findById, findOwnerId, isEmailTaken } from '../users/find.ts';
import { emailTaken } from '../users/store.ts';
import { givesWay, isDisabled } from '../users/user.ts';

/** Who asks for a change of email, and to what. */
export interface ChangeRequest {
  session_id: SessionId;
  password: string;
  /** In any spelling. The user's own address calls off a pending change. */
  email: string;
  onLock?: OnLock;
}

/** Names a pending change to the function that mails its token. */
export interface ChangeReference {
  user_id: string;
  change_id: string;
}

/**
 * Confirms the password for a change of email, which takes effect once the new address has confirmed
 * it (see redeemEmailToken). Counts as a request that mails any address, apart from the passwords that
 * are tried. Another request for the same address leaves the change as it is.
 *
 * @returns the change, whose token is made to be mailed; undefined if the user's address called off
 *   the pending change
 * @throws AuthError `no_session`; `wrong_password`; `too_many_attempts`; `invalid_field`, also for the
 *   user's own address if no change is pending
 */
export async function requestEmailChange(
  app: App,
  request: ChangeRequest,
): Promise<ChangeReference | undefined> {
  const { found, new_email } = await confirm(app, request);
  if (!new_email) return undefined;
  const id = generateUuid();
  let change_id = id;
  const { user } = await write(app, found, request, (current) => {
    const pending = pendingChange(current, app.now());
    const isSame = pending?.new_email === new_email;
    change_id = isSame ? pending.id : id;
    if (isSame) return undefined;
    return { set: { email_change: newEmailChange(app, current, id, new_email) } };
  });
  logEvent('user_updated', { user_id: user.id, reason: 'Change of email requested' });
  return { user_id: user.id, change_id };
}

/**
 * Like requestEmailChange, and makes the token.
 *
 * @throws AuthError also `email_taken`, which redeeming the token may throw as well
 */
export async function getChangeToken(
  app: App,
  request: ChangeRequest,
): Promise<string | undefined> {
  const { found, new_email } = await confirm(app, request);
  if (!new_email) return undefined;
  if (await isEmailTaken(app, new_email)) throw emailTaken(new_email);
  const token = generateToken(found.user.id);
  const id = generateUuid();
  await write(app, found, request, (current) => {
    const change = newEmailChange(app, current, id, new_email);
    return { set: { email_change: { ...change, token: digest(token) } } };
  });
  logEvent('authn_token_created', { user_id: found.user.id, reason: 'Change of email' });
  return token;
}

/** What to mail to the new address of a change. */
export interface ChangeMail {
  email: string;
  /** Of the user who has the email; of who asked, if nobody has it. */
  language: string | undefined;
  /** Undefined if another user has the email. */
  token?: string;
}

/**
 * Makes the token of a pending change, for a mail to the new address, which waits for its turn (see
 * takeMailTurn).
 *
 * @param invocation of the function that sends the mail; its retries make another token, as the mail
 *   may never have left
 * @returns undefined if there is nothing to send, or no such change is pending
 */
export async function getChangeMail(
  app: App,
  { user_id, change_id }: ChangeReference,
  invocation: string,
): Promise<ChangeMail | undefined> {
  return takeMailTurn<ChangeMail>(app, invocation, async () => {
    const user = await findById(app, user_id);
    const change = user && !isDisabled(user) ? pendingChange(user, app.now()) : undefined;
    if (!user || !isText(change_id) || change?.id !== change_id) {
      logEvent('authz_fail', { user_id, reason: 'There is no such change of email' });
      return undefined;
    }
    const { new_email: email } = change;
    const [ownerId, recipient] = await Promise.all([
      findOwnerId(app, email),
      findRecipient(app, email),
    ]);
    const isValid = (token: string) => token === change.token;
    const asked = { user_id, recipient };
    const owner = ownerId === undefined ? undefined : await findById(app, ownerId);
    if (owner?.email === email && !givesWay(owner)) {
      logEvent('authz_fail', { user_id, reason: 'Another user has the new email' });
      if (isDisabled(owner)) return undefined;
      const mail = { email, language: owner.language };
      return { ...asked, turns: [{ kind: 'exists', isValid }], writes: {}, mail };
    }
    const token = generateToken(user_id);
    return {
      ...asked,
      turns: [{ kind: 'change', token: digest(token), isValid }],
      writes: { user: { update: setChangeToken(app, user, change, token) } },
      mail: { email, language: user.language, token },
    };
  });
}

/** @returns no new email if it is the user's own, which has called off the pending change */
async function confirm(
  app: App,
  request: ChangeRequest,
): Promise<{ found: Authenticated; new_email?: string }> {
  const { session_id, password, email, onLock } = request;
  const new_email = normalizeEmail(email);
  checkGivenPassword(password);
  const found = requireSession(await findSession(app, session_id));
  const { user } = found;
  const attempt = await confirmPassword(app, user, password, { onLock });
  if (new_email === user.email) {
    if (!pendingChange(user, app.now())) throw invalidField('email', 'is the one that you have');
    await Promise.all([
      write(app, found, request, () => ({ remove: ['email_change'] })),
      clearAttempts(app, attempt),
    ]);
    logEvent('user_updated', { user_id: user.id, reason: 'Change of email called off' });
    return { found };
  }
  await Promise.all([countRequest(app, user.id), clearAttempts(app, attempt)]);
  return { found, new_email };
}

/**
 * Replaces or removes the change of a user, who still has the email and the epoch as read.
 *
 * @param next undefined to leave it as it is
 */
function write(
  app: App,
  found: Authenticated,
  { password }: ChangeRequest,
  next: (user: UserItem) => Pick<Update, 'set' | 'remove'> | undefined,
): Promise<Authenticated> {
  return changeAs(
    app,
    found,
    async ({ user }) => {
      const { id, email, session_epoch } = user;
      const change = next(user);
      if (!change) return true;
      const condition = { equal: { email, session_epoch } };
      return (await update(app.table, { key: userKey(id), ...change, condition })).applied;
    },
    (user) => expectPassword(app, user, password),
  );
}
