/** The ONNX adapter of the `Backbone` port: images in, embeddings and maps out of one session. */
import type { InferenceSession } from 'onnxruntime-node'
import { allFinite } from '../../core/matrix.ts'
import { OneclassError } from '../../errors.ts'
import type { Pixels } from '../../images/pixels.ts'
import { nativeWork } from '../../system/native-work.ts'
import type { Backbone, BackboneManifest, Look, MapOutput, PlaceMap } from '../backbone.ts'
import { detailOf, joinTiles, meanEmbedding, shrink, tilesOf } from '../detail.ts'
import { backboneHash } from '../manifest.ts'
import { toTensor } from '../tensor.ts'
import { deviceError } from './device.ts'
import { fixedBatch, loadRuntime } from './session.ts'

/** Images a run. More gain nothing on a CPU (measured), and hold memory and the thread longer. */
const batchSize = 8

type Size = Pick<Pixels, 'width' | 'height'>

export class OnnxBackbone implements Backbone {
  readonly id: string
  readonly hash: string
  readonly dim: number
  readonly target: Backbone['target']
  readonly maps?: readonly MapOutput[]
  readonly manifest: BackboneManifest
  readonly #session: InferenceSession
  readonly #batch: number
  readonly #onClose: () => void
  #closed = false

  constructor(session: InferenceSession, manifest: BackboneManifest, onClose: () => void) {
    this.id = manifest.id
    this.hash = backboneHash(manifest)
    this.dim = manifest.outputs.embedding.dim
    this.target = { width: manifest.input.width, height: manifest.input.height, resize: manifest.input.resize }
    this.manifest = manifest
    if (manifest.outputs.maps?.length) this.maps = manifest.outputs.maps
    this.#session = session
    this.#batch = fixedBatch(session) ?? batchSize
    this.#onClose = onClose
  }

  async embed(images: readonly Pixels[]): Promise<(Float32Array | OneclassError)[]> {
    return (await this.#see(images, [])).map((seen) => (seen instanceof OneclassError ? seen : seen.embedding))
  }

  async look(images: readonly Pixels[], maps = this.maps ?? []): Promise<(Look | OneclassError)[]> {
    return await this.#see(images, maps)
  }

  async #see(images: readonly Pixels[], maps: readonly MapOutput[]): Promise<(Look | OneclassError)[]> {
    const results: (Look | OneclassError)[] = []
    for (let from = 0; from < images.length; from += this.#batch) {
      const some = images.slice(from, from + this.#batch)
      const details = some.map((image) => detailOf(image, this.manifest.input))
      const own = some.map((image, i) => (details[i] === 1 ? image : shrink(image, details[i]!)))
      // maps of images of the network's own size come with their embeddings
      const isOwn = details.every((detail) => detail === 1)
      const isMirrored = !isOwn && some.some(({ sizes }) => sizes === 'both and mirrored')
      const seen = await this.#seeOwn(own, isOwn ? maps : [], isMirrored)
      for (const [i, ofOwnSize] of seen.entries()) {
        const look = isOwn ? ofOwnSize : await this.#seeLarge(some[i]!, details[i]!, maps, ofOwnSize.embedding)
        const holds = allFinite(look.embedding) && look.maps.every(({ data }) => allFinite(data))
        results.push(
          holds
            ? look
            : new OneclassError('BACKBONE_INVALID', `The backbone "${this.id}" gave a value that is not finite.`),
        )
      }
    }
    return results
  }

  /** Images of the network's own size. @param isMirrored the embedding is the mean of that of the image and that of its mirror image */
  async #seeOwn(images: readonly Pixels[], maps: readonly MapOutput[], isMirrored: boolean): Promise<Look[]> {
    const { dim } = this
    const { input, outputs } = this.manifest
    const flip = isMirrored || (this.manifest.tta?.includes('flip') ?? false)
    const wanted = [{ name: outputs.embedding.name, size: dim }, ...maps.map((map) => withSize(map, input))]
    const count = images.length * (flip ? 2 : 1)
    const [embeddings, ...found] = await this.#run(toTensor(images, input, flip), count, input, wanted)
    return images.map((_, i) => {
      const embedding = embeddings!.slice(i * dim, (i + 1) * dim)
      if (flip) {
        const mirrored = embeddings!.subarray((images.length + i) * dim, (images.length + i + 1) * dim)
        for (let j = 0; j < dim; j++) embedding[j] = (embedding[j]! + mirrored[j]!) / 2
      }
      return { embedding, maps: maps.map((map, k) => mapOf(map, input, found[k]!, i)) }
    })
  }

  /** An image that is `detail` times as large as the network's own size, at which it has the embedding that is given. */
  async #seeLarge(image: Pixels, detail: number, maps: readonly MapOutput[], embedding: Float32Array): Promise<Look> {
    const withEmbedding = image.sizes !== undefined && detail > 1
    if (maps.length === 0 && !withEmbedding) return { embedding, maps: [] }
    const { dim } = this
    const { input, outputs } = this.manifest
    const { multipleOf } = input
    const isFree = multipleOf !== undefined && image.width % multipleOf === 0 && image.height % multipleOf === 0
    const parts = isFree ? [image] : tilesOf(image, detail)
    const size = { width: parts[0]!.width, height: parts[0]!.height }
    const tensor = toTensor(parts, { ...input, ...size }, false)
    const wanted = maps.map((map) => withSize(map, size))
    if (withEmbedding) wanted.push({ name: outputs.embedding.name, size: dim })
    const found = await this.#run(tensor, parts.length, size, wanted)
    const largeEmbedding = () => meanEmbedding(parts.map((_, t) => found.at(-1)!.subarray(t * dim, (t + 1) * dim)))
    return {
      embedding: withEmbedding ? meanEmbedding([embedding, largeEmbedding()]) : embedding,
      maps: maps.map((map, k) => {
        const tiles = parts.map((_, t) => mapOf(map, size, found[k]!, t))
        return isFree ? tiles[0]! : joinTiles(tiles, detail)
      }),
    }
  }

  /** The session stays for the next opening; it goes when another network is opened. */
  async close(): Promise<void> {
    if (!this.#closed) this.#onClose()
    this.#closed = true
  }

  /** @returns for each output `count` rows of `size` values; a network of a fixed batch gets zeros for what is missing */
  async #run(
    tensor: Float32Array,
    count: number,
    { width, height }: Size,
    outputs: readonly { readonly name: string; readonly size: number }[],
  ): Promise<Float32Array[]> {
    if (this.#closed) throw new OneclassError('INTERNAL', `The backbone "${this.id}" was closed.`)
    const { Tensor } = await loadRuntime()
    const { name, layout } = this.manifest.input
    const fixed = fixedBatch(this.#session)
    const step = fixed ?? count
    const image = width * height * 3
    const rows = outputs.map(({ size }) => new Float32Array(count * size))
    const names = outputs.map((output) => output.name)
    for (let from = 0; from < count; from += step) {
      const used = Math.min(step, count - from)
      let part = tensor.subarray(from * image, (from + used) * image)
      if (used < step) {
        const padded = new Float32Array(step * image)
        padded.set(part)
        part = padded
      }
      const shape = layout === 'NCHW' ? [step, 3, height, width] : [step, height, width, 3]
      const input = { [name]: new Tensor('float32', part, shape) }
      const found = await nativeWork(() => this.#session.run(input, names)).catch((error: unknown) => {
        throw deviceError(error) ?? error
      })
      for (const [k, { name: output, size }] of outputs.entries()) {
        const result = found[output]
        const data = result?.data
        // (n, tokens, size) where the manifest asks for the first token, else (n, size) in all
        const tokens = this.#isTokens(output) && result ? (result.dims[1] ?? 1) : 1
        if (!(data instanceof Float32Array) || data.length !== step * tokens * size) {
          throw new OneclassError(
            'BACKBONE_INVALID',
            `Output "${output}" of the backbone "${this.id}" has not the shape that its manifest says.`,
          )
        }
        for (let i = 0; i < used; i++) {
          const start = i * tokens * size
          rows[k]!.set(data.subarray(start, start + size), (from + i) * size)
        }
      }
    }
    return rows
  }

  #isTokens(output: string): boolean {
    const { embedding } = this.manifest.outputs
    return embedding.token === 'first' && embedding.name === output
  }
}

/** Map i of those that a run gave. */
function mapOf({ channels, stride }: MapOutput, { width, height }: Size, all: Float32Array, i: number): PlaceMap {
  const size = channels * (width / stride) * (height / stride)
  return { channels, width: width / stride, height: height / stride, data: all.slice(i * size, (i + 1) * size) }
}

function withSize({ name, channels, stride }: MapOutput, { width, height }: Size): { name: string; size: number } {
  return { name, size: channels * (width / stride) * (height / stride) }
}
