/** Every language has the same words with the same placeholders, and every file is listed. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FIELD_CODES } from '../../../lib/core/errors.ts';
import {
  isLanguage,
  LANGUAGES,
  negotiateLanguage,
  type Language,
} from '../../../lib/words/languages.ts';
import { MAIL_WORDS } from '../../../lib/words/mails.ts';
import { PAGE_WORDS } from '../../../lib/words/pages.ts';
import { ROOT } from '../../support/emulator.ts';

const CODES = Object.keys(LANGUAGES) as Language[];
/** The files that are no language. */
const OTHERS = ['languages', 'mails', 'pages'];

/** All texts, by their paths such as `script.codes.conflict`. */
function textsOf(words: object, path = ''): Map<string, string> {
  return new Map(
    Object.entries(words).flatMap(([key, value]: [string, string | object]) =>
      typeof value === 'string' ? [[path + key, value]] : [...textsOf(value, `${path}${key}.`)],
    ),
  );
}

function placeholdersOf(text: string | undefined): string[] {
  return [...String(text).matchAll(/\{\w+\}/g)].map(([name]) => name).sort();
}

/** The words of pages and mails, in one language. */
const wordsOf = (language: Language) =>
  textsOf({ pages: PAGE_WORDS[language], mails: MAIL_WORDS[language] });
const ENGLISH = wordsOf('en');

describe('the languages', () => {
  it('are the files of lib/words', () => {
    const files = readdirSync(join(ROOT, 'lib', 'words')).map((file) => file.replace('.ts', ''));
    expect(files.filter((file) => !OTHERS.includes(file)).sort()).toEqual([...CODES].sort());
  });

  it.each(CODES)('%s: pages and mails have every word, and every placeholder', (language) => {
    const texts = wordsOf(language);
    const keys = [...ENGLISH.keys()];
    expect({
      missing: keys.filter((key) => !texts.get(key)?.trim()),
      unknown: [...texts.keys()].filter((key) => !ENGLISH.has(key)),
      placeholders: keys.filter(
        (key) =>
          String(placeholdersOf(texts.get(key))) !== String(placeholdersOf(ENGLISH.get(key))),
      ),
    }).toEqual({ missing: [], unknown: [], placeholders: [] });
  });

  it.each(CODES.filter((code) => code !== 'en'))(
    '%s: pages and mails are translated',
    (language) => {
      const texts = wordsOf(language);
      const same = [...ENGLISH].filter(([key, text]) => texts.get(key) === text);
      expect(same.filter(([, text]) => !text.startsWith('{'))).toEqual([]);
    },
  );

  it('French: no line begins with a punctuation mark that has a space before it', () => {
    const texts = [...wordsOf('fr').values()];
    expect(texts.filter((text) => / [:;?!»]|« /.test(text))).toEqual([]);
  });

  it.each(CODES)('%s: browsers know the language and its direction', (language) => {
    const { direction } = LANGUAGES[language];
    expect(Intl.getCanonicalLocales(language)).toEqual([language]);
    expect(Intl.DateTimeFormat.supportedLocalesOf([language])).toEqual([language]);
    // Arabic letters, or those of other scripts from right to left.
    expect(/[\u0590-\u08ff]/.test(PAGE_WORDS[language].signIn)).toBe(direction === 'rtl');
  });
});

describe('what the pages say of refusals', () => {
  it('covers every code of a wrong field, but for the one that only the message explains', () => {
    const codes = FIELD_CODES.filter((code) => code !== 'invalid_field');
    expect(Object.keys(PAGE_WORDS.en.script.codes)).toEqual(expect.arrayContaining(codes));
  });
});

describe('isLanguage', () => {
  it.each(['', 'EN', 'xx', 'constructor', '__proto__', undefined])('is false for %j', (value) => {
    expect(isLanguage(value)).toBe(false);
  });
});

describe('negotiateLanguage', () => {
  it.each<[string | undefined, Language | undefined]>([
    ['de', 'de'],
    ['DE', 'de'],
    ['de-AT', 'de'],
    ['de-Latn-AT-1996', 'de'],
    ['de-AT,de;q=0.9,en;q=0.8', 'de'],
    ['en;q=0.1, fr;q=0.2', 'fr'],
    ['fr ; q=0.2 , es ; q=0.5', 'es'],
    ['pl,cs;q=0.9,ar;q=0.1', 'ar'],
    ['es,de', 'es'],
    ['de;q=0', undefined],
    ['de;q=0.000,en;q=0.001', 'en'],
    ['pl', undefined],
    ['*', undefined],
    ['deu', undefined],
    ['', undefined],
    [undefined, undefined],
    [',,;;q=1,-,--', undefined],
    ['constructor,__proto__', undefined],
  ])('chooses by %j', (accepted, language) => {
    expect(negotiateLanguage(accepted)).toBe(language);
  });

  it('takes no longer per character for a long range than for a short one', () => {
    // To join its parts again and again would take minutes.
    expect(negotiateLanguage(`${'x-'.repeat(50_000)}de`)).toBe(undefined);
    expect(negotiateLanguage(`de${'-x'.repeat(50_000)}`)).toBe('de');
  });
});
