import { cpus } from 'node:os';
import { execFileSync } from 'node:child_process';
import { summary } from './statistics.ts';

export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Prints a heading and a table in Markdown. */
export function printTable(title: string, head: string[], rows: string[][]): void {
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`;
  print(
    [`\n### ${title}\n`, line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n'),
  );
}

/** Formats a median and its quartiles. */
export function spread(values: readonly number[], digits = 1): string {
  const { median, quartiles } = summary(values);
  const [low, high] = quartiles.map((value) => value.toFixed(digits));
  return `${median.toFixed(digits)} (${String(low)}–${String(high)})`;
}

/**
 * Describes the machine.
 *
 * @param node the executable that runs the functions
 */
export function machine(node: string): string {
  const [cpu] = cpus();
  const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
  return `${String(cpus().length)} × ${String(cpu?.model)}, ${process.platform} ${process.arch}; functions on Node ${version}`;
}
