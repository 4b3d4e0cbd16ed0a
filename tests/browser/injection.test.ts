/**
 * Attempts to make a page run, load or open something by all that comes from outside: every field, the
 * fragment, the query, the path, and what other devices say about themselves. Each test also fails if a
 * page opens a dialog, has an error in the console (such as a violation of the Content-Security-Policy)
 * or sends anything to another origin: see `it`.
 */
import type { Page } from 'playwright-core';
import { describe, expect } from 'vitest';
import { it, type Service } from '../support/pages.ts';
import { freshEmail } from '../support/shared.ts';
import { handsOn } from './hands.ts';

const PAGES = ['sign-in', 'sign-up', 'forgot', 'reset', 'verify', 'settings'] as const;

const HACK = 'globalThis.hacked=1';

const ATTACKS = [
  `"><img src=x onerror=${HACK}>`,
  `' autofocus onfocus='${HACK}' x='`,
  `</script><script>${HACK}</script>`,
  `</title></noscript></style><svg onload=${HACK}>`,
  `javascript:${HACK}`,
  `data:text/html,<script>${HACK}</script>`,
  '//evil.example/x',
  '/\\evil.example',
  'https://evil.example',
  '<base href=https://evil.example/><meta http-equiv=refresh content="0;url=https://evil.example">',
  '{{constructor.constructor("globalThis.hacked=1")()}}${globalThis.hacked=1}',
  '<!--\u2028\u2029\0\r\nset-cookie: a=b',
  '__proto__',
  'constructor',
] as const;

/** Expects that nothing of an attack has become a part of the page, or runs in it. */
async function expectUnharmed(page: Page, service: Service, attack: string): Promise<void> {
  const found = await page.evaluate<object>(`({
    hacked: globalThis.hacked,
    elements: document.querySelectorAll('img, svg, iframe, object, embed, base, meta[http-equiv]').length,
    scripts: document.scripts.length,
    handlers: [...document.querySelectorAll('*')].flatMap((element) =>
      element.getAttributeNames().filter((name) => name.startsWith('on'))),
    elsewhere: [...document.links].map(({ href }) => href)
      .filter((href) => !href.startsWith(${JSON.stringify(`${service.url}/`)})),
  })`);
  const unharmed = { elements: 0, scripts: 2, handlers: [], elsewhere: [] };
  expect(found, attack).toEqual({ hacked: undefined, ...unharmed });
  expect(new URL(page.url()).origin).toBe(service.url);
}

/** Waits until the script of a page has run. The settings lead to signing in. */
async function settled(page: Page): Promise<void> {
  await page
    .locator('fieldset:not([disabled]), #incomplete')
    .and(page.locator(':visible'))
    .first()
    .waitFor();
}

/** Waits until a form has said something. */
async function answered(page: Page): Promise<void> {
  const said = '[aria-invalid=true], [role=alert]:not(:empty), #status:not(:empty)';
  await page.locator(said).first().waitFor();
}

describe('what comes from outside stays text', () => {
  it.for(PAGES)('in the query and the fragment of %s', async (name, { page, service }) => {
    for (const attack of ATTACKS) {
      const query = new URLSearchParams({ lang: attack, return_to: attack, [attack]: attack });
      const fragment = new URLSearchParams({
        email: attack,
        token: attack,
        reset_token: attack,
        notice: attack,
      });
      await page.goto(service.account(`${name}?${String(query)}#${String(fragment)}`));
      await settled(page);
      await expectUnharmed(page, service, attack);
    }
  });

  it('in the path', async ({ page, service }) => {
    for (const attack of ATTACKS) {
      await page.goto(service.account(encodeURIComponent(attack)));
      await expectUnharmed(page, service, attack);
    }
  });

  it('in every field, and in what the page says about it', async ({ page, service, seen }) => {
    const { send, arrived, told } = handsOn(page);
    for (const attack of ATTACKS) {
      await page.goto(service.account('sign-in'));
      await arrived('sign-in');
      // Many of them are no addresses, and stay in the page.
      await send('sign-in', { email: attack, password: attack });
      await answered(page);
      await expectUnharmed(page, service, attack);
      // These are, with quotes as RFC 5322 has them or without.
      const local = attack.replaceAll(/[^\x21-\x7e]|[\\"(),:;<>@[\]]/g, '').slice(0, 60);
      await page.goto(service.account('forgot'));
      await arrived('forgot');
      await send('forgot', { email: `${local}@example.com` });
      await answered(page);
      await expectUnharmed(page, service, attack);
    }

    const email = freshEmail("o'brien&<b>".replace('<b>', ''));
    await page.goto(service.account('sign-up'));
    await arrived('sign-up');
    await send('sign-up', { email, password: ATTACKS[0] });
    await arrived('settings');
    await told();
    expect(await page.locator('#status').innerText()).toContain(email);
    await expectUnharmed(page, service, email);
    expect(seen.requests.length).toBeGreaterThan(ATTACKS.length);
  });

  it('in the names of other devices', async ({ page, service }) => {
    const { send, arrived } = handsOn(page);
    const user = { email: freshEmail('ann'), password: 'a long password' };
    const body = new URLSearchParams(user);
    await fetch(`${service.url}/users`, { method: 'POST', body });
    // As headers can have them.
    const names = ATTACKS.filter((attack) => /^[\x20-\x7e]*$/.test(attack));
    for (const name of names) {
      const headers = { 'user-agent': name };
      await fetch(`${service.url}/sessions`, { method: 'POST', headers, body });
    }
    await page.goto(service.account('sign-in'));
    await arrived('sign-in');
    await send('sign-in', user);
    await arrived('settings');
    await page.locator('#sessions li').nth(names.length).waitFor();
    const text = await page.locator('#sessions').innerText();
    for (const name of names) expect(text).toContain(name);
    await expectUnharmed(page, service, 'devices');
  });
});

describe('after signing in', () => {
  it('the user goes to no other origin than a listed one', async ({ page, service }) => {
    const { send, arrived } = handsOn(page);
    const user = { email: freshEmail('ann'), password: 'a long password' };
    await fetch(`${service.url}/users`, { method: 'POST', body: new URLSearchParams(user) });
    const evil = [
      ...ATTACKS.filter((attack) => /evil|:/.test(attack)),
      `https://localhost@evil.example/`,
      `http://evil.example#${service.url}`,
      `https://localhost.evil.example/`,
      'ftp://localhost/',
      `\thttps://evil.example`,
    ];
    for (const return_to of evil) {
      await page.goto(service.account(`sign-in?${String(new URLSearchParams({ return_to }))}`));
      await arrived('sign-in');
      await send('sign-in', user);
      // What is no address at all is a path of the service.
      await page.waitForURL((url) => url.pathname !== '/account/sign-in');
      expect(new URL(page.url()).origin, return_to).toBe(service.url);
    }
  });

  it('the user goes back to the page of a listed origin that asked for it', async ({
    page,
    service,
    seen,
  }) => {
    const { send, arrived } = handsOn(page);
    const user = { email: freshEmail('ann'), password: 'a long password' };
    await fetch(`${service.url}/users`, { method: 'POST', body: new URLSearchParams(user) });
    // Any page of this origin would do: there is one.
    const return_to = `${service.url.replace('localhost', '127.0.0.1')}/?a=b&c=%20d`;
    seen.origins.add(new URL(return_to).origin);
    const query = String(new URLSearchParams({ return_to }));
    // By way of another page and another language.
    await page.goto(service.account(`sign-up?${query}`));
    await arrived('sign-up');
    await page.locator('a[hreflang]').last().click();
    await arrived('sign-up');
    await page.locator('a[href^="/account/sign-in"]').first().click();
    await arrived('sign-in');
    await send('sign-in', user);
    await page.waitForURL(return_to);
  });
});

describe('Trusted Types', () => {
  it.for(PAGES)(
    'keep scripts of %s from turning text into markup',
    async (name, { page, service, seen }) => {
      await page.goto(service.account(name));
      await settled(page);
      const [markup, script, handler] = await page.evaluate<string[]>(`[
      () => { document.body.innerHTML = '<b>bold</b>'; },
      () => { document.createElement('script').text = 'globalThis.hacked=1'; },
      () => { trustedTypes.createPolicy('own', { createHTML: String }); },
    ].map((attempt) => { try { attempt(); return 'done'; } catch (error) { return error.name; } })`);
      expect([markup, script, handler]).toEqual(['TypeError', 'TypeError', 'TypeError']);
      // The browser reports each of them.
      expect(seen.faults).toHaveLength(3);
      for (const fault of seen.faults.splice(0)) expect(fault).toMatch(/Trusted|trusted/);
    },
  );
});
