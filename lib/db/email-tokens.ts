import { digest } from '../token.ts';
import { emailTokenKey, markerKey, newMarker, userKey } from './items.ts';
import type { EmailTokenItem, UserItem } from './items.ts';
import type { Item, Write } from './table.ts';

/** A token and its user, read at one moment, at which it was good. */
export interface EmailToken {
  user: UserItem;
  token: EmailTokenItem;
}

/** For whom a token is made, and to what their email may change; absent: it verifies the one there is. */
export interface Holder {
  user_id: string;
  email: string;
  session_epoch: number;
  new_email?: string;
}

export function newEmailToken(
  { user_id, email, session_epoch, new_email }: Holder,
  token: string,
  expires_at: number,
): EmailTokenItem {
  return {
    ...emailTokenKey(user_id, digest(token)),
    purpose: new_email === undefined ? 'verify' : 'change',
    address: email,
    ...(new_email !== undefined && { new_address: new_email }),
    epoch: session_epoch,
    expires_at,
  };
}

/** @returns absent unless the token is among these items with its user, and good */
export function toEmailToken(items: readonly Item[], now: number): EmailToken | undefined {
  const user = items.find(({ item }) => item === 'user') as UserItem | undefined;
  const token = items.find(({ item }) => item !== 'user') as EmailTokenItem | undefined;
  if (!user || user.disabled_at !== undefined || !token || now >= token.expires_at)
    return undefined;
  const isAsItWas = token.epoch === user.session_epoch && token.address === user.email;
  return isAsItWas ? { user, token } : undefined;
}

/** The address that a token shows to be the user's. */
export function addressOf({ address, new_address }: EmailTokenItem): string {
  return new_address ?? address;
}

/**
 * Spends a token: the user's email is verified or, for a change, another one, which ends every
 * session. The first write is the user's and the last the token's.
 */
export function redeemWrites({ user: { id }, token }: EmailToken, now: number): Write[] {
  const { purpose, address, epoch } = token;
  const verified = { email_verified_at: now, updated_at: now };
  const asItWas = { equal: { email: address, session_epoch: epoch } };
  const spent: Write = {
    delete: { id, item: token.item },
    // And so it is there.
    condition: { greater: { expires_at: now } },
  };
  if (purpose === 'verify') {
    return [{ update: { key: userKey(id), set: verified, condition: asItWas } }, spent];
  }
  const email = addressOf(token);
  return [
    {
      update: {
        key: userKey(id),
        set: { ...verified, email, session_epoch: epoch + 1 },
        // It may be in the mailbox of the old address.
        remove: ['reset_token', 'reset_token_expires_at'],
        condition: asItWas,
      },
    },
    { put: newMarker(email, id), condition: { absent: true } },
    // The user has that address still, so the marker is the user's.
    { delete: markerKey(address) },
    spent,
  ];
}
