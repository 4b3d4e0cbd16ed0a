import type { Condition } from '../db/expression.ts';

/** A user gets one mail of a kind in this time. */
const MAIL_SECONDS = 5 * 60;

/**
 * Takes the user's turn for a mail, as part of an update of the user: one turn in 5 minutes for each
 * kind.
 *
 * @param invocation Retries of the same invocation are exempt: their mail may never have left.
 */
export function mailTurn(kind: 'reset' | 'verification', invocation: string, now: number) {
  const [at, by] = [`${kind}_mailed_at`, `${kind}_mailed_by`];
  const anyOf: Condition[] = [
    { missing: [at] },
    { atMost: { [at]: now - MAIL_SECONDS } },
    { equal: { [by]: invocation } },
  ];
  return { set: { [at]: now, [by]: invocation }, anyOf };
}
