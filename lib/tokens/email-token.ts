/**
 * Tokens that prove that an address is the user's. Those that verify the email are items of their own,
 * any number for a user. The one that changes the email belongs to the change, an attribute of the
 * user: a newer change replaces it, and a deleted user leaves no new address behind.
 */
import { digest, generateToken, sameDigest, tokenOwner } from '../core/token.ts';
import type { App } from '../db/context.ts';
import type { Update } from '../db/expression.ts';
import {
  EMAIL_TOKEN,
  emailTokenKey,
  findUser,
  formerEmailKey,
  NOTICE_SECONDS,
  userKey,
  type EmailChange,
  type EmailTokenItem,
  type FormerEmailItem,
  type UserItem,
} from '../db/items.ts';
import { batchGet, get, put, transact, type TransactionOutcome, type Write } from '../db/table.ts';
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
 * An update that gives a change its token, in place of any earlier one, if the change is still pending:
 * it was neither replaced nor called off, nor has it become void.
 */
export function setChangeToken(
  { settings, now }: App,
  { id, email, session_epoch }: UserItem,
  change: EmailChange,
  token: string,
): Update {
  const expires_at = now() + settings.emailTokenSeconds;
  return {
    key: userKey(id),
    set: { email_change: { ...change, token: digest(token), expires_at, mailed: true } },
    condition: { equal: { email, session_epoch, email_change: change } },
  };
}

/** Whether a token that verifies the email, given by its digest, works. */
export async function isValidVerification(
  { table, now }: App,
  user: UserItem,
  tokenDigest: string,
): Promise<boolean> {
  const item = (await get(table, emailTokenKey(user.id, tokenDigest))) as
    EmailTokenItem | undefined;
  return item !== undefined && isOf(user, item, now());
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
  return item && isOf(user, item, now()) ? { user, email: user.email, token: item } : undefined;
}

/** Whether a token has not expired, and the user is as the token was made for. */
function isOf(
  user: UserItem,
  { epoch, address, expires_at }: EmailTokenItem,
  now: number,
): boolean {
  return now < expires_at && epoch === user.session_epoch && address === digest(user.email);
}

/**
 * Spends a token if it is still valid, and does what it authorises in the same transaction: the email
 * is verified or, for a change, it is the new one, all sessions end and the reset token is removed. Of
 * any number of calls with one token one succeeds, and so does one of two for one address.
 *
 * @param other who has the new address, gives way (see givesWay), and is deleted
 */
export async function spendEmailToken(
  { table, now }: App,
  { user, email, token }: Required<EmailToken>,
  other?: UserItem,
): Promise<TransactionOutcome<'user' | 'token' | 'newMarker' | 'oldMarker' | 'other' | 'former'>> {
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
        set: {
          ...verifiedBy(token.token, time),
          email,
          session_epoch: epoch + 1,
        },
        // The reset token may lie in the mailbox of the old address.
        remove: [...RESET_TOKEN_ATTRIBUTES, 'email_change'],
        condition: { equal: { ...asRead, email_change: token } },
      },
    },
    ...moveMarkerWrites(user, email, other),
    ...(addressToTell({ user, token }) !== undefined && {
      former: { put: newFormerEmail(user, time) },
    }),
  });
}

/**
 * The address that loses the account when a token is spent, if a mail has to tell its owner: it was
 * verified, and the token was mailed, not in an answer.
 */
export function addressToTell({
  user,
  token,
}: Pick<Required<EmailToken>, 'user' | 'token'>): string | undefined {
  return 'mailed' in token && user.email_verified_at !== undefined ? user.email : undefined;
}

function newFormerEmail({ id, email, language }: UserItem, time: number): FormerEmailItem {
  return {
    ...formerEmailKey(id, digest(email)),
    ...(language !== undefined && { language }),
    expires_at: time + NOTICE_SECONDS,
  };
}

/**
 * Finds the record that a change of email took that address, which was verified, from a user in the last
 * 14 days. It has only a digest of the address: the caller has to know the address itself.
 */
export async function findFormerEmail(
  { table, now }: App,
  user_id: string,
  email: string,
): Promise<FormerEmailItem | undefined> {
  const key = formerEmailKey(user_id, digest(email));
  const former = (await get(table, key)) as FormerEmailItem | undefined;
  return former !== undefined && now() < former.expires_at ? former : undefined;
}

/** The attributes of a user whose email a token with that digest has verified. */
function verifiedBy(email_verified_by: string | undefined, time: number) {
  return { email_verified_at: time, email_verified_by, updated_at: time };
}

/** A token that verifies the email, to be put beside any others. */
export function newEmailToken(
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
