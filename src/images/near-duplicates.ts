/**
 * Which images are the same photo, the one rule of the project: their perceptual hashes differ in at most 4 of 64 bits, or one can be laid
 * onto the other, turned, mirrored, cropped or relit, and then has the same texture. `fit` holds such images out together, `compare` leaves
 * them out of its test.
 *
 * Why not by hash and embedding: on the five training folders of bench/README.md ("Copies") 8 bits and a cosine of .9 missed 815 of the
 * pairs that texture finds (mirrored photos, turned castings), and paired different tiles; and .9 means something else for each network.
 */
import { joinPartitions } from '../core/groups.ts'
import type { Matrix } from '../core/matrix.ts'
import { findCopies, groupCopies } from './copies.ts'
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

/** For each image the index of the first of its near-duplicates. */
export function groupNearDuplicates(images: Described): Int32Array {
  const alike = groupByHash(
    images.traits.map(({ hash }) => hash),
    hashBits,
  )
  return images.traits.length > mostCompared ? alike : joinPartitions(alike, groupCopies(printsOf(images)))
}

export interface NearDuplicate {
  /** Row of the test images. */
  readonly test: number
  /** Row of the training images. */
  readonly train: number
  /** In which their hashes differ: more than 4 where one is laid onto the other. */
  readonly bits: number
}

/** For each test image that is a near-duplicate of a training image: that image, the nearest by hash if several are. */
export function findNearDuplicates(train: Described, test: Described): NearDuplicate[] {
  const areFew = train.traits.length + test.traits.length <= mostCompared
  const copies = areFew ? findCopies(printsOf(test), printsOf(train)) : undefined
  return test.traits.flatMap(({ hash }, i) => {
    let best: NearDuplicate | undefined
    train.traits.forEach((other, j) => {
      const bits = hammingDistance(hash, other.hash)
      if (bits <= hashBits && (best === undefined || bits < best.bits)) best = { test: i, train: j, bits }
    })
    const copy = copies?.[i] ?? -1
    if (best === undefined && copy >= 0)
      best = { test: i, train: copy, bits: hammingDistance(hash, train.traits[copy]!.hash) }
    return best === undefined ? [] : [best]
  })
}

function printsOf({ traits, X }: Described) {
  return { prints: traits.map(({ print }) => print), X }
}
