/** The images that were asked about, and their answers; they stay while one looks at other views. */
import { computed, signal } from '@preact/signals'
import { usualAlpha } from '../../wire/fit-choices.ts'
import type { Picked } from '../files/collect.ts'
import { findModel, loadModels } from '../models/store.ts'
import { client } from '../service/api.ts'
import { lastFault } from '../service/connection.ts'
import { isPassing } from '../service/fault.ts'
import { takesRequests } from '../service/health.ts'
import type { ClassifyResult, ErrorBody } from '../service/types.ts'
import { type Failure, failureOf } from '../ui/notes.tsx'
import { offered } from '../verdict.ts'

export interface Asked {
  readonly id: number
  readonly name: string
  readonly file: Blob
  /** Of the whole file, for this page. */
  readonly url: string
  /** NAME@VERSION that was asked. */
  readonly model: string
  /** Asked once where it is odd; the answer has a heat map if the service can tell. */
  readonly isExplained: boolean
  /** Asked where it is unusual, and no answer yet. */
  readonly isExplaining?: boolean
  readonly isHeatHidden?: boolean
  readonly answer: { readonly result: ClassifyResult } | { readonly error: ErrorBody | Failure } | null
}

export const mostAtOnce = 50
const sideBySide = 4
/** Pause before an image is asked about again, when the service could not answer. */
const againMs = 1500
/** An answer that takes longer raises the question whether the service is well. */
const doubtMs = 2500

export const asked = signal<readonly Asked[]>([])
export const selectedId = signal<number | null>(null)
/** What the slider says; null: as the model has it. */
export const chosenAlpha = signal<number | null>(null)
/** Are all models asked about the image that is looked at? */
export const askAll = signal(false)
export const selected = computed(() => asked.value.find(({ id }) => id === selectedId.value) ?? asked.value[0])

let nextId = 0
let running = 0
const waiting: { id: number; explain: boolean }[] = []

export function ask(images: readonly Picked[], model: string): void {
  const more = images.map(({ name, file }) => ({
    id: nextId++,
    name,
    file,
    url: URL.createObjectURL(file),
    model,
    isExplained: false,
    answer: null,
  }))
  const [first] = more
  if (first === undefined) return
  asked.value = [...asked.value, ...more]
  selectedId.value = first.id
  waiting.push(...more.map(({ id }) => ({ id, explain: false })))
  pump()
}

/** All of them again, by another model. */
export function askAgain(model: string): void {
  asked.value = asked.value.map((one) => ({ ...one, model, isExplained: false, isExplaining: false, answer: null }))
  waiting.length = 0
  waiting.push(...asked.value.map(({ id }) => ({ id, explain: false })))
  pump()
}

export function hideHeat(id: number, isHeatHidden: boolean): void {
  asked.value = asked.value.map((one) => (one.id === id ? { ...one, isHeatHidden } : one))
}

export function explain(id: number): void {
  asked.value = asked.value.map((one) => (one.id === id ? { ...one, isExplaining: true } : one))
  waiting.unshift({ id, explain: true })
  pump()
}

/** The same image once more, after the service could not answer. */
export function retry(id: number): void {
  asked.value = asked.value.map((one) => (one.id === id ? { ...one, answer: null } : one))
  waiting.push({ id, explain: false })
  pump()
}

export function clear(): void {
  for (const { url } of asked.value) URL.revokeObjectURL(url)
  asked.value = []
  selectedId.value = null
  waiting.length = 0
}

/** What counts now: the slider, else the setting of the model, and never one at which nothing could be rejected. */
export function alphaOf(model: string): number {
  const known = findModel(model)
  return offered(chosenAlpha.value ?? known?.alpha ?? usualAlpha, known?.calibrationScores)
}

function pump(): void {
  while (running < sideBySide && takesRequests.peek()) {
    const next = waiting.shift()
    if (next === undefined) return
    const { id, explain: withMap } = next
    const one = asked.value.find((other) => other.id === id)
    if (one === undefined) continue
    running++
    // no answer yet: is the service well?
    const doubt = setTimeout(() => (lastFault.value = performance.now()), doubtMs)
    void client
      .classify(
        one.model,
        { name: one.name, bytes: one.file },
        {
          explain: withMap,
          ...(withMap && { drift: false }), // asked about already, and counted then
          waitSeconds: 3600,
        },
      )
      .then((result) => settle(one, { result }, withMap))
      .catch(async (error: unknown) => {
        const failure = failureOf(error)
        if (failure.code === 'MODEL_NOT_FOUND') void loadModels() // somebody removed it
        if (!isPassing(failure.code)) return settle(one, { error: failure })
        // the trouble of the service, not of the image: it waits, and is asked about again
        await new Promise((resolve) => setTimeout(resolve, againMs))
        waiting.unshift({ id, explain: withMap })
      })
      .finally(() => {
        clearTimeout(doubt)
        running--
        pump()
      })
  }
}

takesRequests.subscribe((now) => {
  if (now) pump()
})

function settle(one: Asked, answer: Asked['answer'], isExplained = false): void {
  asked.value = asked.value.map((other) =>
    other.id === one.id && other.model === one.model ? { ...other, answer, isExplained, isExplaining: false } : other,
  )
}
