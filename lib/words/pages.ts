/** The words of the pages in each language. */
import { pages as en, type PageWords } from './en.ts';
import type { Language } from './languages.ts';

export const PAGE_WORDS: Readonly<Record<Language, PageWords>> = { en };
