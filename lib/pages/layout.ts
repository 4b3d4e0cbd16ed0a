import type { PageWords } from '../words/en.ts';
import { LANGUAGES, type Language } from '../words/languages.ts';
import type { ScriptData } from './browser/data.ts';
import { dataBlock, Html, markup, type Content } from './html.ts';
import type { PageSettings } from './settings.ts';

/** What a document is made of. */
export interface Layout {
  settings: PageSettings;
  language: Language;
  words: PageWords;
  /** The name by which the script knows the page; undefined if there is no such page. */
  page: string | undefined;
  title: string;
  content: Content;
  /** Makes the address of the same page in another language. */
  inLanguage: (language: Language) => string;
  data: ScriptData;
  /** Exactly what the Content-Security-Policy has the hashes of. */
  styles: string[];
  script: string;
}

/** Writes the whole document. */
export function documentOf(layout: Layout): string {
  const { settings, language, words, page = '', title, content, data, styles, script } = layout;
  const { productName, logoUrl } = settings;
  return markup`<!doctype html>
<html lang="${language}" dir="${LANGUAGES[language].direction}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title}${productName && ` – ${productName}`}</title>
<link rel="icon" href="${logoUrl || 'data:,'}">
${styles.map((style) => markup`<style>${new Html(style)}</style>`)}
</head>
<body data-page="${page}">
${header(settings, words)}
<main>
<h1>${title}</h1>
<noscript><p class="error">${words.noScript}</p></noscript>
${content}
</main>
${footer(layout)}
${dataBlock('data', data)}
<script>${new Html(script)}</script>
</body>
</html>
`.text;
}

function header({ productName, logoUrl, homeUrl }: PageSettings, words: PageWords): Content {
  const name = productName || (homeUrl && words.home);
  if (!logoUrl && !name) return false;
  const content = logoUrl ? markup`<img src="${logoUrl}" alt="${name}">` : name;
  return markup`<header>${homeUrl ? markup`<a href="${homeUrl}">${content}</a>` : content}</header>`;
}

function footer({ settings, language, words, inLanguage }: Layout): Html {
  const { termsUrl, privacyUrl } = settings;
  const languages = Object.entries(LANGUAGES).map(([code, { name }]) => {
    const current = code === language && markup` aria-current="true"`;
    const href = inLanguage(code as Language);
    return markup`<a href="${href}" lang="${code}" hreflang="${code}"${current}>${name}</a> `;
  });
  return markup`<footer>
<nav aria-label="${words.languages}">${languages}</nav>
${termsUrl && markup`<a href="${termsUrl}">${words.terms}</a> `}${privacyUrl && markup`<a href="${privacyUrl}">${words.privacy}</a>`}
</footer>`;
}
