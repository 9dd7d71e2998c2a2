/**
 * The thread in which a TensorFlow.js network runs, since its every operation blocks: `tfjs-node` where it is installed, else
 * WebAssembly. It answers `describe` once, then a message with rows for each message with images.
 */
import { parentPort, workerData } from 'node:worker_threads'
import type * as Core from '@tensorflow/tfjs-core'
import type * as Layers from '@tensorflow/tfjs-layers'
import type { TfjsFiles } from './tfjs-files.ts'

export interface TfjsDescription {
  /** Of the one input, null where free. */
  readonly inputShape: readonly (number | null)[]
  readonly inputName: string
  readonly inputs: number
  /** Tensors that may serve as embedding, the best first; maps are averaged over their area. */
  readonly outputs: readonly { readonly name: string; readonly dim: number }[]
}

export interface TfjsRequest {
  readonly id: number
  readonly tensor: Float32Array
  readonly shape: readonly number[]
  readonly output: string
}

export type TfjsReply =
  | { readonly kind: 'ready'; readonly description: TfjsDescription }
  | { readonly kind: 'rows'; readonly id: number; readonly rows: Float32Array }
  | { readonly kind: 'failed'; readonly id: number | null; readonly missing: string | null; readonly message: string }

type Tf = typeof Core
type LayersModule = typeof Layers

interface Network {
  readonly description: TfjsDescription
  run(input: Core.Tensor, output: string): Core.Tensor
}

class Missing extends Error {}

const port = parentPort!
const reply = (message: TfjsReply, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer)

async function main(files: TfjsFiles): Promise<void> {
  const native = await optional<Tf & LayersModule>('@tensorflow/tfjs-node')
  const accelerated = native !== undefined && (await native.setBackend('tensorflow').catch(() => false))
  const tf = accelerated ? native : await optional<Tf>('@tensorflow/tfjs-core')
  if (!tf)
    throw new Missing(
      '@tensorflow/tfjs-core@4.22.0 @tensorflow/tfjs-layers@4.22.0 @tensorflow/tfjs-backend-wasm@4.22.0',
    )
  if (!accelerated) {
    if (!(await optional('@tensorflow/tfjs-backend-wasm'))) throw new Missing('@tensorflow/tfjs-backend-wasm@4.22.0')
    await tf.setBackend('wasm')
    await tf.ready()
  }
  const network =
    files.format === 'graph-model'
      ? await openGraph(files, accelerated ? native : undefined)
      : await openLayers(tf, files, accelerated ? native : undefined)
  port.on('message', async ({ id, tensor, shape, output }: TfjsRequest) => {
    try {
      const result = tf.tidy(() => {
        const out = network.run(tf.tensor(tensor, shape as number[]), output)
        return out.rank === 4 ? tf.mean(out, [1, 2]) : tf.reshape(out, [out.shape[0]!, -1])
      })
      const rows = Float32Array.from(await result.data())
      result.dispose()
      reply({ kind: 'rows', id, rows }, [rows.buffer])
    } catch (error) {
      reply({ kind: 'failed', id, missing: null, message: String(error) })
    }
  })
  reply({ kind: 'ready', description: network.description })
}

async function openLayers(tf: Tf, files: TfjsFiles, native: LayersModule | undefined): Promise<Network> {
  const layers = native ?? (await optional<LayersModule>('@tensorflow/tfjs-layers'))
  if (!layers) throw new Missing('@tensorflow/tfjs-layers@4.22.0')
  const model = await layers.loadLayersModel(handler(files))
  const parts = new Map<string, Layers.LayersModel>()
  const last = model.layers.length - 1
  const candidates = model.layers.flatMap((layer, i) => {
    const shape = Array.isArray(layer.outputShape[0]) ? undefined : (layer.outputShape as (number | null)[])
    const dim = shape?.at(-1)
    if (!shape || typeof dim !== 'number' || (shape.length !== 2 && shape.length !== 4)) return []
    return [{ name: layer.name, dim, type: layer.getClassName(), rank: shape.length, fromEnd: last - i }]
  })
  // the pooled features of a classifier, else what feeds its last dense layer, else the last vector, else the last map
  const pooled = candidates
    .filter(({ type }) => type === 'GlobalAveragePooling2D' || type === 'GlobalMaxPooling2D')
    .at(-1)
  const vectors = candidates.filter(({ rank }) => rank === 2)
  const classifier = vectors.findIndex(({ type, fromEnd }) => type === 'Dense' && fromEnd <= 1)
  const beforeClassifier = classifier > 0 ? vectors[classifier - 1] : undefined
  const ordered = [pooled, beforeClassifier, vectors.at(-1), ...candidates.toReversed()].filter(
    (entry) => entry !== undefined,
  )
  const unique = [...new Map(ordered.map(({ name, dim }) => [name, { name, dim }])).values()]
  return {
    description: {
      inputShape: model.inputs[0]!.shape,
      inputName: model.inputNames[0]!,
      inputs: model.inputs.length,
      outputs: unique,
    },
    run(input, output) {
      let part = parts.get(output)
      if (!part) {
        part = layers.model({ inputs: model.inputs, outputs: model.getLayer(output).output as Layers.SymbolicTensor })
        parts.set(output, part)
      }
      return tf.tidy(() => part.predict(input) as Core.Tensor)
    },
  }
}

interface GraphModel {
  readonly inputs: readonly { readonly name: string; readonly shape?: number[] }[]
  readonly outputs: readonly { readonly name: string; readonly shape?: number[] }[]
  execute(inputs: Record<string, Core.Tensor>, outputs: string): Core.Tensor
}

async function openGraph(files: TfjsFiles, native: object | undefined): Promise<Network> {
  type Converter = { loadGraphModel(handler: Core.io.IOHandler): Promise<GraphModel> }
  const converter = (native as Converter | undefined) ?? (await optional<Converter>('@tensorflow/tfjs-converter'))
  if (!converter) throw new Missing('@tensorflow/tfjs-converter@4.22.0')
  const model = await converter.loadGraphModel(handler(files))
  const input = model.inputs[0]!
  return {
    description: {
      inputShape: (input.shape ?? []).map((side) => (side > 0 ? side : null)),
      inputName: input.name,
      inputs: model.inputs.length,
      outputs: model.outputs.flatMap(({ name, shape }) => {
        const dim = shape?.at(-1) ?? 0
        return dim > 1 ? [{ name, dim }] : []
      }),
    },
    run: (tensor, output) => model.execute({ [input.name]: tensor }, output),
  }
}

function handler(files: TfjsFiles): Core.io.IOHandler {
  return {
    load: async () => ({
      modelTopology: files.topology,
      weightSpecs: files.weightSpecs as Core.io.WeightsManifestEntry[],
      weightData: files.weights.buffer,
      format: files.format,
    }),
  }
}

async function optional<T>(name: string): Promise<T | undefined> {
  try {
    return (await import(name)) as T
  } catch {
    return undefined
  }
}

main(workerData as TfjsFiles).catch((error: unknown) => {
  const missing = error instanceof Missing ? error.message : null
  reply({ kind: 'failed', id: null, missing, message: error instanceof Error ? error.message : String(error) })
})
