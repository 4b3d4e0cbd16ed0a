import type { Clock } from '../core/clock.ts';
import type { Settings } from '../core/settings.ts';
import type { Table } from './table.ts';

/** What every function of the library works on. lib/app.ts makes one for each Lambda function. */
export interface App {
  readonly settings: Readonly<Settings>;
  readonly table: Table;
  readonly now: Clock;
}
