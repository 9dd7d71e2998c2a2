/**
 * What people say an image is, kept by the service and shared by all who look at the batch. Shown at once, sent at once, and sent
 * again while the service is away; what others say comes every two seconds.
 */
import { type Signal, signal } from '@preact/signals'
import { ClientError } from '../../client.ts'
import type { ReviewLabel } from '../../wire/review.ts'
import { client } from '../service/api.ts'
import { isPassing } from '../service/fault.ts'
import { takesRequests } from '../service/health.ts'
import { t } from '../text.ts'
import { complain, say } from '../ui/notes.tsx'
import { type Verdict, verdictOf } from '../verdict.ts'
import type { Item } from './live.ts'

export type Truth = ReviewLabel
export type Reviews = ReadonlyMap<number, Truth>
export const truths = ['belongs', 'differs', 'unsure'] as const satisfies readonly Truth[]

/** Who said it, and when. */
export interface Said {
  readonly by: string
  readonly at: string
}

export interface SharedReviews {
  readonly truths: Signal<Reviews>
  readonly said: ReadonlyMap<number, Said>
  /** Answers that could not be sent so far. */
  readonly unsent: Signal<number>
  /** Of all of these images at once. */
  set(indices: readonly number[], truth: Truth | null): void
  /**
   * Takes back the last answer of this page, but of no image of which others said otherwise since.
   * @returns the first image that it was about
   */
  undo(): number | undefined
  close(): void
}

const everyMs = 2000
const nameKey = 'oneclass.name'

/** The reviewer's name, as typed on this device: kept with each answer where no key says who it is. */
export const reviewer = signal(readName())

function readName(): string {
  try {
    return localStorage.getItem(nameKey) ?? ''
  } catch {
    return ''
  }
}

export function setReviewer(name: string): void {
  reviewer.value = name
  try {
    localStorage.setItem(nameKey, name)
  } catch {
    // forbidden: it lives as long as the page
  }
}

export function openReviews(batch: string): SharedReviews {
  const shown = signal<Reviews>(new Map())
  const unsent = signal(0)
  const said = new Map<number, Said>()
  const pending = new Map<number, Truth | null>()
  /** One answer after the other, each with what was said before of its images. */
  const done: {
    readonly truth: Truth | null
    readonly of: readonly (readonly [index: number, before: Truth | null])[]
  }[] = []
  /** What this page said last of an image, as long as nobody said otherwise. */
  const mine = new Map<number, Truth | null>()
  let revision = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  let isBusy = false
  let isOpen = true

  const put = (changes: Iterable<readonly [number, Truth | null]>) => {
    const next = new Map(shown.value)
    for (const [index, truth] of changes) {
      if (truth === null) next.delete(index)
      else next.set(index, truth)
    }
    shown.value = next
  }

  const send = async (): Promise<void> => {
    const sent = [...pending].slice(0, 1000)
    if (sent.length === 0) return
    const reviews = sent.map(([index, label]) => ({ index, label }))
    const name = reviewer.value.trim()
    try {
      await client.review(batch, { reviews, ...(name === '' ? {} : { by: name }) })
    } catch (error) {
      if (!(error instanceof ClientError) || isPassing(error.code)) throw error
      complain(error) // refused for good: what the service has is shown again
      revision = 0
    }
    for (const [index, label] of sent) if (pending.get(index) === label) pending.delete(index)
    unsent.value = 0
  }

  const receive = async (): Promise<void> => {
    const answer = await client.reviews(batch, { since: revision })
    const news = answer.reviews.filter(({ index }) => !pending.has(index))
    for (const { index, by, at } of answer.reviews) said.set(index, { by, at })
    revision = answer.revision
    const overruled = news.filter(({ index, label }) => mine.has(index) && mine.get(index) !== label)
    for (const { index } of overruled) mine.delete(index)
    if (overruled.length > 0) say(t.batches.overruled(overruled.length))
    if (news.some(({ index, label }) => (shown.value.get(index) ?? null) !== label))
      put(news.map(({ index, label }) => [index, label] as const))
  }

  const turn = async () => {
    clearTimeout(timer)
    if (isBusy || !isOpen) return
    isBusy = true
    let hasFailed = !takesRequests.peek()
    if (takesRequests.peek() && (pending.size > 0 || !document.hidden))
      await send()
        .then(receive)
        .catch(() => {
          hasFailed = true // its turn comes again
        })
    isBusy = false
    if (hasFailed) unsent.value = pending.size
    // what was said meanwhile goes at once
    if (isOpen) timer = setTimeout(turn, pending.size === 0 ? everyMs : hasFailed ? everyMs / 4 : 0)
  }
  void turn()

  const answer = (answers: readonly (readonly [index: number, truth: Truth | null])[]) => {
    put(answers)
    const now = { by: reviewer.value.trim(), at: new Date().toISOString() }
    for (const [index, truth] of answers) {
      said.set(index, now)
      pending.set(index, truth)
      mine.set(index, truth)
    }
    void turn()
  }
  // a page that is left or loaded anew sends what it has, and the browser asks first where nobody takes it
  const leave = () => void send().catch(() => {})
  const ask = (event: BeforeUnloadEvent) => unsent.peek() > 0 && event.preventDefault()
  addEventListener('pagehide', leave)
  addEventListener('beforeunload', ask)

  return {
    truths: shown,
    said,
    unsent,
    set(indices, truth) {
      done.push({ truth, of: indices.map((index) => [index, shown.value.get(index) ?? null]) })
      answer(indices.map((index) => [index, truth]))
    },
    undo() {
      const last = done.pop()
      if (last !== undefined) answer(last.of.filter(([index]) => mine.get(index) === last.truth))
      return last?.of[0]?.[0]
    },
    close() {
      isOpen = false
      clearTimeout(timer)
      removeEventListener('pagehide', leave)
      removeEventListener('beforeunload', ask)
      leave()
    },
  }
}

/** Does the model say of the image what the reviewer says? Undefined where one of them said nothing. */
export function agrees(verdict: Verdict, truth: Truth | undefined): boolean | undefined {
  if (truth === undefined || truth === 'unsure' || (verdict !== 'belongs' && verdict !== 'differs')) return undefined
  return truth === verdict
}

export interface ReviewCounts {
  readonly reviewed: number
  readonly agreed: number
  readonly disagreed: number
  /** Of images that the reviewers say belong: how many the model rejects. */
  readonly falseRejections: number
  /** Indices by what the reviewers say. */
  readonly belongs: readonly number[]
  readonly differs: readonly number[]
}

export function countReviews(items: readonly Item[], reviews: Reviews, alpha: number): ReviewCounts {
  let [agreed, disagreed, falseRejections] = [0, 0, 0]
  const belongs: number[] = []
  const differs: number[] = []
  if (reviews.size > 0)
    for (const { index, line } of items) {
      const truth = reviews.get(index)
      const verdict = verdictOf(line, alpha)
      const agreement = agrees(verdict, truth)
      if (agreement === true) agreed++
      if (agreement === false) disagreed++
      if (truth === 'belongs') belongs.push(index)
      if (truth === 'differs') differs.push(index)
      if (truth === 'belongs' && verdict === 'differs') falseRejections++
    }
  return { reviewed: reviews.size, agreed, disagreed, falseRejections, belongs, differs }
}
