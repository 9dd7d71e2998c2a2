/** Draws a map: seconds of computing that may not hold a worker's main thread. */
import { fromRows } from '../src/core/matrix.ts'
import { positiveEmbedding } from '../src/detectors/similarity.ts'
import { OneclassError, present } from '../src/errors.ts'
import { mapEmbeddings } from '../src/evaluation/map.ts'
import { decodeArtifact } from '../src/store/artifact.ts'
import { answerCalls } from '../src/system/thread-call.ts'
import type { MapPoint } from '../src/wire/map.ts'

export interface MapImage {
  readonly index: number
  readonly image: string
  readonly isPositive: boolean
  readonly embedding: Float32Array
}

interface MapWork {
  /** The model file. */
  readonly model: Uint8Array
  readonly images: readonly MapImage[]
}

export type MapCalls = {
  readonly draw: { input: MapWork; output: { readonly points: MapPoint[]; readonly positives: number } }
}

/** Positives on a map: more would hide the images that are asked about. */
const maxPositives = 600

async function draw({ model, images }: MapWork): Promise<MapCalls['draw']['output']> {
  const { positives, ensemble, n, dim, seed } = decodeArtifact(model)
  if (images.some(({ embedding }) => embedding.length !== dim))
    throw new OneclassError('MODEL_INCOMPATIBLE', 'The batch was scored by a model with another backbone.')
  const count = Math.min(n, maxPositives)
  const chosen = Array.from({ length: count }, (_, i) => Math.floor((i * n) / count))
  const rows = [
    ...chosen.map((i) => positiveEmbedding(positives, ensemble.whitening, i)),
    ...images.map(({ embedding }) => embedding),
  ]
  const places = await mapEmbeddings(fromRows(rows), seed)
  const points = places.map((place, at): MapPoint => {
    const index = chosen[at]
    if (index !== undefined)
      return { kind: 'positive', index, image: positives.images?.[index] ?? `${index}`, ...place }
    const { embedding: _, ...image } = present(images[at - count], 'an image of the map')
    return { kind: 'batch', ...image, ...place }
  })
  return { points, positives: n }
}

answerCalls<MapCalls>({ draw })
