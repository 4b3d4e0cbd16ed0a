/** The words of the mails in each language. */
import { mails as ar } from './ar.ts';
import { mails as de } from './de.ts';
import { mails as en, type MailWords } from './en.ts';
import { mails as es } from './es.ts';
import { mails as fr } from './fr.ts';
import type { Language } from './languages.ts';

export const MAIL_WORDS: Readonly<Record<Language, MailWords>> = { en, de, es, fr, ar };
