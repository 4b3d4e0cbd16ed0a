import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle as makeBundle } from '../support/bundles.ts';
import { barChart } from './chart.ts';
import { print, printTable, spread } from './report.ts';
import { BCRYPT, functions, REQUESTS, type Stage } from './stage.ts';
import { median, summary } from './statistics.ts';

const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 21);
const SDK = 'the SDK alone';
/** Whose calls are the floor of what makes none of its own. */
const ONE_CALL = 'getProfile';

interface Start {
  ms: number;
  /** CPU time, which tells more than `ms` where others are at work. */
  cpu: number;
  /** Resident memory at its largest. */
  mb: number;
}

/**
 * Import and first answer in a fresh process, and the floor of each function: a handler that makes
 * the same calls, signed by hand, and the same bcrypt. All in turn.
 */
export async function startUp({ measure, bundle, callsOf }: Stage): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'sdk-alone-'));
  const sdk = join(folder, 'sdk-alone.cjs');
  await writeFile(sdk, (await makeBundle('tests/bench/sdk-alone.handler')).code);
  const floor = fileURLToPath(new URL('floor.cjs', import.meta.url));

  const names = Object.keys(functions).filter((name) => name in REQUESTS);
  const starts: { name: string; args: [string, unknown]; floor: string }[] = [];
  for (const name of names) {
    const calls = await callsOf(name);
    const own = calls.length > 0;
    if (own)
      starts.push({
        name: floorOf(name),
        args: [floor, { calls, bcrypt: BCRYPT[name] }],
        floor: floorOf(name),
      });
    starts.push({
      name,
      args: [bundle(name), REQUESTS[name]],
      floor: floorOf(own ? name : ONE_CALL),
    });
  }
  starts.push({ name: SDK, args: [sdk, {}], floor: floorOf(ONE_CALL) });

  const measured = new Map<string, Start[]>(starts.map(({ name }) => [name, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const { name, args } of starts) {
      measured.get(name)?.push((await measure('first-answer.mjs', args)) as Start);
    }
  }
  await rm(folder, { recursive: true });

  const of = (name: string, figure: keyof Start) =>
    (measured.get(name) ?? []).map((start) => start[figure]);
  const shown = starts.filter(({ name, floor }) => name !== floor);
  const toFloor = (start: (typeof starts)[number], figure: keyof Start) => {
    const least = median(of(start.floor, figure));
    return of(start.name, figure).map((value) => value / least);
  };
  printTable(
    `Start-up: import and first answer, ${String(ROUNDS)} fresh processes each`,
    ['Function', 'ms', 'floor', '×', 'CPU ms', 'floor', '×', 'MB'],
    shown.map((start) => [
      start.name,
      ...(['ms', 'cpu'] as const).flatMap((figure) => [
        spread(of(start.name, figure)),
        spread(of(start.floor, figure)),
        spread(toFloor(start, figure), 2),
      ]),
      spread(of(start.name, 'mb'), 0),
    ]),
  );
  const svg = barChart(
    'CPU time of a start, in multiples of the same calls and bcrypt without an SDK',
    shown.map((start) => ({ label: start.name, ...summary(toFloor(start, 'cpu')) })),
  );
  const file = fileURLToPath(new URL('start-up.svg', import.meta.url));
  await writeFile(file, svg);
  print(`\nPlotted in ${file}`);
}

const floorOf = (name: string) => `${name}, its floor`;
