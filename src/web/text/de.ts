/** Die Worte der Seite auf Deutsch. */
import { batches } from './de/batches.ts'
import { classify } from './de/classify.ts'
import { fit } from './de/fit.ts'
import { models } from './de/models.ts'
import { shell } from './de/shell.ts'
import { views } from './de/views.ts'
import type { Words } from './en.ts'

export const de: Words = { ...shell, ...models, ...fit, ...classify, ...batches, ...views }
