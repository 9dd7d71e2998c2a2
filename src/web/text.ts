/** Every word of the page, by language: translate the files of `text/en/`. */
import { en, type Words } from './text/en.ts'

export const t: Words = en
