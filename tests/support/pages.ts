/** What tests do in a browser, with what must hold of every page at every step. */
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { afterAll, expect, inject, test } from 'vitest';
import { sharedEmulator, type SharedEmulator } from './shared.ts';

let connected: Promise<Browser> | undefined;

afterAll(async () => {
  await (await connected)?.close();
  connected = undefined;
});

/** What happens in the tabs of a test, beyond what it does itself. */
export interface Seen {
  /** Where pages may send requests. Add the origins that a test uses. */
  origins: Set<string>;
  /** The URLs of all requests, those that were stopped, too. */
  requests: string[];
  /** Errors in the console and of scripts, and dialogs. Take out what a test provokes. */
  faults: string[];
}

interface Fixtures {
  /** A browser with a fresh profile. */
  context: BrowserContext;
  page: Page;
  /** The emulator that all tests share, as `npm start` starts it. */
  service: SharedEmulator;
  seen: Seen;
}

/**
 * A test with a browser. It is skipped where none is installed. It fails if a page has an error in the
 * console, opens a dialog, or sends anything to an origin that is not in `seen.origins`.
 */
export const it = test.extend<Fixtures>({
  seen: async ({ skip }, use) => {
    // Before all others, so that nothing starts without a browser.
    skip(inject('browser') === '', 'no browser is installed');
    const seen: Seen = { origins: new Set(), requests: [], faults: [] };
    await use(seen);
    const { origins, faults } = seen;
    const elsewhere = seen.requests.filter((url) => !origins.has(new URL(url).origin));
    expect({ elsewhere, faults }).toEqual({ elsewhere: [], faults: [] });
  },
  service: async ({ seen }, use) => {
    const service = await sharedEmulator('response');
    seen.origins.add(service.url);
    await use(service);
  },
  context: async ({ seen }, use) => {
    const browser = await (connected ??= chromium.connect(inject('browser')));
    const context = await browser.newContext({ locale: 'en-US' });
    // What takes longer than this never comes, not even on a busy machine.
    context.setDefaultTimeout(60_000);
    context.on('request', (request) => seen.requests.push(request.url()));
    context.on('console', (message) => {
      // The browser's own words about a refusal, which pages expect.
      if (/^Failed to load resource: .* status of 4\d\d /.test(message.text())) return;
      if (message.type() === 'error') seen.faults.push(message.text());
    });
    context.on('weberror', (error) => seen.faults.push(String(error.error())));
    context.on('dialog', (dialog) => {
      seen.faults.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    await use(context);
    await context.close();
  },
  page: async ({ context }, use) => {
    await use(await context.newPage());
  },
});
