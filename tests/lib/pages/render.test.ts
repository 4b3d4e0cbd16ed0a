/** What the pages contain: nothing that a client or a setting could run, and no word that is missing. */
import { createHash } from 'node:crypto';
import { brotliCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { PAGES } from '../../../lib/pages/pages.ts';
import { createRenderer, type PageRequest } from '../../../lib/pages/render.ts';
import { readPageSettings } from '../../../lib/pages/settings.ts';
import { LANGUAGES } from '../../../lib/words/languages.ts';

const NAMES = Object.keys(PAGES);
const EVIL = '"\'><script>alert(1)</script><img src=x onerror=alert(1)>&{count}\u2028';

const BASE = {
  PRODUCT_NAME: '',
  LOGO_URL: '',
  HOME_URL: '',
  TERMS_URL: '',
  PRIVACY_URL: '',
  BRAND_COLOR: '',
  LANGUAGE: 'en',
  REQUIRE_VERIFIED_EMAIL: 'false',
  PASSWORD_MIN_LENGTH: '8',
  ALLOWED_ORIGINS: 'https://app.example.com',
  COOKIE_SECURE: 'true',
};

const BRANDED = {
  PRODUCT_NAME: 'A "quick" <b>test</b> & more',
  LOGO_URL: 'https://cdn.example.com/logo.svg?a="><script>',
  HOME_URL: 'https://www.example.com/?a="><script>',
  TERMS_URL: 'https://www.example.com/terms?"><script>',
  PRIVACY_URL: "https://www.example.com/privacy?'><script>",
  BRAND_COLOR: '#d0021b',
  REQUIRE_VERIFIED_EMAIL: 'true',
};

function render(request: Partial<PageRequest> = {}, settings: Partial<typeof BASE> = {}) {
  return createRenderer(readPageSettings({ ...BASE, ...settings }))({
    name: 'sign-in',
    query: new URLSearchParams(),
    host: 'api.example.com',
    acceptLanguage: undefined,
    ...request,
  });
}

/** The start tags, in order, by which injected markup would show. */
function tagsOf(html: string): string[] {
  const withoutData = html.replace(/<script(?: type[^>]*)?>[^]*?<\/script>/g, '<script></script>');
  return [...withoutData.matchAll(/<(\w+)/g)].map(([, name]) => String(name));
}

function dataOf(html: string): Record<string, unknown> {
  const [, json] = /<script type="application\/json" id="data">([^]*?)<\/script>/.exec(html) ?? [];
  return JSON.parse(String(json)) as Record<string, unknown>;
}

function textOf(html: string): string {
  return html.replace(/<(script|style)[^]*?<\/\1>/g, '').replace(/<[^>]*>/g, '\n');
}

describe('a page', () => {
  const attacks: [string, Partial<PageRequest>][] = [
    ['its name', { name: EVIL }],
    ['lang', { query: new URLSearchParams({ lang: EVIL }) }],
    ['return_to', { query: new URLSearchParams({ return_to: EVIL }) }],
    ['a parameter that it does not know', { query: new URLSearchParams({ [EVIL]: EVIL }) }],
    ['the host', { host: EVIL }],
    ['the host, with a path to it', { host: EVIL, query: new URLSearchParams('return_to=/x') }],
    ['Accept-Language', { acceptLanguage: EVIL }],
  ];

  it.each(attacks)('takes no markup from %s', async (_, request) => {
    const { html } = await render(request);
    const usual = await render({ name: request.name ?? 'sign-in' });
    expect(tagsOf(html)).toEqual(tagsOf(usual.html));
    expect(html).not.toMatch(/<script>alert|<img/);
  });

  it.each(NAMES)('%s takes no markup from a return_to that it accepts', async (name) => {
    const query = new URLSearchParams({ return_to: `https://app.example.com/${EVIL}#${EVIL}` });
    const { html } = await render({ name, query });
    const plain = new URLSearchParams({ return_to: 'https://app.example.com/' });
    expect(tagsOf(html)).toEqual(tagsOf((await render({ name, query: plain })).html));
    expect(html).not.toContain('<script>alert');
    expect(new URL(String(dataOf(html)['returnTo'])).origin).toBe('https://app.example.com');
  });

  it.each(NAMES)('%s takes no markup from settings', async (name) => {
    const { html } = await render({ name }, BRANDED);
    expect(html).not.toContain('<b>');
    expect(html.match(/<script/g)).toHaveLength(2);
    expect(html).toContain('A &#34;quick&#34; &#60;b&#62;test&#60;/b&#62; &#38; more</title>');
  });

  it('allows exactly its script, its styles and the logo', async () => {
    const { html, contentSecurityPolicy } = await render({}, BRANDED);
    const hashes = (tag: string) =>
      [...html.matchAll(new RegExp(`<${tag}>([^]*?)</${tag}>`, 'g'))].map(
        ([, content]) =>
          `'sha256-${createHash('sha256').update(String(content)).digest('base64')}'`,
      );
    expect(hashes('style')).toHaveLength(2);
    const policy = contentSecurityPolicy.split('; ');
    expect(policy).toContain(`script-src ${hashes('script').join(' ')}`);
    expect(policy).toContain(`style-src ${hashes('style').join(' ')}`);
    expect(policy).toContain('img-src https://cdn.example.com');
    expect(html).toContain(':root{--brand:#d0021b}');
  });

  it('has neither handlers nor styles in attributes', async () => {
    for (const name of NAMES) {
      const { html } = await render({ name }, BRANDED);
      expect(html.replace(/<(script|style)[^]*?<\/\1>/g, '')).not.toMatch(/\s(?:on\w+|style)=/);
    }
  });
});

describe('the language of a page', () => {
  it.each([
    ['lang=fr', 'de', 'es', 'fr'],
    ['lang=xx', 'de', 'es', 'de'],
    ['', 'pl;q=1, de-AT;q=0.5', 'es', 'de'],
    ['', 'pl', 'es', 'es'],
    ['', undefined, 'ar', 'ar'],
  ])(
    'with %j, Accept-Language %j and the setting %s is %s',
    async (query, accepted, set, language) => {
      const request = { query: new URLSearchParams(query), acceptLanguage: accepted };
      const { html } = await render(request, { LANGUAGE: set });
      expect(html).toContain(
        `<html lang="${language}" dir="${language === 'ar' ? 'rtl' : 'ltr'}">`,
      );
      expect(dataOf(html)['language']).toBe(language);
    },
  );

  const all = [...NAMES, 'nowhere'].flatMap((name) =>
    Object.keys(LANGUAGES).map((language) => [name, language] as const),
  );

  it.each(all)('leaves no placeholder or missing word in %s in %s', async (name, language) => {
    const query = new URLSearchParams({ lang: language });
    for (const settings of [{}, BRANDED]) {
      const { html } = await render({ name, query }, { ...settings, PRODUCT_NAME: 'Example' });
      expect(textOf(html)).not.toMatch(/[{}]|undefined|null|\[object/);
      expect(html).not.toMatch(/<(h1|h2|label|button|a|p class="hint")[^>]*>\s*<\/\1>/);
    }
  });

  it('and where the user goes are kept by every link to a page', async () => {
    for (const name of NAMES) {
      const query = new URLSearchParams({ lang: 'de', return_to: 'https://app.example.com/x' });
      const { html } = await render({ name, query });
      const links = [...html.matchAll(/href="(\/account\/[^"]*)"(?! lang)/g)].map(
        ([, href]) => new URL(String(href).replaceAll('&#38;', '&'), 'https://api.example.com'),
      );
      if (name !== 'settings') expect(links).not.toEqual([]);
      for (const { searchParams } of links) {
        expect(searchParams.get('lang')).toBe('de');
        expect(searchParams.get('return_to')).toBe('https://app.example.com/x');
      }
    }
  });
});

describe('after signing in, the user goes', () => {
  const asked = new URLSearchParams({ return_to: 'https://app.example.com/x' });

  it.each([
    ['where the link says', { query: asked }, {}, 'https://app.example.com/x'],
    ['there before the home page', { query: asked }, BRANDED, 'https://app.example.com/x'],
    ['to the home page', {}, { HOME_URL: 'https://www.example.com/' }, 'https://www.example.com/'],
    ['to the settings', {}, {}, '/account/settings'],
  ])('%s', async (_, request, settings, url) => {
    const { html } = await render(request, settings);
    expect(dataOf(html)['returnTo']).toBe(url);
  });

  it('back to the settings, from where the user was sent to sign in', async () => {
    const { html } = await render({ name: 'settings', query: asked });
    const signIn = new URL(String(dataOf(html)['signIn']), 'https://api.example.com');
    expect(signIn.pathname).toBe('/account/sign-in');
    expect(signIn.searchParams.get('return_to')).toBe(`/account/settings?${asked.toString()}`);
  });
});

describe('the size of a page', () => {
  it.each(NAMES)('%s is at most 25 kB in each language, and 8 kB with brotli', async (name) => {
    for (const language of Object.keys(LANGUAGES)) {
      const query = new URLSearchParams({ lang: language });
      const { html } = await render({ name, query }, BRANDED);
      expect(Buffer.byteLength(html), language).toBeLessThan(25_000);
      expect(brotliCompressSync(html).length, language).toBeLessThan(8_000);
    }
  });
});
