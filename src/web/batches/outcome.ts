/**
 * What a new version does with the images that were reviewed, beside what the old one did: the same images, so a paired comparison.
 * The good ones are among the new version's photos now; what counts is the p-value that it gave each of them while held out.
 */
import { client } from '../service/api.ts'
import { type Batch, labelOf, type Model, type Positives } from '../service/types.ts'
import { verdictOf } from '../verdict.ts'
import type { Item } from './live.ts'
import { wholeImage } from './local-files.ts'

export interface Outcome {
  /** Of good images that both versions judged: how many each rejects. */
  readonly good: Pair
  /** Of images that do not belong: how many each lets through. */
  readonly bad: Pair
}

/** Mistakes of the two versions on the same images. */
export interface Pair {
  readonly of: number
  readonly before: number
  readonly after: number
  /** Probability of a difference as large or larger if the versions are equally good: McNemar's exact test. */
  readonly p: number
}

/** @param pairs for each image: is it a mistake of the old version, of the new one */
function pairOf(pairs: readonly (readonly [before: boolean, after: boolean])[]): Pair {
  const count = (is: (pair: readonly [boolean, boolean]) => boolean) => pairs.filter(is).length
  const [mended, broken] = [count(([a, b]) => a && !b), count(([a, b]) => !a && b)]
  const n = mended + broken
  // both tails of the binomial distribution with chance one half
  let [term, tail] = [0.5 ** n, 0]
  for (let k = 0; k <= Math.min(mended, broken); k++) {
    tail += term
    term *= (n - k) / (k + 1)
  }
  return { of: pairs.length, before: count(([a]) => a), after: count(([, b]) => b), p: Math.min(1, 2 * tail) }
}

/** Images that do not belong and are asked about again at most. */
const mostBad = 200
const sideBySide = 4

/**
 * @param alpha at which the old version judged
 * @param batch whose images they are; those that do not belong are asked about again
 */
export async function compareVersions(
  items: readonly Item[],
  { good, bad }: { good: readonly number[]; bad: readonly number[] },
  alpha: number,
  after: Model,
  batch: Batch,
): Promise<Outcome> {
  const byIndex = new Map(items.map((item) => [item.index, item]))
  const itemsOf = (indices: readonly number[]) => indices.flatMap((index) => byIndex.get(index) ?? [])
  const positives = await client.positives(labelOf(after))
  return {
    good: countGood(itemsOf(good), alpha, positives, after),
    bad: await countBad(itemsOf(bad).slice(0, mostBad), alpha, after, batch),
  }
}

/** The new photos come last; an image that was among the photos before is found by its name as well. */
function countGood(items: readonly Item[], alpha: number, { images }: Positives, after: Model): Outcome['good'] {
  const heldOut = new Map(images.map(({ image, pValue }) => [image, pValue]))
  return pairOf(
    items.flatMap(({ line }) => {
      const p = heldOut.get(line.image)
      return typeof p === 'number' ? [[verdictOf(line, alpha) === 'differs', p <= after.alpha] as const] : []
    }),
  )
}

async function countBad(items: readonly Item[], alpha: number, after: Model, batch: Batch): Promise<Outcome['bad']> {
  const pairs: (readonly [boolean, boolean])[] = []
  const waiting = [...items]
  const ask = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) {
      const image = await wholeImage(batch, item.index, item.line.image).catch(() => undefined)
      const result =
        image &&
        (await client.classify(labelOf(after), image, { waitSeconds: 120, drift: false }).catch(() => undefined))
      if (result === undefined) continue
      pairs.push([verdictOf(item.line, alpha) === 'belongs', verdictOf(result, after.alpha) === 'belongs'])
    }
  }
  await Promise.all(Array.from({ length: sideBySide }, ask))
  return pairOf(pairs)
}
