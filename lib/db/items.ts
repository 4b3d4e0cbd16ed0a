/**
 * The items of the table:
 *
 * | Item         | `id`                | `item`                 |
 * |--------------|---------------------|------------------------|
 * | user         | the user's UUID     | `user`                 |
 * | session      | the user's UUID     | `session#<digest>`     |
 * | email token  | the user's UUID     | `email_token#<digest>` |
 * | audit record | the user's UUID     | `audit#<UUID>`         |
 * | deletion     | the user's UUID     | `deletion`             |
 * | former email | the user's UUID     | `former_email#<digest>` |
 * | email marker | `email#<address>`   | `marker`               |
 * | attempts     | `attempts#<digest>` | `attempts`             |
 * | decoy        | `decoy#<UUID>`      | `decoy`                |
 * | recipient    | `recipient#<digest>`| `recipient`            |
 * | mark         | `undeliverable#<digest>` | `undeliverable`   |
 *
 * All times are epoch seconds. `expires_at` is the table's TTL attribute. DynamoDB deletes an item up
 * to two days after it expired, so each read checks the time too. Users, markers, marks and audit
 * records have no `expires_at`.
 *
 * Only a user has attributes named `email` and `reset_token`, only a session one named `session_id`:
 * each index holds items of one kind.
 */
import type { Key } from './expression.ts';
import type { Item } from './table.ts';

export interface UserItem extends Item {
  item: 'user';
  email: string;
  hashed_password: string;
  /** A digest. Absent, like the two below, if there is no reset token. */
  reset_token?: string;
  reset_token_expires_at?: number;
  /** A digest of the token and the address that it was mailed to; absent if it was not mailed. */
  reset_token_mailed?: string;
  /** Of mails to the user, as the registration said; absent for that of the setting. */
  language?: string;
  /** When a token proved that the email is the user's; absent if none has. */
  email_verified_at?: number;
  /** The digest of that token, if it was an email token: a repeated request gets the same answer. */
  email_verified_by?: string;
  /** The change of email that was asked for last. It may be void: see pendingChange. */
  email_change?: EmailChange;
  /** When a reset or a change last set the password; absent for the first password. */
  password_changed_at?: number;
  /** A session is valid only while its epoch equals this one. Moving it ends all sessions at once. */
  session_epoch: number;
  /**
   * The one session, by its digest, that stays valid while `session_epoch` equals `kept_epoch`. The
   * session's own epoch cannot be moved along: a read of both items may see half of a transaction.
   */
  kept_session?: string;
  kept_epoch?: number;
  /** When all sessions, or all others, were ended at once, the oldest first: see lib/sessions/endings.ts. */
  sessions_ended_at?: number[];
  /** When `npm run users:import` made the user, and of which hash, as a digest. */
  imported_at?: number;
  imported_hash?: string;
  /** When an operator disabled the user; absent if the user is not disabled. */
  disabled_at?: number;
  created_at: number;
  updated_at: number;
}

/** A change of email that the new address has to confirm. */
export interface EmailChange {
  /** Random. Names the change to the function that mails the token. */
  id: string;
  /** Normalised. It may be taken. */
  new_email: string;
  /** The digest of the user's email at the time of the request. */
  old_email: string;
  /** The user's `session_epoch` at that time. */
  epoch: number;
  expires_at: number;
  /** A digest; absent until there is a token. */
  token?: string;
  /** Only the owner of the new address got the token: absent if it was in an answer. */
  mailed?: true;
}

/** How a user proved who they are. */
export type Method = 'password';

export interface SessionItem extends Item {
  /** A digest. */
  session_id: string;
  /** The user's `session_epoch` when the user was authenticated. */
  epoch: number;
  /** Empty for a session that a caller of the library made without any proof. */
  methods: Method[];
  authenticated_at: number;
  created_at: number;
  last_seen: number;
  /** The earlier of the idle and the absolute limit. */
  expires_at: number;
  /** What the client that logged in sent; absent if unknown. */
  user_agent?: string;
  ip?: string;
}

/**
 * Proves that the user's email is the user's. Valid only while the user's email and epoch are the ones
 * that it was made for.
 */
export interface EmailTokenItem extends Item {
  /** The digest of the user's email: no address is left when the user is deleted. */
  address: string;
  epoch: number;
  expires_at: number;
}

/** A notice of an event may be sent for as long as UnsentMailQueue keeps it (serverless.yml). */
export const NOTICE_SECONDS = 14 * 24 * 60 * 60;

/** Tells that a user was deleted, for the notice of it. */
export interface DeletionItem extends Item {
  item: 'deletion';
  /** The digest of the user's email, which was verified. */
  address: string;
  /** The user's. */
  language?: string;
  expires_at: number;
}

/**
 * Tells that a change of email took an address from a user, for the notice of it. Each change has an
 * item: the next change, or the deletion of the user, may come before the notice is sent. The key has
 * the digest of the address, which was verified.
 */
export interface FormerEmailItem extends Item {
  /** The user's. */
  language?: string;
  expires_at: number;
}

/** Makes an email unique, and finds its user by a consistent read. */
export interface MarkerItem extends Item {
  item: 'marker';
  user_id: string;
}

/** Counts passwords that were tried, see lib/limits/attempts.ts. */
export interface AttemptsItem extends Item {
  item: 'attempts';
  count: number;
  /** Not for a source: the time of the last one, and how many have failed in a row. */
  last_at?: number;
  failures?: number;
  expires_at: number;
}

/** The mails that an address was sent of late, see lib/limits/mail-turns.ts. */
export interface RecipientItem extends Item {
  item: 'recipient';
  /** The times of the mails that were sent in the last hour. */
  sent_at: number[];
  /** The last mail of each kind. */
  last: Record<string, LastMail>;
  /** Tells whether somebody else has written the item since it was read. */
  revision: number;
  expires_at: number;
}

export interface LastMail {
  at: number;
  /** The invocation that sent it. */
  by: string;
  /** Whose token it carried, or who asked for it. */
  user_id: string;
  /** The digest of its token; absent if it had none. */
  token?: string;
}

/** Stops all mail to an address, see lib/mail/undeliverable.ts. */
export interface MarkItem extends Item {
  item: 'undeliverable';
  reason: MarkReason;
  at: number;
}

/** Why an address gets no more mail: a mail to it bounced for good, or was reported as spam. */
export type MarkReason = 'bounce' | 'complaint';

/** An act of an operator on a user. It stays when the user is deleted. */
export interface AuditItem extends Item {
  at: number;
  act: string;
  actor: string;
  reason?: string;
}

/** The sort keys of a user's items of one kind begin with one of these. */
export const AUDIT = 'audit#';
export const EMAIL_TOKEN = 'email_token#';
export const SESSION = 'session#';

export const userKey = (id: string): Key => ({ id, item: 'user' });

export const sessionKey = (userId: string, sessionDigest: string): Key => ({
  id: userId,
  item: `${SESSION}${sessionDigest}`,
});

export const emailTokenKey = (userId: string, tokenDigest: string): Key => ({
  id: userId,
  item: `${EMAIL_TOKEN}${tokenDigest}`,
});

export const deletionKey = (userId: string): Key => ({ id: userId, item: 'deletion' });

export const formerEmailKey = (userId: string, addressDigest: string): Key => ({
  id: userId,
  item: `former_email#${addressDigest}`,
});

export const auditKey = (userId: string, recordId: string): Key => ({
  id: userId,
  item: `${AUDIT}${recordId}`,
});

export const markerKey = (address: string): Key => ({ id: `email#${address}`, item: 'marker' });

export const attemptsKey = (subjectDigest: string): Key => ({
  id: `attempts#${subjectDigest}`,
  item: 'attempts',
});

/** Of an item that is written only to take time, see lib/accounts/register.ts. */
export const decoyKey = (decoyId: string): Key => ({ id: `decoy#${decoyId}`, item: 'decoy' });

export const recipientKey = (addressDigest: string): Key => ({
  id: `recipient#${addressDigest}`,
  item: 'recipient',
});

export const markKey = (addressDigest: string): Key => ({
  id: `undeliverable#${addressDigest}`,
  item: 'undeliverable',
});

export function newMarker(address: string, userId: string): MarkerItem {
  return { ...markerKey(address), item: 'marker', user_id: userId };
}

/** The user among the items of a partition. */
export function findUser(items: readonly Item[]): UserItem | undefined {
  return items.find(({ item }) => item === 'user') as UserItem | undefined;
}

export function findSessions(items: readonly Item[]): SessionItem[] {
  return items.filter(({ item }) => item.startsWith(SESSION)) as SessionItem[];
}

export function findRecords(items: readonly Item[]): AuditItem[] {
  return items.filter(({ item }) => item.startsWith(AUDIT)) as AuditItem[];
}
