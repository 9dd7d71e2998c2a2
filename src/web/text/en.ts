/** The words of the page in English; the other languages have the same form. */
import { batches } from './en/batches.ts'
import { classify } from './en/classify.ts'
import { fit } from './en/fit.ts'
import { models } from './en/models.ts'
import { shell } from './en/shell.ts'
import { views } from './en/views.ts'

export const en = { ...shell, ...models, ...fit, ...classify, ...batches, ...views }
export type Words = typeof en
