/** Everything that the methods work on, made once: each readable image's embedding, small pixels, hash; and what was left out. */
import { type Matrix, matrix, row, takeRows } from '../core/matrix.ts'
import { OneclassError, present, toOneclassError } from '../errors.ts'
import type { Backbone } from '../features/backbone.ts'
import { embedImages } from '../features/embed.ts'
import { decodeImage, type ImageSource } from '../images/decode.ts'
import { fingerprint } from '../images/fingerprint.ts'
import { findNearDuplicates, groupNearDuplicates, type NearDuplicate, type Traits } from '../images/near-duplicates.ts'
import { perceptualHash } from '../images/phash.ts'
import { rangeOfImages, withRange } from '../pipeline/range.ts'
import { throwIfAborted } from '../system/cancelled.ts'
import type { ErrorBody } from '../wire/error.ts'
import { type Split, splits } from '../wire/splits.ts'
import { areDroppable } from './splits.ts'

/** The readable images of one split, row by row. */
export interface SplitMaterial {
  readonly sources: readonly ImageSource[]
  readonly embeddings: Matrix
  /** What near-duplicates are found by. */
  readonly traits: readonly Traits[]
  /** Square RGB images of `side` pixels, one after another. */
  readonly pixels: Uint8Array
}

export interface Material {
  /** The network as a fit of the training positives uses it: with the range of their samples. */
  readonly backbone: Backbone
  readonly side: number
  readonly found: Readonly<Record<Split, number>>
  readonly of: Readonly<Record<Split, SplitMaterial>>
  /** For each training positive the first row of its group of near-duplicates. */
  readonly groups: Int32Array
  readonly unreadable: readonly { readonly split: Split; readonly image: string; readonly error: ErrorBody }[]
  readonly nearDuplicates: readonly { readonly image: string; readonly of: string; readonly bits: number }[]
  readonly nearDuplicatesDropped: boolean
  readonly warnings: readonly string[]
  /** Milliseconds to read, decode and embed one image. */
  readonly embedMs: number
}

export interface MaterialOptions {
  readonly images: Readonly<Record<Split, readonly ImageSource[]>>
  /** Further images of the splits, which could not be read. */
  readonly failed: Material['unreadable']
  readonly backbone: Backbone
  readonly side: number
  readonly keepNearDuplicates: boolean
  readonly onProgress: (done: number, total: number) => void
  readonly signal?: AbortSignal | undefined
}

/** @throws CANCELLED, TOO_FEW_IMAGES when the training or test positives are missing */
export async function prepareMaterial(given: MaterialOptions): Promise<Material> {
  const { images, failed, side, signal } = given
  const range = await rangeOfImages(images.trainPositive, signal ? { signal } : {})
  const options = { ...given, backbone: withRange(given.backbone, range) }
  const total = splits.reduce((sum, split) => sum + images[split].length, 0)
  let done = 0
  let embedSeconds = 0
  const unreadable: { split: Split; image: string; error: ErrorBody }[] = [...failed]
  const of = {} as Record<Split, SplitMaterial>
  for (const split of splits) {
    const sources = images[split]
    const started = performance.now()
    const seen = new Map<number, Seen>()
    const traits = new Map<number, Traits>()
    const embedded = embedImages(options.backbone, sources, {
      ...(signal ? { signal } : {}),
      onPixels: (index, pixels) => {
        traits.set(index, { hash: perceptualHash(pixels), print: fingerprint(pixels) })
      },
    })
    for await (const entry of embedded) {
      if (entry.error) unreadable.push({ split, image: entry.source.name, error: entry.error.toJSON() })
      else
        seen.set(entry.index, {
          embedding: entry.embedding,
          traits: present(traits.get(entry.index), 'the traits of an image'),
        })
      options.onProgress(++done, total)
    }
    embedSeconds += (performance.now() - started) / 1000
    of[split] = await describeSplit(split, sources, seen, options, unreadable)
  }
  for (const split of ['trainPositive', 'testPositive'] as const) {
    if (of[split].sources.length === 0) {
      throw new OneclassError('TOO_FEW_IMAGES', `There is no readable image in ${splitName(split)}; it needs some.`)
    }
  }
  const warnings = warningsOf(of)
  const within = dropNearDuplicates(of, options.keepNearDuplicates, warnings)
  return {
    backbone: options.backbone,
    side,
    found: Object.fromEntries(
      splits.map((split) => [split, images[split].length + failed.filter((one) => one.split === split).length]),
    ) as Record<Split, number>,
    of: within.of,
    groups: groupNearDuplicates(described(of.trainPositive)),
    unreadable,
    nearDuplicates: within.nearDuplicates,
    nearDuplicatesDropped: within.dropped,
    warnings,
    embedMs: (1000 * embedSeconds) / Math.max(1, total),
  }
}

/** The folder that a split stands for. */
export function splitName(split: Split): string {
  return `${split.startsWith('train') ? 'train' : 'test'}/${split.endsWith('Positive') ? 'positive' : 'negative'}`
}

interface Seen {
  readonly embedding: Float32Array
  readonly traits: Traits
}

function described({ traits, embeddings }: SplitMaterial) {
  return { traits, X: embeddings }
}

async function describeSplit(
  split: Split,
  sources: readonly ImageSource[],
  seen: ReadonlyMap<number, Seen>,
  { backbone, side, signal }: MaterialOptions,
  unreadable: { split: Split; image: string; error: ErrorBody }[],
): Promise<SplitMaterial> {
  const bytes = side * side * 3
  const { range } = backbone.target
  const kept: number[] = []
  const pixels = new Uint8Array(seen.size * bytes)
  for (const index of [...seen.keys()].sort((a, b) => a - b)) {
    throwIfAborted(signal)
    try {
      const small = await decodeImage(present(sources[index], 'the source of an image'), {
        width: side,
        height: side,
        resize: 'stretch',
        ...(range && { range }),
      })
      pixels.set(small.data, kept.length * bytes)
      kept.push(index)
    } catch (error) {
      unreadable.push({
        split,
        image: present(sources[index], 'the source of an image').name,
        error: toOneclassError(error).toJSON(),
      })
    }
  }
  const X = matrix(kept.length, backbone.dim)
  kept.forEach((index, at) => {
    row(X, at).set(present(seen.get(index), 'what was seen of an image').embedding)
  })
  return {
    sources: kept.map((index) => present(sources[index], 'the source of an image')),
    embeddings: X,
    traits: kept.map((index) => present(seen.get(index), 'what was seen of an image').traits),
    pixels: pixels.subarray(0, kept.length * bytes),
  }
}

function dropNearDuplicates(
  of: Readonly<Record<Split, SplitMaterial>>,
  keep: boolean,
  warnings: string[],
): {
  of: Record<Split, SplitMaterial>
  nearDuplicates: { image: string; of: string; bits: number }[]
  dropped: boolean
} {
  const perSplit = (['testPositive', 'testNegative'] as const).map((split) => {
    const nearest = new Map<number, NearDuplicate & { image: string }>()
    for (const side of ['trainPositive', 'trainNegative'] as const) {
      for (const pair of findNearDuplicates(described(of[side]), described(of[split]))) {
        const known = nearest.get(pair.test)
        if (!known || pair.bits < known.bits) {
          nearest.set(pair.test, {
            ...pair,
            image: present(of[side].sources[pair.train], 'the source of an image').name,
          })
        }
      }
    }
    return { split, nearest }
  })
  const count = perSplit.reduce((sum, { nearest }) => sum + nearest.size, 0)
  const testImages = of.testPositive.sources.length + of.testNegative.sources.length
  const all = perSplit.flatMap(({ nearest }) => [...nearest.values()])
  const droppable = areDroppable(all, testImages)
  if (count > 0 && !droppable) {
    warnings.push(
      `${count} of ${testImages} test images look like training images; images this much alike cannot be told from copies, so all stay in the test.`,
    )
  }
  const dropped = count > 0 && droppable && !keep
  const out = { ...of }
  const nearDuplicates: { image: string; of: string; bits: number }[] = []
  for (const { split, nearest } of perSplit) {
    for (const pair of nearest.values()) {
      nearDuplicates.push({
        image: present(of[split].sources[pair.test], 'the source of an image').name,
        of: pair.image,
        bits: pair.bits,
      })
    }
    const stay = of[split].sources.map((_, i) => i).filter((i) => !nearest.has(i))
    if (dropped && stay.length > 0) out[split] = take(of[split], stay)
  }
  return { of: out, nearDuplicates, dropped }
}

function take(split: SplitMaterial, rows: readonly number[]): SplitMaterial {
  const bytes = split.pixels.length / split.sources.length
  const pixels = new Uint8Array(rows.length * bytes)
  rows.forEach((from, to) => {
    pixels.set(split.pixels.subarray(from * bytes, (from + 1) * bytes), to * bytes)
  })
  return {
    sources: rows.map((i) => present(split.sources[i], 'the source of an image')),
    traits: rows.map((i) => present(split.traits[i], 'the traits of an image')),
    embeddings: takeRows(split.embeddings, rows),
    pixels,
  }
}

function warningsOf(of: Readonly<Record<Split, SplitMaterial>>): string[] {
  const out: string[] = []
  const n = of.trainPositive.sources.length
  if (n < 50) out.push(`Only ${n} training positives: expect wide intervals; some 200 make a good model.`)
  if (of.testNegative.sources.length === 0) {
    out.push('There are no test negatives: only false rejections can be measured, not what gets through.')
  }
  if (of.trainNegative.sources.length === 0) {
    out.push('There are no training negatives: methods that need them are skipped.')
  }
  return out
}
