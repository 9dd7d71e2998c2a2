/**
 * Does a model keep its promise on the images of today? Where people went through a whole batch, the images that they call good are a
 * sample of what the model is asked about, and their p-values spread evenly if these are like its photos (`detectors/uniformity.ts`).
 * Of batches that were reviewed in part nothing is concluded: people look at the most unusual images first.
 */
import { checkUniformity, type Uniformity } from '../detectors/uniformity.ts'
import { lineOf } from '../queue/batch-forms.ts'
import type { BatchStore } from '../queue/batches.ts'
import type { Confirmed, ConfirmedStore } from '../store/confirmed.ts'
import type { ReviewStore } from '../store/reviews.ts'
import type { Model, PromiseKept } from '../wire/model.ts'
import { isOfFit } from '../wire/result.ts'

const linesAtOnce = 1000

/** After something was said of a batch: keeps the p-values of its good images if all of it is reviewed, forgets them if not. */
export async function noteReviewed(
  { batches, reviews, confirmed }: { batches: BatchStore; reviews: ReviewStore; confirmed: ConfirmedStore },
  id: string,
): Promise<void> {
  const batch = await batches.read(id)
  if (batch === undefined) return
  const { sha256 } = batch.model
  const said = (await reviews.read(id)).reviews.filter(({ label }) => label === 'belongs' || label === 'differs')
  const isWhole = batch.state === 'done' && said.length >= batch.total - batch.errors
  if (!isWhole) {
    if (id in (await confirmed.read(sha256))) await confirmed.put(sha256, id, null)
    return
  }
  const good = said.flatMap(({ index, label }) => (label === 'belongs' ? index : []))
  const pValues: number[] = []
  for (let from = 0; from < good.length; from += linesAtOnce) {
    for (const text of await batches.linesAt(id, good.slice(from, from + linesAtOnce))) {
      const line = lineOf(text)
      if (line && 'pValue' in line && !isOfFit(line)) pValues.push(line.pValue)
    }
  }
  await confirmed.put(sha256, id, pValues)
}

/** The test takes milliseconds: done once for what is known. */
const tested = new WeakMap<Confirmed, { readonly n: number; readonly found: Uniformity | undefined }>()

/** @returns undefined where no batch of the model was reviewed as a whole */
export async function promiseKept(
  confirmed: ConfirmedStore,
  { sha256, calibrationScores: n, alpha }: Pick<Model, 'sha256' | 'calibrationScores' | 'alpha'>,
): Promise<PromiseKept | undefined> {
  const known = await confirmed.read(sha256)
  const pValues = Object.values(known).flat()
  let test = tested.get(known)
  if (test?.n !== n) {
    test = { n, found: checkUniformity(pValues, n) }
    tested.set(known, test)
  }
  if (test.found === undefined) return undefined
  const rejected = pValues.filter((p) => p <= alpha).length
  return { ...test.found, batches: Object.keys(known).length, rejected }
}
