/** Tokens that verify an email or change it: items of their own, any number for a user. */
import { digest, generateToken, tokenOwner } from '../core/token.ts';
import type { App } from '../db/context.ts';
import {
  emailTokenKey,
  findUser,
  userKey,
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
  token: EmailTokenItem;
}

/** The user that a token is made for, as read. */
export type Holder = Pick<UserItem, 'id' | 'email' | 'session_epoch'>;

/**
 * Adds a token beside any others.
 *
 * @param new_email the address to change to; undefined: the token verifies the current one
 * @returns the token
 */
export async function issueEmailToken(
  app: App,
  holder: Holder,
  new_email?: string,
): Promise<string> {
  const token = generateToken(holder.id);
  await put(app.table, newEmailToken(app, holder, token, new_email));
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

/** Finds a valid token and its user, in one round trip. */
export async function findEmailToken(
  { table, now }: App,
  token: string,
): Promise<EmailToken | undefined> {
  const owner = tokenOwner(token);
  if (owner === undefined) return undefined;
  const key = emailTokenKey(owner, digest(token));
  const items = await batchGet(table, [userKey(owner), key]);
  const user = findUser(items);
  const item = items.find((each) => each.item === key.item) as EmailTokenItem | undefined;
  if (!user || isDisabled(user) || !item || now() >= item.expires_at) return undefined;
  const isAsItWas = item.epoch === user.session_epoch && item.address === user.email;
  return isAsItWas ? { user, token: item } : undefined;
}

/** The address that a token proves to be the user's. */
export function addressOf({ address, new_address }: EmailTokenItem): string {
  return new_address ?? address;
}

/**
 * Spends a token if it is still valid, and does what it authorises in the same transaction: the email
 * is verified or, for a change, it is the new one, all sessions end and the reset token is removed. Of
 * any number of calls with one token one succeeds, and so does one of two for one address.
 */
export async function spendEmailToken(
  { table, now }: App,
  { user, token }: EmailToken,
): Promise<TransactionOutcome<'user' | 'token' | 'newMarker' | 'oldMarker'>> {
  const time = now();
  const { purpose, address, epoch } = token;
  const verified = { email_verified_at: time, updated_at: time };
  const change = {
    key: userKey(user.id),
    condition: { equal: { email: address, session_epoch: epoch } },
  };
  const spent: Write = {
    delete: { id: user.id, item: token.item },
    // This also implies that the token exists.
    condition: { greater: { expires_at: time } },
  };
  if (purpose === 'verify') {
    return transact(table, { user: { update: { ...change, set: verified } }, token: spent });
  }
  const email = addressOf(token);
  return transact(table, {
    user: {
      update: {
        ...change,
        set: { ...verified, email, session_epoch: epoch + 1 },
        // It may lie in the mailbox of the old address.
        remove: RESET_TOKEN_ATTRIBUTES,
      },
    },
    ...moveMarkerWrites(user, email),
    token: spent,
  });
}

function newEmailToken(
  { settings, now }: App,
  { id, email, session_epoch }: Holder,
  token: string,
  new_email?: string,
): EmailTokenItem {
  return {
    ...emailTokenKey(id, digest(token)),
    purpose: new_email === undefined ? 'verify' : 'change',
    address: email,
    ...(new_email !== undefined && { new_address: new_email }),
    epoch: session_epoch,
    expires_at: now() + settings.emailTokenSeconds,
  };
}
