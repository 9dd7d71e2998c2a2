/** The galleries of the models that are looked at, read once: a page asks for hundreds of thumbnails. */
import { calibratedScore, firstNotBelow } from '../detectors/calibration.ts'
import { readGallery, type SeenGallery } from '../store/model-file.ts'
import type { Registry } from '../store/registry.ts'
import { atMost } from '../system/at-most.ts'
import { labelOf } from '../wire/label.ts'
import type { Model } from '../wire/model.ts'

export interface ShownGallery extends Omit<SeenGallery, 'heldOut'> {
  /** Score and p-value of positive i, both null where it was not held out. */
  judge(i: number, alpha: number): { score: number; pValue: number } | { score: null; pValue: null }
}

export interface Galleries {
  /** Undefined for a model without one. @throws MODEL_CORRUPT */
  get(info: Model): Promise<ShownGallery | undefined>
}

export function createGalleries(registry: Registry, capacity = 4): Galleries {
  /** Those that are read at once, from the first byte on: of a hundred models they are a hundred files. */
  const reading = atMost(2)
  const kept = new Map<string, Promise<ShownGallery | undefined>>()

  const load = async (info: Model): Promise<ShownGallery | undefined> => {
    const bytes = await registry.gallery(labelOf(info))
    return bytes && show(await readGallery(bytes))
  }

  return {
    get(info) {
      const hash = info.gallery
      if (hash === null) return Promise.resolve(undefined)
      const found = kept.get(hash) ?? reading(() => load(info))
      kept.delete(hash)
      kept.set(hash, found)
      found.catch(() => kept.delete(hash))
      for (const oldest of kept.keys()) {
        if (kept.size <= capacity) break
        kept.delete(oldest)
      }
      return found
    },
  }
}

function show({ images, leaders, thumbnails, rejected, heldOut }: SeenGallery): ShownGallery {
  const sorted = heldOut.filter((score) => !Number.isNaN(score)).sort()
  const n = sorted.length
  return {
    images,
    leaders,
    thumbnails,
    rejected,
    judge(i, alpha) {
      const score = heldOut[i]
      if (score === undefined || Number.isNaN(score)) return { score: null, pValue: null }
      // among the others: it is one of the held-out scores itself
      return { score: calibratedScore(sorted, score, alpha), pValue: (n - firstNotBelow(sorted, score)) / n }
    },
  }
}
