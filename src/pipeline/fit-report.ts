/** What is found out about a fit beside the model: misfits, kinds, what the positives are worth, and what the model rejects. */
import { renderReference } from '../baselines/rendered-reference.ts'
import { dot, type Rows, rowReader, rowScales } from '../core/matrix.ts'
import { createRandom, type Random } from '../core/random.ts'
import { findKinds } from '../detectors/kinds.ts'
import { findMisfits, type Misfit } from '../detectors/misfits.ts'
import { heldTogether, mergeEqualRows } from '../detectors/row-groups.ts'
import { OneclassError } from '../errors.ts'
import type { Backbone } from '../features/backbone.ts'
import { type Embedded, embedImages } from '../features/embed.ts'
import type { ImageSource } from '../images/decode.ts'
import { renderOther } from '../images/demo-images.ts'
import { encodeImage } from '../images/encode.ts'
import type { FitFacts } from '../store/fit-facts.ts'
import type { Seen } from './classify.ts'

/** Of each of the eight drawn patterns, and of drawn things. */
const drawn = { patterns: 3, things: 16 } as const
/** Fewer embeddings than this (a face network takes none of them) tell nothing. */
const fewestReferences = 8

/**
 * @param X embeddings of the positives, shape (n, d)
 * @param groups group number of each row, as they were held out
 * @param heldOut joint score of each row, NaN where not held out
 * @param counted held-out scores that p-values count among
 * @param nameOf the name of a row
 */
export function factsOfPositives(
  X: Rows,
  groups: ArrayLike<number>,
  { heldOut, counted, random }: { heldOut: Float64Array; counted: number; random: Random },
  nameOf: (row: number) => string,
): Omit<FitFacts, 'asked' | 'reference'> {
  const sizes = new Map<number, number>()
  for (const group of Array.from(groups)) sizes.set(group, (sizes.get(group) ?? 0) + 1)
  const held = heldOut.reduce((count, score) => count + (Number.isNaN(score) ? 0 : 1), 0)
  const firsts = firstOfEach(groups)
  const kinds = findKinds(X, random.fork('kinds'), firsts.length < X.rows ? firsts : undefined)
  const scales = rowScales({ rows: X.rows, cols: X.cols, data: X.data }) // cosines, whatever the rows' factor is
  const rowOf = rowReader(X)
  const misfits = misfitsOf(X, groups, random).map(({ row, pValue, times }) => {
    const x = rowOf(row).slice()
    let [nearest, similarity] = [-1, -2]
    for (let j = 0; j < X.rows; j++) {
      if (groups[j] === groups[row]) continue
      const cosine = dot(x, rowOf(j), X.cols) * (scales[row] ?? 0) * (scales[j] ?? 0)
      if (cosine > similarity) [nearest, similarity] = [j, cosine]
    }
    return { image: nameOf(row), row, pValue, times, nearest: nameOf(nearest), similarity }
  })
  return {
    groups: [...sizes.values()].filter((size) => size > 1).length,
    effectiveN: Math.min(X.rows, Math.round((X.rows * counted) / held)),
    misfits,
    kinds: kinds
      ? {
          size: kinds.smaller.reduce((sum, row) => sum + (sizes.get(groups[row] ?? -1) ?? 1), 0),
          examples: kinds.smaller.slice(0, 3).map(nameOf),
          separation: kinds.separation,
        }
      : null,
  }
}

/** @param groups as rows are held out together @param random of the report: what is named is then what `exclude` leaves out */
function misfitsOf(X: Rows, groups: ArrayLike<number>, random: Random): Misfit[] {
  return findMisfits(X, groups, random.fork('misfits'))
}

/** The rows that a fit with this seed would name. @param groups of near-duplicates */
export function misfitRows(X: Rows, groups: ArrayLike<number>, seed: number): ReadonlySet<number> {
  const together = heldTogether(X, mergeEqualRows(X, groups))
  return new Set(misfitsOf(X, together, randomOfReport(seed)).map(({ row }) => row))
}

export function randomOfReport(seed: number): Random {
  return createRandom(seed).fork('report')
}

/** The first row of each group. */
function firstOfEach(groups: ArrayLike<number>): Int32Array {
  const first = new Map<number, number>()
  Array.from(groups).forEach((group, i) => {
    if (!first.has(group)) first.set(group, i)
  })
  return Int32Array.from(first.values())
}

let reference: Promise<ImageSource[]> | undefined

/** Drawn images that are of no class that anybody teaches: patterns and simple things, the same each time; drawn once. */
async function drawnReference(): Promise<ImageSource[]> {
  reference ??= drawReference()
  return await reference
}

async function drawReference(): Promise<ImageSource[]> {
  const random = createRandom(2026)
  const pictures = [
    ...renderReference(drawn.patterns, 176, 176, random.fork('patterns')),
    ...Array.from({ length: drawn.things }, (_, i) => renderOther(random.fork(`thing ${i}`))),
  ]
  return await Promise.all(
    pictures.map(async (pixels, i) => ({ name: `drawn ${i}`, bytes: await encodeImage(pixels, 'jpeg', 90) })),
  )
}

const seenBy = new WeakMap<Backbone, readonly Embedded[]>()

/** What a network sees in the drawn reference, its maps too; it looks once. @throws CANCELLED */
export async function seeReference(backbone: Backbone, signal: AbortSignal | undefined): Promise<readonly Embedded[]> {
  const known = seenBy.get(backbone)
  if (known) return known
  const seen: Embedded[] = []
  const options = { maps: true, ...(signal ? { signal } : {}) }
  for await (const one of embedImages(backbone, await drawnReference(), options)) seen.push(one)
  seenBy.set(backbone, seen)
  return seen
}

/** p-values of the drawn reference; null where the backbone takes too few of them. @throws CANCELLED */
export async function tryReference(
  backbone: Backbone,
  pValueOf: (seen: Seen) => number,
  signal: AbortSignal | undefined,
): Promise<FitFacts['reference']> {
  const pValues: number[] = []
  for (const seen of await seeReference(backbone, signal)) {
    const { error } = seen
    if (!error) pValues.push(pValueOf(seen))
    else if (error instanceof OneclassError && error.code === 'INTERNAL') throw error
  }
  return pValues.length < fewestReferences ? null : { name: `${pValues.length} drawn images`, pValues }
}
