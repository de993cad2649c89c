import type { Document } from './client.ts';

/**
 * A text in the language of the one at the terminal, as LC_ALL, LC_MESSAGES or LANG tell it; else the one for everybody.
 * @param texts by locale, `fr` or `fr_CA`; the one without a locale under `default`
 */
export function localised(texts: Document, { LC_ALL, LC_MESSAGES, LANG }: NodeJS.ProcessEnv): string {
  const [locale = ''] = (LC_ALL || LC_MESSAGES || LANG || '').split(/[.@]/);
  const [language = ''] = locale.split('_');
  const found = [locale, language, 'default'].map((key) => texts.get(key)).find((text) => typeof text === 'string');
  return found ?? [...texts.values()].map(String)[0] ?? '';
}
