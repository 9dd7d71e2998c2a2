/**
 * Copies of one photo among many images: turned, mirrored, cropped, lighter, darker, saved again. Each image is compared with those that
 * are most like it, whole or in their features; comparing all with all would take too long.
 */
import { createGroups } from '../core/groups.ts'
import { dot, l2Normalise, type Matrix } from '../core/matrix.ts'
import { type Fingerprint, type Prepared, prepare } from './fingerprint.ts'
import { textureCorrelation } from './register.ts'

/** Textures of copies correlate by more, those of two photos by less: bench/results/accuracy.md, "Copies". */
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

/**
 * @param most images of a group at most: where one would be larger, its most alike images stay together, and where the images show one
 * thing, each taken anew, all stand alone
 * @returns for each image the index of the first of its group
 */
export function groupCopies(images: SeenImages, most = images.prints.length): Int32Array {
  const those = prepareAll(images)
  const pairs = pairsToCompare(those)
  const groups = createGroups(those.prints.length)
  for (const { i, j } of pairs)
    if (groups.leader(i) !== groups.leader(j) && textureOf(those, i, j) >= copyFrom) groups.join(i, j)
  const leaders = groups.leaders()
  const tooLarge = new Set(leadersOfLarge(leaders, most))
  if (tooLarge.size === 0) return leaders
  if (showOneThing(images.prints)) return leaders.map((_, i) => i)
  const linked = pairs
    .filter(({ i }) => tooLarge.has(leaders[i]!))
    .map((pair) => ({ ...pair, texture: textureOf(those, pair.i, pair.j) }))
    .filter(({ texture }) => texture >= copyFrom)
    .sort((a, b) => b.texture - a.texture)
  const within = createGroups(leaders.length)
  const size = new Int32Array(leaders.length).fill(1)
  for (const { i, j } of linked) {
    const [a, b] = [within.leader(i), within.leader(j)]
    if (a === b || size[a]! + size[b]! > most) continue
    within.join(i, j)
    size[within.leader(i)] = size[a]! + size[b]!
  }
  return leaders.map((leader, i) => (tooLarge.has(leader) ? within.leader(i) : leader))
}

/** The leaders of groups of more than `most`. */
export function leadersOfLarge(leaders: Int32Array, most: number): number[] {
  const size = new Int32Array(leaders.length)
  for (const leader of leaders) size[leader]!++
  return Array.from(size.keys()).filter((leader) => size[leader]! > most)
}

/** Each image with those that it is most like; no pair twice. */
function pairsToCompare(images: PreparedImages): { i: number; j: number }[] {
  const seen = new Set<number>()
  return images.prints.flatMap((a, i) => {
    const others = a ? mostLike(images, i, images, i) : []
    return others.flatMap((j) => {
      const pair = Math.min(i, j) * images.prints.length + Math.max(i, j)
      if (seen.has(pair)) return []
      seen.add(pair)
      return [{ i, j }]
    })
  })
}

function textureOf({ prints }: PreparedImages, i: number, j: number): number {
  return textureCorrelation(prints[i]!, prints[j]!)
}

/** Pairs of any two images that `showOneThing` looks at. */
const pairsOfAny = 60
/** Textures of one photo, changed and saved again, correlate by more; those of one thing, photographed again, by less. */
const samePhotoFrom = 0.87

/**
 * Are these photos of one thing, each taken anew (a spindle by a fixed camera, for months)? Then most pairs of any two have the same
 * texture, which tells the thing and not the photo.
 */
export function showOneThing(prints: readonly (Fingerprint | undefined)[]): boolean {
  const known = prints.flatMap((print) => (print ? [print] : []))
  const half = known.length >> 1
  const each = Math.max(1, Math.floor(half / pairsOfAny))
  const textures: number[] = []
  for (let i = 0; i < half; i += each) textures.push(textureCorrelation(prepare(known[i]!), prepare(known[i + half]!)))
  const median = textures.sort((a, b) => a - b)[textures.length >> 1] ?? 0
  return median >= copyFrom && median < samePhotoFrom
}

/** Whether two images are copies, by their fingerprints. */
export function areCopies(a: Fingerprint, b: Fingerprint): boolean {
  return isCopy(prepare(a), prepare(b))
}

/** For each image an image of `others` that it is a copy of; -1 without one. */
export function findCopies(images: SeenImages, others: SeenImages): Int32Array {
  const [these, those] = [prepareAll(images), prepareAll(others)]
  return Int32Array.from(these.prints, (a, i) => {
    if (!a) return -1
    return mostLike(these, i, those).find((j) => isCopy(a, those.prints[j]!)) ?? -1
  })
}

interface PreparedImages {
  readonly prints: readonly (Prepared | undefined)[]
  readonly unit: Matrix
}

function prepareAll({ prints, X }: SeenImages): PreparedImages {
  return { prints: prints.map((print) => print && prepare(print)), unit: l2Normalise(X) }
}

function isCopy(a: Prepared, b: Prepared): boolean {
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
