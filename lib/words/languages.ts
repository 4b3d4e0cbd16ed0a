/** The languages of the pages and mails. README.md in lib/pages says how to add one. */
export const LANGUAGES = {
  en: { name: 'English', direction: 'ltr' },
  de: { name: 'Deutsch', direction: 'ltr' },
  es: { name: 'Español', direction: 'ltr' },
  fr: { name: 'Français', direction: 'ltr' },
  ar: { name: 'العربية', direction: 'rtl' },
} as const satisfies Record<string, LanguageInfo>;

export type Language = keyof typeof LANGUAGES;

interface LanguageInfo {
  /** What its speakers call it. */
  name: string;
  direction: 'ltr' | 'rtl';
}

export function isLanguage(value: unknown): value is Language {
  return typeof value === 'string' && Object.hasOwn(LANGUAGES, value);
}

/**
 * Chooses the language that suits a reader best.
 *
 * @param accepted the header `Accept-Language`, whose ranges are looked up as RFC 4647, 3.4 says
 * @returns undefined if none of the languages is accepted
 */
export function negotiateLanguage(accepted = ''): Language | undefined {
  return accepted
    .split(',')
    .map((part) => {
      const [range = '', ...parameters] = part.toLowerCase().split(';');
      const quality = parameters.map(
        (each) => /^\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*$/.exec(each)?.[1],
      );
      return { range: range.trim(), quality: Number(quality.find((each) => each) ?? 1) };
    })
    .filter(({ quality }) => quality > 0)
    .sort((a, b) => b.quality - a.quality)
    .map(({ range }) => lookUp(range))
    .find((language) => language !== undefined);
}

/**
 * Finds the longest language that a range begins with, such as `de` for `de-Latn-AT`. To shorten the range step
 * by step would take seconds for one that fills a header.
 */
function lookUp(range: string): Language | undefined {
  return (Object.keys(LANGUAGES) as Language[])
    .sort((a, b) => b.length - a.length)
    .find((language) => `${range}-`.startsWith(`${language}-`));
}
