/** The words of the pages in each language. */
import { pages as ar } from './ar.ts';
import { pages as de } from './de.ts';
import { pages as en, type PageWords } from './en.ts';
import { pages as es } from './es.ts';
import { pages as fr } from './fr.ts';
import type { Language } from './languages.ts';

export const PAGE_WORDS: Readonly<Record<Language, PageWords>> = { en, de, es, fr, ar };
