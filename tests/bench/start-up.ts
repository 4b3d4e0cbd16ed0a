import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { barChart } from './chart.ts';
import { print, printTable, spread } from './report.ts';
import { functions, REQUESTS, type Stage } from './stage.ts';
import { median, summary } from './statistics.ts';

const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 21);
const FLOOR = 'signed by hand';

interface Start {
  ms: number;
  /** CPU time, which tells more than `ms` where others are at work. */
  cpu: number;
  /** Resident memory at its largest. */
  mb: number;
}

/** Import and first answer in a fresh process, beside the floor, all in turn. */
export async function startUp({ measure, bundle }: Stage): Promise<void> {
  const floor = fileURLToPath(new URL('floor.cjs', import.meta.url));
  const names = Object.keys(functions).filter((name) => name in REQUESTS);
  const starts = new Map<string, Start[]>([FLOOR, ...names].map((name) => [name, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, each] of starts) {
      const file = name === FLOOR ? floor : bundle(name);
      each.push((await measure('first-answer.mjs', [file, REQUESTS[name] ?? {}])) as Start);
    }
  }
  const of = (name: string, figure: keyof Start) =>
    (starts.get(name) ?? []).map((start) => start[figure]);
  const toFloor = (name: string, figure: keyof Start) => {
    const least = median(of(FLOOR, figure));
    return of(name, figure).map((value) => value / least);
  };
  printTable(
    `Start-up: import and first answer, ${String(ROUNDS)} fresh processes each`,
    ['Function', 'ms', '× floor', 'CPU ms', '× floor', 'MB'],
    [...starts.keys()].map((name) => [
      name,
      spread(of(name, 'ms')),
      spread(toFloor(name, 'ms'), 2),
      spread(of(name, 'cpu')),
      spread(toFloor(name, 'cpu'), 2),
      spread(of(name, 'mb'), 0),
    ]),
  );
  const svg = barChart(
    'CPU time of a start, in multiples of one request signed by hand',
    [...starts.keys()].map((label) => ({ label, ...summary(toFloor(label, 'cpu')) })),
  );
  const file = fileURLToPath(new URL('start-up.svg', import.meta.url));
  await writeFile(file, svg);
  print(`\nPlotted in ${file}`);
}
