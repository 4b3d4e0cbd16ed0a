import { isLanguage, negotiateLanguage, type Language } from '../words/languages.ts';
import { PAGE_WORDS } from '../words/pages.ts';
import { assets } from './assets.mjs';
import { markup } from './html.ts';
import { documentOf } from './layout.ts';
import { PAGES, type PageName } from './pages.ts';
import { readReturnTo } from './return-to.ts';
import type { PageSettings } from './settings.ts';

/** What a page depends on besides the settings. All of it comes from the client. */
export interface PageRequest {
  /** The name in the path. */
  name: string | undefined;
  /** `lang` and `return_to` count. */
  query: URLSearchParams;
  /** The headers of these names. */
  host: string | undefined;
  acceptLanguage: string | undefined;
}

export interface RenderedPage {
  status: 200 | 404;
  html: string;
  contentSecurityPolicy: string;
}

/** Makes the function that renders the pages. */
export function createRenderer(
  settings: PageSettings,
): (request: PageRequest) => Promise<RenderedPage> {
  // The setting has no other form than `#rrggbb`.
  const { brandColor } = settings;
  const styles = [assets.style, ...(brandColor ? [`:root{--brand:${brandColor}}`] : [])];
  let policy: Promise<string> | undefined;
  return async (request) => {
    const page = isPage(request.name) ? request.name : undefined;
    const html = render(page, request, settings, styles);
    policy ??= policyOf(settings, styles);
    return { status: page === undefined ? 404 : 200, html, contentSecurityPolicy: await policy };
  };
}

/** Allows our script, our style and the logo, and requests to this API. Nothing else loads or runs. */
async function policyOf({ logoUrl }: PageSettings, styles: string[]): Promise<string> {
  const [, ...more] = styles;
  const hashes = [assets.styleHash, ...(await Promise.all(more.map(hashOf)))];
  return [
    "default-src 'none'",
    `script-src '${assets.scriptHash}'`,
    `style-src ${hashes.map((hash) => `'${hash}'`).join(' ')}`,
    "connect-src 'self'",
    // Without a logo, an empty icon keeps browsers from asking for /favicon.ico.
    `img-src ${logoUrl === '' ? 'data:' : new URL(logoUrl).origin}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');
}

/** Loads node:crypto, which takes longer than all else here, only where it is needed. */
async function hashOf(content: string): Promise<string> {
  const { createHash } = await import('node:crypto');
  return `sha256-${createHash('sha256').update(content).digest('base64')}`;
}

function isPage(name: string | undefined): name is PageName {
  return name !== undefined && Object.hasOwn(PAGES, name);
}

function render(
  page: PageName | undefined,
  { query, host, acceptLanguage }: PageRequest,
  settings: PageSettings,
  styles: string[],
): string {
  const { homeUrl, passwordMinLength, requireVerifiedEmail } = settings;
  const lang = query.get('lang') ?? undefined;
  const chosen = isLanguage(lang) ? lang : undefined;
  const language = chosen ?? negotiateLanguage(acceptLanguage) ?? settings.language;
  const words = PAGE_WORDS[language];
  const asked = readReturnTo(query.get('return_to'), host, settings);
  const returnTo = asked ?? (homeUrl || undefined);
  const linkTo = (to: PageName): string => address(to, chosen, asked);
  const signIn =
    page === 'settings' ? address('sign-in', chosen, linkTo('settings')) : linkTo('sign-in');
  const count = String(passwordMinLength);
  const context = {
    words,
    linkTo,
    passwordHint: passwordMinLength > 1 ? words.passwordHint.replace('{count}', count) : undefined,
    requireVerifiedEmail,
    returnTo,
  };
  return documentOf({
    settings,
    language,
    words,
    page,
    title: words[page === undefined ? 'notFound' : PAGES[page].title],
    content:
      page === undefined
        ? markup`<p><a href="${signIn}">${words.signIn}</a></p>`
        : PAGES[page].contentOf(context),
    inLanguage: (other) => address(page ?? 'sign-in', other, asked),
    data: {
      language,
      returnTo: returnTo ?? linkTo('settings'),
      signIn,
      minLength: passwordMinLength,
      requireVerifiedEmail,
      words: words.script,
    },
    styles,
    script: assets.script,
  });
}

/** The address of a page. */
function address(
  page: PageName,
  lang: Language | undefined,
  return_to: string | undefined,
): string {
  const query = new URLSearchParams({ ...(lang && { lang }), ...(return_to && { return_to }) });
  return `/account/${page}${query.size > 0 ? `?${query.toString()}` : ''}`;
}
