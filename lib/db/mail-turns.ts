import type { Condition } from './table.ts';

/** A user gets one mail of a kind in this time. */
const MAIL_SECONDS = 5 * 60;

/**
 * Takes a user's turn for a mail, in an update of the user: once in 5 minutes for each kind.
 *
 * @param invocation whose retries have a turn at any time: it has not sent its mail, or does not
 *   know
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
