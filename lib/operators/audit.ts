import { v7 } from 'uuid';
import type { App } from '../db/context.ts';
import { auditKey, type AuditItem } from '../db/items.ts';
import { transact, type Failure, type Write } from '../db/table.ts';

/** What operators do to users, or look at. */
export type OperatorAct =
  | 'show'
  | 'disable'
  | 'enable'
  | 'sign-out'
  | 'unlock'
  | 'unmark'
  | 'cancel-email-change'
  | 'delete'
  | 'purge-unverified'
  | 'find-session';

/** Who acts, and why. */
export interface Actor {
  /** An ARN of AWS; where there is no AWS, a user of the machine. */
  actor: string;
  /** In the operator's words; absent if none were given. */
  reason?: string;
}

/** The record of an act. */
export interface AuditRecord extends Actor {
  /** Epoch seconds. */
  at: number;
  act: OperatorAct;
}

export function newRecord({ now }: App, userId: string, act: OperatorAct, by: Actor): AuditItem {
  // UUIDs of version 7 sort by time, and so do the records.
  return { ...auditKey(userId, v7()), act, ...by, at: now() };
}

export function toRecord({ act, actor, reason, at }: AuditItem): AuditRecord {
  return { at, act: act as OperatorAct, actor, ...(reason !== undefined && { reason }) };
}

/**
 * Makes writes together with the record of them: what was done is on record, and what is on record
 * was done.
 *
 * @returns whether it was done; if not, what failed the condition on the user
 */
export async function perform(
  app: App,
  userId: string,
  act: OperatorAct,
  by: Actor,
  writes: { user: Write; [name: string]: Write },
): Promise<{ done: boolean; user?: Failure }> {
  const record = newRecord(app, userId, act, by);
  const outcome = await transact(app.table, {
    ...writes,
    record: { put: record, condition: { absent: true } },
  });
  // A record with the key just made is this call's own: the answer to its write was lost.
  if (outcome.applied || outcome.failures.record) return { done: true };
  return { done: false, ...(outcome.failures.user && { user: outcome.failures.user }) };
}
