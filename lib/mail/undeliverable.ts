/**
 * Addresses that get no more mail, as one bounced for good or was reported as spam. Mails that bounce
 * cost the reputation that all mails need.
 *
 * The mark is an item of its own, by the digest of the address: it concerns the address, whoever has
 * it, and outlives the account and the item that limits mails. It has no expiry: an operator removes it
 * (lib/operators/operators.ts).
 */
import { logError, logWarning } from '../core/log.ts';
import { digest } from '../core/token.ts';
import type { App } from '../db/context.ts';
import { markKey, type MarkItem, type MarkReason } from '../db/items.ts';
import { get, put } from '../db/table.ts';
import { parseEmail } from '../users/address.ts';

/** @param address normalised */
export async function findMark({ table }: App, address: string): Promise<MarkItem | undefined> {
  return (await get(table, markKey(digest(address)))) as MarkItem | undefined;
}

/**
 * Marks the address of a mail that bounced for good or that its reader reported as spam. An event that
 * is about neither changes nothing, and one that cannot be understood is logged: another try would not
 * help.
 *
 * @param event of SES, as EventBridge delivers it
 */
export async function takeMailEvent({ table, now }: App, event: unknown): Promise<void> {
  const mark = readMark(event);
  if (mark === 'none') return;
  if (mark === 'malformed') {
    logError('An event about a mail was refused', new Error('It is not as SES documents it'));
    return;
  }
  const { address, reason } = mark;
  const item: MarkItem = {
    ...markKey(digest(address)),
    item: 'undeliverable',
    ...{ reason, at: now() },
  };
  await put(table, item);
  logWarning('An address gets no more mail', new Error(`Reason: ${reason}`));
}

type Fields = Record<string, unknown>;

/**
 * Reads which address an event marks: the one that the mail was sent to. The recipients of a bounce are
 * not believed, as they are what the receiving mail server says: who runs one could mark anybody.
 *
 * https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
 */
function readMark(event: unknown): { address: string; reason: MarkReason } | 'none' | 'malformed' {
  const { eventType, bounce, complaint, mail } = fieldsOf(fieldsOf(event)['detail']);
  const { destination } = fieldsOf(mail);
  // Each mail of this service has one recipient.
  const [to, ...others] = Array.isArray(destination) ? (destination as unknown[]) : [];
  const address = typeof to === 'string' ? parseEmail(to) : undefined;
  if (address === undefined || others.length > 0) return 'malformed';
  if (eventType === 'Bounce') {
    const { bounceType } = fieldsOf(bounce);
    if (typeof bounceType !== 'string') return 'malformed';
    return bounceType === 'Permanent' ? { address, reason: 'bounce' } : 'none';
  }
  if (eventType !== 'Complaint' || !isObject(complaint)) return 'malformed';
  const { complaintFeedbackType: type } = complaint;
  return isNoComplaint(type) ? 'none' : { address, reason: 'complaint' };
}

/** Whether a report says that the mail is no spam, or is about its signature: RFC 5965 and RFC 6591. */
function isNoComplaint(type: unknown): boolean {
  return typeof type === 'string' && /^(?:not-spam|auth-failure)$/i.test(type);
}

/** The fields of an object; of anything else, none. */
function fieldsOf(value: unknown): Fields {
  return isObject(value) ? value : {};
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}
