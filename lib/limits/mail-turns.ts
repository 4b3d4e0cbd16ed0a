/**
 * Limits the mails that strangers can cause, by the address that gets them: whose account they are about
 * does not matter, nor whether it has been deleted since.
 */
import { AuthError } from '../core/errors.ts';
import { logEvent } from '../core/log.ts';
import { digest } from '../core/token.ts';
import type { App } from '../db/context.ts';
import { recipientKey, type LastMail, type RecipientItem, type UserItem } from '../db/items.ts';
import { get, transact, type Write } from '../db/table.ts';
import { confirmOwner, suggestOwner } from '../users/find.ts';

/** An address gets one mail of a kind in this time, unless the token in it is void before. */
const KIND_SECONDS = 5 * 60;
type Kind = 'reset' | 'verification' | 'registration' | 'change' | 'exists';

/**
 * A mail is not sent if its address got this number of mails, of all kinds, in the last hour. The mails
 * that the owner of an address needs most have the highest numbers: no number of strangers who enter the
 * address elsewhere keeps the owner from a reset.
 */
const MAILS_PER_HOUR: Record<Kind, number> = {
  reset: 10,
  verification: 8,
  registration: 8,
  change: 6,
  exists: 6,
};
const HOUR_SECONDS = 60 * 60;
/** Tries of a turn, if other mails to the same address are under way. */
const TURN_ATTEMPTS = 5;

/** The turn of a kind, with the token that a mail of the kind carries. */
export interface Turn {
  kind: Kind;
  /** The digest of the token; undefined if the mail has none. */
  token?: string;
  /** Whether a token of the user for this kind, given by its digest, still works. */
  isValid: (token: string) => boolean | Promise<boolean>;
}

/** A mail to send. */
export interface MailPlan<T> {
  user_id: string;
  /** The turn of the mail's own kind, and that of each other kind whose token it carries as well. */
  turns: [Turn, ...Turn[]];
  /** What stores the token. The turn is taken in the same transaction. */
  writes: { user?: Write; token?: Write };
  recipient: Recipient;
  mail: T;
}

/** An address, and what it was sent of late. */
export interface Recipient {
  address: string;
  item: RecipientItem | undefined;
}

/** @param address normalised */
export async function findRecipient({ table }: App, address: string): Promise<Recipient> {
  const item = await get(table, recipientKey(digest(address)));
  return { address, item: item as RecipientItem | undefined };
}

/** Finds a recipient and the user with that email, with no more round trips than for the user alone. */
export async function findRecipientAndUser(
  app: App,
  address: string,
): Promise<{ recipient: Recipient; user: UserItem | undefined }> {
  const [recipient, suggested] = await Promise.all([
    findRecipient(app, address),
    suggestOwner(app, address),
  ]);
  return { recipient, user: await confirmOwner(app, address, suggested) };
}

/**
 * Takes the address's turn for a mail. Of any number of calls at once for mails of one kind, one has
 * the turn.
 *
 * @param invocation Retries of the same invocation keep their turn: their mail may never have left.
 * @param plan reads what to send; undefined if there is nothing
 * @returns the mail; undefined if it must not be sent
 * @throws AuthError `unavailable` if other mails to the address keep coming between
 */
export async function takeMailTurn<T>(
  app: App,
  invocation: string,
  plan: () => Promise<MailPlan<T> | undefined>,
): Promise<T | undefined> {
  for (let tries = 1; tries <= TURN_ATTEMPTS; tries++) {
    const planned = await plan();
    const turn = planned && (await turnOf(app, planned, invocation));
    if (!turn) return undefined;
    const outcome = await transact(app.table, { ...planned.writes, turn });
    if (outcome.applied) return planned.mail;
    // The token's user has changed.
    if (!outcome.failures.turn) return undefined;
  }
  throw new AuthError('unavailable', 'Other mails to the address are being sent');
}

async function turnOf<T>(
  app: App,
  { user_id, turns, recipient: { address, item } }: MailPlan<T>,
  invocation: string,
): Promise<Write | undefined> {
  const { sent_at = [], last = {}, revision = 0 } = item ?? {};
  const now = app.now();
  const [{ kind }] = turns;
  const recent = sent_at.filter((at) => at > now - HOUR_SECONDS);
  const isRetry = last[kind]?.by === invocation;
  for (const turn of turns) {
    const previous = last[turn.kind];
    if (!previous || previous.by === invocation || previous.at <= now - KIND_SECONDS) continue;
    if (await isGood(previous, user_id, turn.isValid)) {
      logLimit(user_id, 'A mail was not sent: another of its kind was, in the last 5 minutes');
      return undefined;
    }
  }
  if (!isRetry && recent.length >= MAILS_PER_HOUR[kind]) {
    const count = String(recent.length);
    logLimit(user_id, `A mail was not sent: ${count} were sent to its address in the last hour`);
    return undefined;
  }
  const mails = turns.map(({ kind: taken, token }): [Kind, LastMail] => [
    taken,
    { at: now, by: invocation, user_id, ...(token !== undefined && { token }) },
  ]);
  const put: RecipientItem = {
    ...recipientKey(digest(address)),
    item: 'recipient',
    sent_at: isRetry ? recent : [...recent, now],
    last: { ...last, ...Object.fromEntries(mails) },
    revision: revision + 1,
    expires_at: now + HOUR_SECONDS,
  };
  return { put, condition: item ? { equal: { revision } } : { absent: true } };
}

/**
 * Whether the recipient can still use the mail. Another user's token counts as good: a stranger could
 * otherwise have a mail sent for each account that they register and delete.
 */
async function isGood(
  { user_id, token }: LastMail,
  asking: string,
  isValid: (token: string) => boolean | Promise<boolean>,
): Promise<boolean> {
  return token === undefined || user_id !== asking || isValid(token);
}

function logLimit(user_id: string, reason: string): void {
  logEvent('excess_rate_limit_exceeded', { user_id, reason });
}
