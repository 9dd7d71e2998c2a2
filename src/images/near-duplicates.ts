/**
 * Which images are the same photo, the one rule of the project: one can be laid onto the other, turned, mirrored, cropped or relit, and
 * then has the same texture; or their perceptual hashes differ in at most 4 of 64 bits, where such hashes mean something for these images.
 * `fit` holds such images out together, `compare` leaves them out of its test.
 *
 * Hashes mean nothing where a camera is fixed: all parts look the same in 9 x 8 cells. 320 screws fell into 52 groups, the largest of 47,
 * none of which were copies, and a model so held out rejected 2 of 119 defective ones. So some of the pairs are laid onto each other
 * first. Why not by hash and embedding: on the five training folders of bench/results/accuracy.md ("Copies") 8 bits and a cosine of .9
 * missed 815 of the pairs that texture finds (mirrored photos, turned castings), and paired different tiles; and .9 means something else
 * for each network.
 */
import { joinPartitions } from '../core/groups.ts'
import type { Matrix } from '../core/matrix.ts'
import { areCopies, findCopies, groupCopies, leadersOfLarge, showOneThing } from './copies.ts'
import type { Fingerprint } from './fingerprint.ts'
import { groupByHash, hammingDistance, type PerceptualHash } from './phash.ts'

/** Bits by which perceptual hashes of the same photo may differ. */
const hashBits = 4
/** Among more images than this, copies are looked for by hash only: laying them onto each other would take minutes. */
const mostCompared = 2000

/** What is kept of an image to find its near-duplicates. */
export interface Traits {
  readonly hash: PerceptualHash
  /** Undefined where an earlier build kept none: such an image is compared by its hash only. */
  readonly print: Fingerprint | undefined
}

export interface Described {
  readonly traits: readonly Traits[]
  /** Embeddings, one row an image, shape (n, d). */
  readonly X: Matrix
}

/** A group holds at most this share of the images, or so many: of a few large groups nothing could be learnt. */
const [largestShare, largest] = [0.1, 10]

/** For each image the index of the first of its near-duplicates. */
export function groupNearDuplicates(images: Described): Int32Array {
  const { traits } = images
  const most = Math.max(largest, Math.floor(traits.length * largestShare))
  const byHash = groupByTrustedHash(traits)
  const copies = traits.length > mostCompared ? aloneEach(traits.length) : groupCopies(printsOf(images), most)
  const together = joinPartitions(byHash, copies)
  const tooLarge = new Set(leadersOfLarge(together, most))
  if (tooLarge.size === 0) return together
  if (showOneThing(traits.map(({ print }) => print))) return aloneEach(traits.length)
  return together.map((leader, i) => (tooLarge.has(leader) ? copies[i]! : leader))
}

const aloneEach = (n: number) => Int32Array.from({ length: n }, (_, i) => i)

/** Pairs with near hashes that are laid onto each other, evenly spaced, to see whether such hashes mean anything. */
const pairsTried = 24

/** At most `pairsTried` of them and a few, evenly spaced. */
function someOf<T>(all: readonly T[]): readonly T[] {
  const each = Math.max(1, Math.floor(all.length / pairsTried))
  return all.filter((_, k) => k % each === 0)
}

/** Do near hashes mean the same photo among these images? So they do where most of such pairs are copies. */
function hashesTell(pairs: readonly (readonly [Traits, Traits])[]): boolean {
  const known = pairs.flatMap(([{ print: a }, { print: b }]) => (a && b ? [areCopies(a, b)] : []))
  return 2 * known.filter((isCopy) => isCopy).length >= known.length
}

function groupByTrustedHash(traits: readonly Traits[]): Int32Array {
  const leaders = groupByHash(
    traits.map(({ hash }) => hash),
    hashBits,
  )
  const linked = Array.from(leaders.keys()).filter((i) => leaders[i] !== i)
  const pairs = someOf(linked).map((i) => [traits[i]!, nearestInGroup(traits, leaders, i)] as const)
  return hashesTell(pairs) ? leaders : aloneEach(traits.length)
}

/** The image before i in its group whose hash is nearest. */
function nearestInGroup(traits: readonly Traits[], leaders: Int32Array, i: number): Traits {
  let [nearest, least] = [leaders[i]!, Number.POSITIVE_INFINITY]
  for (let j = 0; j < i; j++) {
    if (leaders[j] !== leaders[i]) continue
    const bits = hammingDistance(traits[i]!.hash, traits[j]!.hash)
    if (bits < least) [nearest, least] = [j, bits]
  }
  return traits[nearest]!
}

export interface NearDuplicate {
  /** Row of the test images. */
  readonly test: number
  /** Row of the training images. */
  readonly train: number
  /** In which their hashes differ: may be more than 4 where one is laid onto the other. */
  readonly bits: number
}

/** For each test image that is a near-duplicate of a training image: that image, the nearest by hash if several are. */
export function findNearDuplicates(train: Described, test: Described): NearDuplicate[] {
  const areFew = train.traits.length + test.traits.length <= mostCompared
  const copies = areFew ? findCopies(printsOf(test), printsOf(train)) : undefined
  const byHash = test.traits.map(({ hash }, i) => {
    let best: NearDuplicate | undefined
    train.traits.forEach((other, j) => {
      const bits = hammingDistance(hash, other.hash)
      if (bits <= hashBits && (best === undefined || bits < best.bits)) best = { test: i, train: j, bits }
    })
    return best
  })
  const near = someOf(byHash.flatMap((pair) => pair ?? []))
  const isTold = hashesTell(near.map((pair) => [test.traits[pair.test]!, train.traits[pair.train]!] as const))
  return test.traits.flatMap(({ hash }, i) => {
    const known = isTold ? byHash[i] : undefined
    const copy = copies?.[i] ?? -1
    if (known || copy < 0) return known ? [known] : []
    return [{ test: i, train: copy, bits: hammingDistance(hash, train.traits[copy]!.hash) }]
  })
}

function printsOf({ traits, X }: Described) {
  return { prints: traits.map(({ print }) => print), X }
}
