/**
 * Tokens that prove that an address is the user's. Those that verify the email are items of their own,
 * any number for a user. The one that changes the email belongs to the change, an attribute of the
 * user: a newer change replaces it, and a deleted user leaves no new address behind.
 */
import { digest, generateToken, sameDigest, tokenOwner } from '../core/token.ts';
import type { App } from '../db/context.ts';
import {
  EMAIL_TOKEN,
  emailTokenKey,
  findUser,
  userKey,
  type EmailChange,
  type EmailTokenItem,
  type UserItem,
} from '../db/items.ts';
import { batchGet, put, transact, type TransactionOutcome, type Write } from '../db/table.ts';
import { mailTurn } from '../limits/mail-turns.ts';
import { moveMarkerWrites } from '../users/store.ts';
import { isDisabled } from '../users/user.ts';
import { RESET_TOKEN_ATTRIBUTES } from './reset-token.ts';

/** A valid token and its user, read at one moment. */
export interface EmailToken {
  user: UserItem;
  /** The address that the token proves to be the user's. */
  email: string;
  /**
   * What the token confirms: the user's email, or a change to another. Undefined if the token has done
   * so, and the user still has that email.
   */
  token?: EmailTokenItem | EmailChange;
}

/** The user that a token is made for, as read. */
export type Holder = Pick<UserItem, 'id' | 'email' | 'session_epoch'>;

/**
 * Adds a token that verifies the email, beside any others.
 *
 * @returns the token
 */
export async function issueEmailToken(app: App, holder: Holder): Promise<string> {
  const token = generateToken(holder.id);
  await put(app.table, newEmailToken(app, holder, token));
  return token;
}

/**
 * Takes the user's turn for a mail about the verification of the email (see mailTurn) and adds the
 * token that the mail carries. Of any number of calls at once, one has the turn.
 *
 * @param withToken false for a mail without a token
 * @returns the turn's token; undefined if the turn was not had, or the user's email has changed
 */
export async function takeVerificationTurn(
  app: App,
  holder: Holder,
  withToken: boolean,
  invocation: string,
): Promise<{ token: string | undefined } | undefined> {
  const { set, anyOf } = mailTurn('verification', invocation, app.now());
  const { id, email } = holder;
  const token = withToken ? generateToken(id) : undefined;
  const { applied } = await transact(app.table, {
    turn: { update: { key: userKey(id), set, condition: { equal: { email }, anyOf } } },
    ...(token !== undefined && { token: { put: newEmailToken(app, holder, token) } }),
  });
  return applied ? { token } : undefined;
}

/** A change that is asked for now. It is void once the user's email or epoch has changed. */
export function newEmailChange(
  { settings, now }: App,
  { email, session_epoch: epoch }: Holder,
  id: string,
  new_email: string,
): EmailChange {
  const expires_at = now() + settings.emailTokenSeconds;
  return { id, new_email, old_email: digest(email), epoch, expires_at };
}

/** The change of email that waits for its confirmation; undefined if there is none. */
export function pendingChange(user: UserItem, now: number): EmailChange | undefined {
  const { email_change: change, session_epoch } = user;
  if (!change || now >= change.expires_at) return undefined;
  const isAsItWas = change.epoch === session_epoch && change.old_email === digest(user.email);
  return isAsItWas ? change : undefined;
}

/**
 * Makes the token of a change, in place of any earlier one, if the change is still pending.
 *
 * @returns undefined if the change has been replaced, called off, or is void
 */
export async function issueChangeToken(
  app: App,
  { id, email, session_epoch }: UserItem,
  change: EmailChange,
): Promise<string | undefined> {
  const token = generateToken(id);
  const expires_at = app.now() + app.settings.emailTokenSeconds;
  const email_change = { ...change, token: digest(token), expires_at };
  // In a transaction, DynamoDB recognises a repeated write whose answer was lost.
  const { applied } = await transact(app.table, {
    user: {
      update: {
        key: userKey(id),
        set: { email_change },
        condition: { equal: { email, session_epoch, email_change: change } },
      },
    },
  });
  return applied ? token : undefined;
}

/**
 * Finds a token that is valid, or that has verified the email that its user still has, in one round
 * trip.
 */
export async function findEmailToken(
  { table, now }: App,
  token: string,
): Promise<EmailToken | undefined> {
  const owner = tokenOwner(token);
  if (owner === undefined) return undefined;
  const tokenDigest = digest(token);
  const key = emailTokenKey(owner, tokenDigest);
  const items = await batchGet(table, [userKey(owner), key]);
  const user = findUser(items);
  if (!user || isDisabled(user)) return undefined;
  const change = pendingChange(user, now());
  if (change?.token !== undefined && sameDigest(change.token, tokenDigest)) {
    return { user, email: change.new_email, token: change };
  }
  const item = items.find((each) => each.item === key.item) as EmailTokenItem | undefined;
  if (sameDigest(user.email_verified_by ?? '', tokenDigest)) return { user, email: user.email };
  if (!item || now() >= item.expires_at) return undefined;
  const isAsItWas = item.epoch === user.session_epoch && item.address === digest(user.email);
  return isAsItWas ? { user, email: user.email, token: item } : undefined;
}

/**
 * Spends a token if it is still valid, and does what it authorises in the same transaction: the email
 * is verified or, for a change, it is the new one, all sessions end and the reset token is removed. Of
 * any number of calls with one token one succeeds, and so does one of two for one address.
 */
export async function spendEmailToken(
  { table, now }: App,
  { user, email, token }: Required<EmailToken>,
): Promise<TransactionOutcome<'user' | 'token' | 'newMarker' | 'oldMarker'>> {
  const time = now();
  const { epoch } = token;
  const key = userKey(user.id);
  const asRead = { email: user.email, session_epoch: epoch };
  if ('item' in token) {
    const set = verifiedBy(token.item.slice(EMAIL_TOKEN.length), time);
    const spent: Write = {
      delete: { id: user.id, item: token.item },
      // This also implies that the token exists.
      condition: { greater: { expires_at: time } },
    };
    const condition = { equal: asRead };
    return transact(table, { user: { update: { key, set, condition } }, token: spent });
  }
  // The write is on condition of the very change, so its expiry is the one that was read.
  if (time >= token.expires_at) return { applied: false, failures: { user: { found: user } } };
  return transact(table, {
    user: {
      update: {
        key,
        set: { ...verifiedBy(token.token, time), email, session_epoch: epoch + 1 },
        // The reset token may lie in the mailbox of the old address.
        remove: [...RESET_TOKEN_ATTRIBUTES, 'email_change'],
        condition: { equal: { ...asRead, email_change: token } },
      },
    },
    ...moveMarkerWrites(user, email),
  });
}

/** The attributes of a user whose email a token with that digest has verified. */
function verifiedBy(email_verified_by: string | undefined, time: number) {
  return { email_verified_at: time, email_verified_by, updated_at: time };
}

function newEmailToken(
  { settings, now }: App,
  { id, email, session_epoch }: Holder,
  token: string,
): EmailTokenItem {
  return {
    ...emailTokenKey(id, digest(token)),
    address: digest(email),
    epoch: session_epoch,
    expires_at: now() + settings.emailTokenSeconds,
  };
}
