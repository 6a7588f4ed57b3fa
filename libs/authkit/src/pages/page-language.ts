import Negotiator from 'negotiator';
import { de } from './messages/de.js';
import { en, type PageMessages } from './messages/en.js';
import { es } from './messages/es.js';
import { fr } from './messages/fr.js';

const MESSAGES = { en, de, fr, es } satisfies Record<string, PageMessages>;

/** The languages the pages speak; the first is the one of those who ask for none of them. */
const PAGE_LANGUAGES = Object.keys(MESSAGES) as PageLanguage[];

export type PageLanguage = keyof typeof MESSAGES;

/** The best language for an Accept-Language header (RFC 9110, 12.5.4); `de` serves `de-AT`. */
export function languageOf(accepted: string): PageLanguage {
  // Whoever takes any language gets the first.
  if (/^[\s,*]*$/.test(accepted)) return PAGE_LANGUAGES[0];
  const [best] = new Negotiator({ headers: { 'accept-language': accepted } }).languages(PAGE_LANGUAGES);
  return (best as PageLanguage | undefined) ?? PAGE_LANGUAGES[0];
}

export const messagesOf = (language: PageLanguage): PageMessages => MESSAGES[language];
