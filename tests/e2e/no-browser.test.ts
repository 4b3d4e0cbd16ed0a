/** Tests where no browser is installed. */
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findBrowser } from '../support/browser.ts';
import { ROOT, run } from '../support/emulator.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'no-browser-'));
});

afterAll(() => rm(folder, { recursive: true }));

/** Runs the tests in a browser, with nothing but Node.js on the PATH. */
function runTests(env: Record<string, string>) {
  const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
  return run(process.execPath, [vitest, 'run', '--project', 'browser'], {
    cwd: ROOT,
    env: { PATH: folder, CHROMIUM: '', NO_COLOR: '1', ...env },
  }).exited;
}

describe('without a browser, npm test', () => {
  it('passes, and says how many tests it left out and what to install', async () => {
    const { status, stdout, stderr } = await runTests({ REQUIRE_BROWSER: '' });
    expect(status, stdout + stderr).toBe(0);
    const [, skipped] = /Tests +(\d+) skipped \(\1\)/.exec(stdout) ?? expect.fail(stdout);
    expect(stdout).toContain(
      `No browser: ${String(skipped)} tests were left out. Install Chromium (on Debian: apt-get install -y chromium)`,
    );
  });

  it('fails with REQUIRE_BROWSER=true, which CI sets', async () => {
    const { status, stdout, stderr } = await runTests({ REQUIRE_BROWSER: 'true' });
    expect(status).not.toBe(0);
    expect(stdout + stderr).toContain('There is no browser. Install Chromium');
  });
});

describe('the browser for tests', () => {
  it('is the one in CHROMIUM, or else on the PATH', async () => {
    await symlink(process.execPath, join(folder, 'chromium'));
    expect(findBrowser({ PATH: folder })).toBe(join(folder, 'chromium'));
    expect(findBrowser({ PATH: folder, CHROMIUM: process.execPath })).toBe(process.execPath);
    expect(() => findBrowser({ CHROMIUM: '/nowhere' })).toThrow('/nowhere, which is no program');
    await rm(join(folder, 'chromium'));
    expect(findBrowser({ PATH: folder })).toBeUndefined();
  });
});
