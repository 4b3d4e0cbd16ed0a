import process from 'node:process';
import type { Reporter, TestModule } from 'vitest/node';
import { findBrowser, INSTALL } from './browser.ts';

/** Says at the end how many tests were left out because no browser is installed. */
export default class LeftOutReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    if (findBrowser() !== undefined) return;
    const count = modules
      .filter(({ project }) => project.name.startsWith('browser'))
      .flatMap(({ children }) => [...children.allTests('skipped')]).length;
    if (count === 0) return;
    process.stdout.write(`\nNo browser: ${String(count)} tests were left out. ${INSTALL}\n\n`);
  }
}
