/** The other side of `model-file.ts`. */
import { answerCalls } from '../system/thread-call.ts'
import { decodeArtifact, encodeArtifact } from './artifact.ts'
import { assertGalleryOf, decodeGallery } from './gallery.ts'
import type { ModelFileCalls } from './model-file.ts'
import { factsOf } from './model-info.ts'

answerCalls<ModelFileCalls>({
  async read({ bytes, alpha, gallery }) {
    const found = decodeArtifact(bytes)
    if (gallery) assertGalleryOf(found, gallery)
    const artifact = alpha === undefined ? found : { ...found, alpha }
    const encoded = encodeArtifact(artifact)
    return { bytes: encoded, facts: factsOf(artifact, encoded) }
  },
  async gallery(bytes) {
    const { images, leaders, thumbnails, rejected, heldOut } = decodeGallery(bytes)
    return { images, leaders, thumbnails, rejected, heldOut }
  },
})
