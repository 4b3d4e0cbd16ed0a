import { hash } from 'bcryptjs';
import { printTable, spread } from './report.ts';
import { PASSWORD, REQUESTS, type Stage } from './stage.ts';

const ROUNDS = 400;

interface Times {
  handler: number[];
  calls: number[];
  bcrypt?: number[];
}

/** Measures what a handler adds to its calls to DynamoDB and to bcrypt at cost 4. */
export async function warmPath({ measure, bundle }: Stage): Promise<void> {
  const rows: string[][] = [];
  for (const name of ['getProfile', 'login']) {
    const hashed = name === 'login' ? await hash(PASSWORD, 4) : '';
    const args = [bundle(name), REQUESTS[name], ROUNDS, hashed, PASSWORD];
    const times = (await measure('warm.mjs', args, { LOG_LEVEL: 'SILENT' })) as Times;
    // Compared round by round: rounds differ more than what is measured.
    const less = times.handler.map((ms, round) => ms - (times.bcrypt?.[round] ?? 0));
    const bare = (round: number) => times.calls[round] ?? NaN;
    rows.push([
      name,
      spread(times.handler, 2),
      times.bcrypt ? spread(times.bcrypt, 2) : '',
      spread(times.calls, 2),
      spread(
        less.map((ms, round) => ms - bare(round)),
        2,
      ),
      spread(
        less.map((ms, round) => ms / bare(round)),
        2,
      ),
    ]);
  }
  printTable(
    `Warm path: ${String(ROUNDS)} requests each, DynamoDB answering at once`,
    [
      'Function',
      'ms',
      'bcrypt, cost 4',
      'the same calls, bare',
      'own work',
      'less bcrypt, × bare calls',
    ],
    rows,
  );
}
