/**
 * Copies of one photo among many images: turned, mirrored, cropped, lighter, darker, saved again. Each image is compared with those that
 * are most like it, whole or in their features; comparing all with all would take too long.
 */
import { createGroups } from '../core/groups.ts'
import { dot, l2Normalise, type Matrix } from '../core/matrix.ts'
import { type Fingerprint, type Prepared, prepare } from './fingerprint.ts'
import { textureCorrelation } from './register.ts'

/** Textures of copies correlate by more, those of two photos by less: bench/README.md, "Copies". */
const copyFrom = 0.75
/** Images that each is compared with, by each of the two ways to be like it. */
const compared = 5

/** Images to be told apart: what is kept of each, and what a network sees in it. */
export interface SeenImages {
  /** Undefined where there is none; such an image has no copies. */
  readonly prints: readonly (Fingerprint | undefined)[]
  /** Embeddings, shape (n, d). */
  readonly X: Matrix
}

/** @returns for each image the index of the first of its group */
export function groupCopies(images: SeenImages): Int32Array {
  const those = prepareAll(images)
  const groups = createGroups(those.prints.length)
  const seen = new Set<number>()
  those.prints.forEach((a, i) => {
    if (!a) return
    for (const j of mostLike(those, i, those, i)) {
      const pair = Math.min(i, j) * those.prints.length + Math.max(i, j)
      if (seen.has(pair) || groups.leader(i) === groups.leader(j)) continue
      seen.add(pair)
      if (areCopies(a, those.prints[j]!)) groups.join(i, j)
    }
  })
  return groups.leaders()
}

/** For each image an image of `others` that it is a copy of; -1 without one. */
export function findCopies(images: SeenImages, others: SeenImages): Int32Array {
  const [these, those] = [prepareAll(images), prepareAll(others)]
  return Int32Array.from(these.prints, (a, i) => {
    if (!a) return -1
    return mostLike(these, i, those).find((j) => areCopies(a, those.prints[j]!)) ?? -1
  })
}

interface PreparedImages {
  readonly prints: readonly (Prepared | undefined)[]
  readonly unit: Matrix
}

function prepareAll({ prints, X }: SeenImages): PreparedImages {
  return { prints: prints.map((print) => print && prepare(print)), unit: l2Normalise(X) }
}

function areCopies(a: Prepared, b: Prepared): boolean {
  return textureCorrelation(a, b) >= copyFrom
}

/** The images of `others` that image i is most like, whole or in its features; without the one at `itself`. */
function mostLike(images: PreparedImages, i: number, others: PreparedImages, itself = -1): number[] {
  const { shape } = images.prints[i]!
  const { unit } = images
  const byShape = nearest(others.prints, itself, (other) => inner(shape, other.shape))
  const byFeatures = nearest(others.prints, itself, (_, j) =>
    dot(unit.data, others.unit.data, unit.cols, i * unit.cols, j * unit.cols),
  )
  return [...new Set([...byShape, ...byFeatures])]
}

function nearest(
  prepared: readonly (Prepared | undefined)[],
  itself: number,
  likeness: (other: Prepared, j: number) => number,
): number[] {
  const best: { j: number; value: number }[] = []
  prepared.forEach((other, j) => {
    if (j === itself || !other) return
    const value = likeness(other, j)
    if (best.length === compared && value <= best[compared - 1]!.value) return
    const place = best.findIndex((entry) => entry.value < value)
    best.splice(place < 0 ? best.length : place, 0, { j, value })
    if (best.length > compared) best.pop()
  })
  return best.map(({ j }) => j)
}

function inner(a: Float32Array, b: Float32Array): number {
  let sum = 0
  for (let k = 0; k < a.length; k++) sum += a[k]! * b[k]!
  return sum
}
