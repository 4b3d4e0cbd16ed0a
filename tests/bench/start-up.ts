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
/** Its floor is also that of functions that make no calls. */
const ONE_CALL = 'getProfile';

/** The formats of a hand-written handler. Node.js loads ES modules differently from our CommonJS bundles. */
const FLOORS = { ES: ['esm', 'mjs'], CommonJS: ['cjs', 'cjs'] } as const;
type Floor = keyof typeof FLOORS;

interface Start {
  ms: number;
  /** The CPU time in ms, which other processes influence less than `ms`. */
  cpu: number;
  /** The peak of resident memory. */
  mb: number;
}

/**
 * Measures import and first answer in a fresh process, for each function and its floors. A floor is a
 * handler that makes the same calls, signed by hand, and the same bcrypt, as an ES module or in CommonJS.
 * Every round measures all of them.
 */
export async function startUp({ measure, bundle, callsOf }: Stage): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'start-up-'));
  const make = async (entry: string, format: 'esm' | 'cjs', extension: string) => {
    const file = join(folder, `${entry}.${extension}`);
    await writeFile(file, (await makeBundle(`tests/bench/${entry}.handler`, { format })).code);
    return file;
  };

  const measured = new Map<string, Start[]>();
  const starts: { name: string; args: [string, unknown] }[] = [];
  const shown: { name: string; floorOf: string }[] = [];
  const add = (name: string, args: [string, unknown], floorOf: string) => {
    starts.push({ name, args });
    shown.push({ name, floorOf });
  };
  for (const name of Object.keys(functions).filter((name) => name in REQUESTS)) {
    const calls = await callsOf(name);
    const bcrypt = BCRYPT[name];
    if (calls.length > 0) {
      for (const [floor, [format, extension]] of Object.entries(FLOORS)) {
        const file = await make(bcrypt ? 'floor-bcrypt' : 'floor', format, extension);
        starts.push({ name: nameOf(name, floor as Floor), args: [file, { calls, bcrypt }] });
      }
    }
    add(name, [bundle(name), REQUESTS[name]], calls.length > 0 ? name : ONE_CALL);
  }
  add(SDK, [await make('sdk-alone', 'cjs', 'cjs'), {}], ONE_CALL);

  for (let round = 0; round < ROUNDS; round++) {
    for (const { name, args } of starts) {
      const all = measured.get(name) ?? [];
      measured.set(name, [...all, (await measure('first-answer.mjs', args)) as Start]);
    }
  }
  await rm(folder, { recursive: true });

  const of = (name: string, figure: keyof Start) =>
    (measured.get(name) ?? []).map((start) => start[figure]);
  const toFloor = (
    { name, floorOf }: (typeof shown)[number],
    floor: Floor,
    figure: 'ms' | 'cpu',
  ) => {
    const least = median(of(nameOf(floorOf, floor), figure));
    return of(name, figure).map((value) => value / least);
  };
  const floors = Object.keys(FLOORS) as Floor[];
  printTable(
    `Start-up: import and first answer, ${String(ROUNDS)} fresh processes each`,
    [
      'Function',
      ...['ms', 'CPU ms'].flatMap((unit) => [
        unit,
        ...floors.flatMap((floor) => [`by hand, ${floor}`, '×']),
      ]),
      'MB',
    ],
    shown.map((start) => [
      start.name,
      ...(['ms', 'cpu'] as const).flatMap((figure) => [
        spread(of(start.name, figure), 0),
        ...floors.flatMap((floor) => [
          spread(of(nameOf(start.floorOf, floor), figure), 0),
          spread(toFloor(start, floor, figure), 2),
        ]),
      ]),
      spread(of(start.name, 'mb'), 0),
    ]),
  );
  const svg = barChart(
    'Start-up, in multiples of an ES module that signs the same calls by hand, with the same bcrypt',
    shown.map((start) => ({ label: start.name, ...summary(toFloor(start, 'ES', 'ms')) })),
  );
  const file = fileURLToPath(new URL('start-up.svg', import.meta.url));
  await writeFile(file, svg);
  print(`\nThe chart is in ${file}`);
}

const nameOf = (name: string, floor: Floor) => `${name} by hand, ${floor}`;
