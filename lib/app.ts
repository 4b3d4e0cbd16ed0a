/**
 * The only wiring: settings and table, once per function. A function that imports this starts on the
 * settings of its environment, or not at all.
 */
import { readConfig } from './config.ts';
import { systemClock } from './core/clock.ts';
import type { App } from './db/context.ts';
import { openTable } from './db/table.ts';

export const config = readConfig(process.env);

export const app: App = {
  settings: config,
  table: openTable(config.tableName),
  now: systemClock,
};
