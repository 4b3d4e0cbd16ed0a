/**
 * The reset token: an attribute of the user, one at a time. It is stored as a digest, which an index
 * has too.
 */
import { digest, generateToken, isText, sameDigest, tokenOwner } from '../core/token.ts';
import type { App } from '../db/context.ts';
import type { Update } from '../db/expression.ts';
import { userKey, type UserItem } from '../db/items.ts';
import { queryIndex, update } from '../db/table.ts';
import type { Turn } from '../limits/mail-turns.ts';
import { findById } from '../users/find.ts';
import { isDisabled } from '../users/user.ts';

/** The attributes that make up a token, for an update that removes it. */
export const RESET_TOKEN_ATTRIBUTES = [
  'reset_token',
  'reset_token_expires_at',
  'reset_token_mailed',
] as const;

/** The attributes that make up a new token, for an update that sets it. */
export function resetTokenAttributes({ settings, now }: App, reset_token: string) {
  return {
    reset_token: digest(reset_token),
    reset_token_expires_at: now() + settings.resetTokenSeconds,
  };
}

/**
 * Sets a new token in place of any earlier one, if the user still has that email.
 *
 * @returns the token; undefined if it was not set
 */
export async function issueResetToken(app: App, user: UserItem): Promise<string | undefined> {
  const reset_token = generateToken(user.id);
  const { applied } = await update(app.table, setResetToken(app, user, reset_token));
  return applied ? reset_token : undefined;
}

/**
 * An update that sets a new token in place of any earlier one, if the user still has that email.
 *
 * @param isMailed whether the token is mailed to that email
 */
export function setResetToken(
  app: App,
  { id, email }: UserItem,
  reset_token: string,
  isMailed = false,
): Update {
  return {
    key: userKey(id),
    set: {
      ...resetTokenAttributes(app, reset_token),
      ...(isMailed && { reset_token_mailed: mailed(reset_token, email) }),
      updated_at: app.now(),
    },
    condition: { equal: { email } },
  };
}

/** Finds the user with a valid token, in one round trip. */
export async function findByResetToken(
  app: App,
  reset_token: string,
): Promise<UserItem | undefined> {
  if (!isText(reset_token)) return undefined;
  const tokenDigest = digest(reset_token);
  const owner = tokenOwner(reset_token);
  // A token of another form was set by a caller of the library. Only its index knows it.
  const ids =
    owner === undefined ? await queryIndex(app.table, 'reset_token', tokenDigest) : [owner];
  for (const id of ids) {
    const user = await findById(app, id);
    if (user && isValidResetToken(user, tokenDigest, app.now())) return user;
  }
  return undefined;
}

/**
 * An update that spends a token, if it still is the user's and not expired, and ends all sessions. Of
 * any number of updates with one token, one is applied. A token that was mailed also verifies the
 * email: only its owner can have the token.
 *
 * @param user as found by the token
 * @param set what else the update sets
 * @param email must still be the user's; undefined: any email
 */
export function spendResetToken(
  user: UserItem,
  reset_token: string,
  now: number,
  set: Record<string, unknown>,
  email?: string,
): Update {
  const wasMailed = user.reset_token_mailed === mailed(reset_token, user.email);
  const verifies = wasMailed && user.email_verified_at === undefined;
  const expected = verifies ? user.email : email;
  return {
    key: userKey(user.id),
    set: { ...set, ...(verifies && { email_verified_at: now }), updated_at: now },
    // The same write spends the token, so that it cannot move the epoch twice.
    add: { session_epoch: 1 },
    remove: RESET_TOKEN_ATTRIBUTES,
    condition: {
      equal: {
        reset_token: digest(reset_token),
        ...(expected !== undefined && { email: expected }),
      },
      greater: { reset_token_expires_at: now },
    },
  };
}

/** Whether a token, given by its digest, is the user's and works. */
function isValidResetToken(user: UserItem, tokenDigest: string, now: number): boolean {
  return (
    !isDisabled(user) &&
    user.reset_token !== undefined &&
    sameDigest(user.reset_token, tokenDigest) &&
    now < (user.reset_token_expires_at ?? 0)
  );
}

/** The turn of a mail that carries a new token. */
export function resetTurn({ now }: App, user: UserItem, reset_token: string): Turn {
  return {
    kind: 'reset',
    token: digest(reset_token),
    isValid: (token) => isValidResetToken(user, token, now()),
  };
}

/** Marks that a token was mailed to an address: to no other address, and no other token. */
function mailed(reset_token: string, address: string): string {
  return digest(`${reset_token} ${address}`);
}
