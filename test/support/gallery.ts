/** Galleries that hold together and show nothing. */
import type { Gallery } from '../../src/store/gallery.ts'
import type { Model } from '../../src/wire/model.ts'

export const noBackbone = { id: 'none', hash: '0'.repeat(64) }

/** Of a model of so many positives. */
export function blankGallery({ n, dim, backbone }: Pick<Model, 'n' | 'dim' | 'backbone'>): Gallery {
  return {
    backbone: backbone ?? noBackbone,
    dim,
    images: Array.from({ length: n }, (_, i) => `${i}.jpg`),
    embeddings: new Float32Array(n * dim),
    hashes: new Int32Array(2 * n),
    leaders: Int32Array.from({ length: n }, (_, i) => i),
    heldOut: new Float64Array(n),
    thumbnails: { ends: new Int32Array(n), bytes: new Uint8Array(0) },
    rejected: [],
  }
}
