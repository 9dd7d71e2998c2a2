/**
 * Near-duplicates between training and test, which make any method look better than it is: found by perceptual hash, confirmed
 * by the embedding, reported, and left out of the test.
 */
import { dot, type Matrix } from '../core/matrix.ts'
import { hammingDistance, type PerceptualHash } from '../images/phash.ts'

/** Hashes of unrelated images differ in about 32 of 64 bits. */
const maxBits = 8
/** Cosine of the embeddings that a near-duplicate must reach too. */
const minCosine = 0.9
/** When more of the test than this would go, the images are of one mould and the hash cannot tell copies from kin. */
const maxShare = 0.3

export interface Described {
  readonly hashes: readonly PerceptualHash[]
  /** l2-normalised embeddings, one a row. */
  readonly unit: Matrix
}

export interface NearDuplicate {
  /** Row of the test set. */
  readonly test: number
  /** Row of the training set. */
  readonly train: number
  readonly bits: number
}

/** For each test image that nearly repeats a training image: the nearest one. */
export function findNearDuplicates(train: Described, test: Described): NearDuplicate[] {
  const found: NearDuplicate[] = []
  test.hashes.forEach((hash, i) => {
    let best: NearDuplicate | undefined
    train.hashes.forEach((other, j) => {
      const bits = hammingDistance(hash, other)
      if (bits > maxBits || (best !== undefined && best.bits <= bits)) return
      const cosine = dot(test.unit.data, train.unit.data, test.unit.cols, i * test.unit.cols, j * train.unit.cols)
      if (cosine >= minCosine) best = { test: i, train: j, bits }
    })
    if (best) found.push(best)
  })
  return found
}

/** Whether to leave them out: not when the images are so alike that the hash cannot tell. */
export function areDroppable(duplicates: readonly NearDuplicate[], testImages: number): boolean {
  return duplicates.length <= maxShare * testImages
}

/** Groups of near-duplicates within one set: for each row the first row of its group. */
export function groupWithin({ hashes, unit }: Described): Int32Array {
  const leader = Int32Array.from(hashes, (_, i) => i)
  const find = (i: number): number => {
    while (leader[i] !== i) i = leader[i]!
    return i
  }
  for (let i = 0; i < hashes.length; i++) {
    for (let j = 0; j < i; j++) {
      if (hammingDistance(hashes[i]!, hashes[j]!) > maxBits) continue
      if (dot(unit.data, unit.data, unit.cols, i * unit.cols, j * unit.cols) < minCosine) continue
      const [a, b] = [find(i), find(j)]
      leader[Math.max(a, b)] = Math.min(a, b)
    }
  }
  return leader.map((_, i) => find(i))
}
