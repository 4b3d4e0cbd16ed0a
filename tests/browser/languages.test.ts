/** Every state of every page in every language, both schemes and all widths, with two pictures to look at. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect } from 'vitest';
import { LANGUAGES } from '../../lib/words/languages.ts';
import { ROOT } from '../support/emulator.ts';
import { checkState, it } from '../support/pages.ts';
import { walk } from './walk.ts';

/** Git, ESLint and Prettier leave it alone. */
const PICTURES = join(ROOT, 'coverage', 'pages');

/** How each state is pictured: the scheme, and the width in CSS pixels. */
const LOOKS = [
  ['dark', 320],
  ['light', 1280],
] as const;

beforeAll(async () => {
  await rm(PICTURES, { recursive: true, force: true });
});

describe('the pages', () => {
  it.for(Object.entries(LANGUAGES))(
    'work and are accessible in every state in %s',
    { timeout: 1_200_000 },
    async ([language, { direction }], { page, service, seen }) => {
      const folder = join(PICTURES, language);
      await mkdir(folder, { recursive: true });
      const states = new Set<string>();
      await walk({
        page,
        service,
        query: `?lang=${language}`,
        check: async (_, state) => {
          states.add(state);
          const html = page.locator('html');
          expect(await html.getAttribute('lang'), state).toBe(language);
          expect(await html.getAttribute('dir'), state).toBe(direction);
          await checkState(page, state);
          const usual = page.viewportSize() ?? expect.fail();
          for (const [colorScheme, width] of LOOKS) {
            await page.emulateMedia({ colorScheme });
            await page.setViewportSize({ ...usual, width });
            const name = `${state.replaceAll(', ', '-')}-${colorScheme}-${String(width)}.png`;
            const path = join(folder, name.replaceAll(' ', '-'));
            await page.screenshot({ path, fullPage: true });
          }
          await page.setViewportSize(usual);
        },
      });
      expect(states.size).toBeGreaterThan(35);
      seen.faults = seen.faults.filter((fault) => !fault.includes('net::ERR_FAILED'));
    },
  );
});
