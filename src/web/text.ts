/**
 * Every word of the page, by language: English in `text/en/`, and the same form in each other language. The browser's language is
 * taken where there is one, else English; a choice is remembered on the device.
 */
import { signal } from '@preact/signals'
import { setLocale } from './format.ts'
import { en, type Words } from './text/en.ts'

/** As each calls itself. */
export const languages = { en: 'English', de: 'Deutsch' } as const
export type Language = keyof typeof languages

/** The words of the language that was chosen; changed only by `setLanguage`, after which all is drawn anew. */
export let t: Words = en
export const language = signal<Language>('en')

const storageName = 'oneclass.language'

/** Fetches the words where they are not English, and draws the page with them. */
export async function setLanguage(next: Language, remember: boolean): Promise<void> {
  t = next === 'de' ? (await import('./text/de.ts')).de : en
  // numbers and dates as in the browser's country, where its language is this one
  setLocale(navigator.languages.find((tag) => tag.split('-')[0] === next) ?? next)
  document.documentElement.lang = next
  language.value = next
  if (remember)
    try {
      localStorage.setItem(storageName, next)
    } catch {
      // forbidden: the choice lives as long as the page
    }
}

/** What was chosen on this device, else the first language of the browser that there is. */
export function usualLanguage(): Language {
  let chosen: string | null = null
  try {
    chosen = localStorage.getItem(storageName)
  } catch {
    // none
  }
  const wanted = [...(chosen === null ? [] : [chosen]), ...navigator.languages].flatMap((tag) => tag.split('-', 1))
  return (wanted.find((tag) => tag in languages) ?? 'en') as Language
}
