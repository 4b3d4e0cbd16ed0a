/** What tests do in a browser, with what must hold of every page at every step. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { afterAll, expect, inject, test, vi } from 'vitest';
import { mailsTo, type SentMail } from './mail.ts';
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

export interface Service extends SharedEmulator {
  /** Returns the URL of a page of the service, such as `sign-in?lang=de`. */
  account: (page: string) => string;
  /** Returns the mails to an address. */
  mails: (email: string) => Promise<SentMail[]>;
  /** Waits until an address has that many mails with a link, and returns the last link. */
  mailedLink: (email: string, count?: number) => Promise<string>;
}

interface Fixtures {
  /** A browser with a fresh profile. */
  context: BrowserContext;
  page: Page;
  /** The emulator that all tests share, as `npm start` starts it. */
  service: Service;
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
    const emulator = await sharedEmulator('response');
    seen.origins.add(emulator.url);
    await use(serviceOf(emulator));
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

export function serviceOf<E extends Pick<SharedEmulator, 'url' | 'output'>>(emulator: E) {
  return {
    ...emulator,
    account: (page: string) => `${emulator.url}/account/${page}`,
    mails: (email: string) => mails(emulator, email),
    mailedLink: (email: string, count = 1) => mailedLink(emulator, email, count),
  };
}

function mails({ output }: Pick<SharedEmulator, 'output'>, email: string): Promise<SentMail[]> {
  const mailbox =
    /^Mailbox: (.*)$/m.exec(output)?.[1] ?? expect.fail('The emulator has no mailbox');
  return mailsTo(mailbox, email);
}

function mailedLink(
  emulator: Pick<SharedEmulator, 'url' | 'output'>,
  email: string,
  count: number,
): Promise<string> {
  return vi.waitFor(
    async () => {
      const links = (await mails(emulator, email)).flatMap(
        ({ body }) => /http:\/\/\S+\/account\/\S+#\S+/.exec(body.text) ?? [],
      );
      expect(links.length).toBeGreaterThanOrEqual(count);
      const link = links[count - 1] ?? '';
      expect(link.startsWith(`${emulator.url}/`)).toBe(true);
      return link;
    },
    { timeout: 60_000, interval: 100 },
  );
}

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** WCAG 2.2, levels A and AA, with what axe-core leaves out unless asked. */
const AXE_OPTIONS = {
  runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
  rules: { 'target-size': { enabled: true } },
};

/** Returns what axe-core finds in a page as it is shown now. */
export async function findingsOfAxe(page: Page): Promise<string[]> {
  if (!(await page.evaluate<boolean>('"axe" in globalThis'))) await page.evaluate(AXE);
  return page.evaluate<string[]>(`axe.run(${JSON.stringify(AXE_OPTIONS)}).then(({ violations }) =>
    violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => id + ': ' + html)))`);
}

/** What a page must be readable in: a phone, and a screen of 1280 pixels with a zoom of 200 %. */
const WIDTHS = [320, 640];

/**
 * Checks what must hold of every state of every page: no finding of axe-core in both schemes, and no
 * scrolling from side to side.
 */
export async function checkState(page: Page, state: string): Promise<void> {
  const usual = page.viewportSize() ?? { width: 1280, height: 720 };
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme });
    expect(await findingsOfAxe(page), `${state}, ${colorScheme}`).toEqual([]);
  }
  for (const width of WIDTHS) {
    await page.setViewportSize({ ...usual, width });
    const scrollWidth = await page.evaluate('document.documentElement.scrollWidth');
    expect(scrollWidth, `${state}, ${String(width)} px`).toBeLessThanOrEqual(width);
  }
  await page.setViewportSize(usual);
}
