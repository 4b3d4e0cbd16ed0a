/** What operators do to users, or look at. */
export type OperatorAct = 'show' | 'disable' | 'enable' | 'sign-out' | 'delete' | 'find-session';

/** What is kept of it. */
export interface AuditRecord {
  /** Epoch seconds. */
  at: number;
  act: OperatorAct;
  /** Who did it: an ARN of AWS or, where there is no AWS, a user of the machine. */
  actor: string;
  /** Why, in the operator's words; absent when none were given. */
  reason?: string;
}
