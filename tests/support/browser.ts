/**
 * Runs once for all files of a project that tests in a browser. Starts an installed Chromium, which the
 * files use through `pages.ts`. Nothing is downloaded.
 */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { chromium } from 'playwright-core';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** The address for `chromium.connect`; empty if no browser is installed. */
    browser: string;
  }
}

/** What to do if there is no browser. */
export const INSTALL =
  'Install Chromium (on Debian: apt-get install -y chromium), or set CHROMIUM to the path of a Chromium or Chrome.';

/** Beside Playwright's own: with these, Chromium starts less, and sends nothing by itself. */
const ARGS = [
  ...['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
  ...['--disable-component-update', '--disable-sync'],
];

/**
 * Finds the browser: the path in CHROMIUM, or else the first of the usual names on the PATH.
 *
 * @throws Error if CHROMIUM names no program
 */
export function findBrowser(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const { CHROMIUM, PATH = '' } = env;
  if (CHROMIUM) {
    if (isProgram(CHROMIUM)) return CHROMIUM;
    throw new Error(`CHROMIUM is ${CHROMIUM}, which is no program`);
  }
  const folders = PATH.split(delimiter);
  return ['chromium', 'chromium-browser', 'google-chrome']
    .flatMap((name) => folders.map((folder) => join(folder, name)))
    .find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Starts a browser with a fresh profile.
 *
 * @throws Error if there is none
 */
export function launchBrowser() {
  const executablePath = findBrowser();
  if (executablePath === undefined) throw new Error(`There is no browser. ${INSTALL}`);
  return chromium.launchServer({ executablePath, args: ARGS });
}

export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const isRequired = process.env['REQUIRE_BROWSER'] === 'true';
  if (findBrowser() === undefined && !isRequired) {
    provide('browser', '');
    return () => Promise.resolve();
  }
  const server = await launchBrowser();
  provide('browser', server.wsEndpoint());
  return () => server.close();
}
