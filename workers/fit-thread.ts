/**
 * Fits a model: seconds of computing that may not hold a worker's main thread. Images are decoded here, the network
 * stays where it is: this side's backbone asks the worker for embeddings.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { type ErrorBody, OneclassError, toOneclassError } from '../src/errors.ts'
import type { Backbone } from '../src/features/backbone.ts'
import type { ImageSource } from '../src/images/decode.ts'
import { drawDemo } from '../src/images/demo-set.ts'
import type { Pixels } from '../src/images/pixels.ts'
import { growthOf } from '../src/pipeline/base-version.ts'
import { type FittedImages, fitImages } from '../src/pipeline/fit.ts'
import type { Progress } from '../src/queue/job-view.ts'
import type { FitOutcome } from '../src/queue/jobs.ts'
import { encodeSamples } from '../src/service/demo-samples.ts'
import { encodeArtifact } from '../src/store/artifact.ts'
import { decodeGallery, encodeGallery } from '../src/store/gallery.ts'

export interface FitWork {
  readonly sources: readonly ImageSource[]
  readonly backbone: Pick<Backbone, 'id' | 'hash' | 'dim' | 'target'>
  readonly alpha: number | undefined
  readonly seed: number | undefined
  /** The gallery file of the version that comes first. */
  readonly base:
    | { readonly label: string | undefined; readonly gallery: Uint8Array; readonly exclude: readonly number[] }
    | undefined
  /** The images are drawn here. */
  readonly isDemo: boolean
}

export type FitReply = Omit<FitOutcome, 'sha256' | 'gallery' | 'samples'> & {
  readonly artifact: Uint8Array
  readonly gallery: Uint8Array
  readonly samples: Uint8Array | undefined
}
export type FitMessage =
  | { readonly embed: number; readonly images: readonly Pixels[] }
  | { readonly progress: Progress }
  | { readonly error: ErrorBody }
  | FitReply
type Embedded = { readonly id: number; readonly results?: (Float32Array | ErrorBody)[]; readonly fault?: string }

const port = parentPort!
const work = workerData as FitWork
const pending = new Map<
  number,
  { resolve(results: (Float32Array | OneclassError)[]): void; reject(error: Error): void }
>()
let nextId = 0

port.on('message', ({ id, results, fault }: Embedded) => {
  const entry = pending.get(id)
  pending.delete(id)
  if (results === undefined) entry?.reject(new Error(fault))
  else
    entry?.resolve(
      results.map((result) =>
        result instanceof Float32Array ? result : new OneclassError(result.code, result.message),
      ),
    )
})

const backbone: Backbone = {
  ...work.backbone,
  embed: (images) =>
    new Promise((resolve, reject) => {
      const embed = nextId++
      pending.set(embed, { resolve, reject })
      port.postMessage({ embed, images } satisfies FitMessage)
    }),
  async close() {},
}

let reported = 0
const report = (done: number, total: number, stage: string): void => {
  if (done < total && done - reported < total / 50) return
  reported = done
  port.postMessage({ progress: { done, total, stage } } satisfies FitMessage)
}

function growthOfWork({ used, repeated }: FittedImages): Pick<FitOutcome, 'growth'> {
  if (work.base?.label === undefined) return {}
  const { label, gallery, exclude } = work.base
  return { growth: growthOf(label, { gallery: decodeGallery(gallery), exclude }, { used, repeated }) }
}

try {
  const drawn = work.isDemo ? await drawDemo((done, total) => report(done, total, 'drawing')) : undefined
  reported = 0
  // structured cloning makes a Buffer a Uint8Array, which is what sources hold
  const fitted = await fitImages(drawn?.sources ?? [...work.sources], backbone, {
    ...(work.alpha === undefined ? {} : { alpha: work.alpha }),
    ...(work.seed === undefined ? {} : { seed: work.seed }),
    ...(work.base ? { base: { gallery: decodeGallery(work.base.gallery), exclude: work.base.exclude } } : {}),
    thumbnails: true,
    onProgress: (done, total) => report(done, total, done < total ? 'images' : 'fitting'),
  })
  const { used, rejected, duplicates } = fitted
  const growth = growthOfWork(fitted)
  const [artifact, gallery] = [encodeArtifact(fitted.artifact), encodeGallery(fitted.gallery)]
  const samples = drawn && encodeSamples(drawn.samples)
  port.postMessage({ artifact, gallery, samples, used, rejected, duplicates, ...growth } satisfies FitMessage)
} catch (error) {
  port.postMessage({ error: toOneclassError(error).toJSON() } satisfies FitMessage)
} finally {
  port.close()
}
