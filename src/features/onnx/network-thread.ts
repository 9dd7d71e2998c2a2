/** A network in a thread: the other side of `spread.ts`. */
import { OneclassError, present } from '../../errors.ts'
import type { Pixels } from '../../images/pixels.ts'
import { answerCalls } from '../../system/thread-call.ts'
import type { ErrorBody } from '../../wire/error.ts'
import type { Backbone, BackboneManifest, Look, MapOutput } from '../backbone.ts'
import { see } from '../embed.ts'
import { openOnnx } from './onnx.ts'

/** `open` comes first. */
export type NetworkCalls = {
  readonly open: { input: { readonly weights: Uint8Array; readonly manifest: BackboneManifest }; output: null }
  readonly see: {
    input: { readonly images: readonly Pixels[]; readonly maps: readonly MapOutput[] }
    output: (Look | ErrorBody)[]
  }
}

let network: Backbone | undefined

answerCalls<NetworkCalls>({
  async open({ weights, manifest }) {
    network = await openOnnx(weights, manifest, { threads: 1 })
    return null
  },
  async see({ images, maps }) {
    const seen = await see(present(network, 'an opened network'), images, maps)
    return seen.map((one) => (one instanceof OneclassError ? one.toJSON() : one))
  },
})
