/**
 * The ONNX adapter of the `Backbone` port. `onnxruntime-node` is loaded when the first network is opened, so commands that
 * need none start fast, and each network has one session a process: reloading leaks (onnxruntime issue 25325).
 * The package runs networks on the calling thread: an embed of 8 images holds it for some 30 ms.
 */
import type { InferenceSession } from 'onnxruntime-node'
import { OneclassError } from '../../errors.ts'
import type { Pixels } from '../../images/pixels.ts'
import { usableCpus } from '../../system/cpus.ts'
import type { Backbone, BackboneManifest } from '../backbone.ts'
import { backboneHash } from '../manifest.ts'
import { toTensor } from '../tensor.ts'
import { readGraph, withOutput } from './onnx-graph.ts'

export interface OnnxOptions {
  /** Default: the CPUs that this process may use. */
  readonly threads?: number
}

/** Images a run. More gain nothing on a CPU (measured), and hold memory and the thread longer. */
const batchSize = 8

interface Open {
  readonly session: Promise<InferenceSession>
  users: number
}

/** By weights, output and threads. */
const sessions = new Map<string, Open>()

/**
 * @param weights the bytes of the .onnx file
 * @throws BACKBONE_INVALID when it is no network or not the one that the manifest describes
 */
export async function openOnnx(
  weights: Uint8Array,
  manifest: BackboneManifest,
  options: OnnxOptions = {},
): Promise<OnnxBackbone> {
  const threads = options.threads ?? usableCpus()
  const names = [manifest.outputs.embedding.name]
  if (manifest.outputs.patches) names.push(manifest.outputs.patches.name)
  const key = [manifest.sha256, threads, ...names].join(' ')
  await releaseIdle(key)
  const open = sessions.get(key) ?? { session: createSession(weights, threads, names), users: 0 }
  sessions.set(key, open)
  open.users++
  try {
    const session = await open.session
    checkSession(session, manifest)
    return new OnnxBackbone(session, manifest, () => open.users--)
  } catch (error) {
    open.users--
    sessions.delete(key)
    if (error instanceof OneclassError) throw error
    const reason = error instanceof Error ? error.message.replace(/\s+/g, ' ').slice(0, 200) : String(error)
    throw new OneclassError('BACKBONE_INVALID', `"${manifest.file}" cannot be loaded as an ONNX network: ${reason}`, {
      cause: error,
    })
  }
}

/**
 * Inputs and outputs as the file declares them.
 * @param hidden tensors inside the network to describe too
 * @throws BACKBONE_INVALID
 */
export async function describeOnnx(
  weights: Uint8Array,
  file: string,
  hidden: readonly string[] = [],
): Promise<Pick<InferenceSession, 'inputMetadata' | 'outputMetadata'>> {
  try {
    const session = await createSession(weights, 1, hidden)
    const { inputMetadata, outputMetadata } = session
    await session.release()
    return { inputMetadata, outputMetadata }
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/\s+/g, ' ').slice(0, 200) : String(error)
    throw new OneclassError('BACKBONE_INVALID', `"${file}" cannot be loaded as an ONNX network: ${reason}`, {
      cause: error,
    })
  }
}

export class OnnxBackbone implements Backbone {
  readonly id: string
  readonly hash: string
  readonly dim: number
  readonly target: Backbone['target']
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
    this.#session = session
    this.#batch = fixedBatch(session) ?? batchSize
    this.#onClose = onClose
  }

  async embed(images: readonly Pixels[]): Promise<(Float32Array | OneclassError)[]> {
    const { dim } = this
    const output = this.manifest.outputs.embedding.name
    const flip = this.manifest.tta?.includes('flip') ?? false
    const results: (Float32Array | OneclassError)[] = []
    for (let from = 0; from < images.length; from += this.#batch) {
      const some = images.slice(from, from + this.#batch)
      const data = await this.#run(toTensor(some, this.manifest.input, flip), some.length * (flip ? 2 : 1), output, dim)
      for (let i = 0; i < some.length; i++) {
        const embedding = data.slice(i * dim, (i + 1) * dim)
        if (flip) {
          const mirrored = data.subarray((some.length + i) * dim, (some.length + i + 1) * dim)
          for (let j = 0; j < dim; j++) embedding[j] = (embedding[j]! + mirrored[j]!) / 2
        }
        const finite = embedding.every(Number.isFinite)
        results.push(
          finite
            ? embedding
            : new OneclassError('BACKBONE_INVALID', `The backbone "${this.id}" gave a value that is not finite.`),
        )
      }
    }
    return results
  }

  /** The mid-level maps (channels, height, width), one an image, without augmentation. @throws BACKBONE_INVALID where there are none */
  async patches(images: readonly Pixels[]): Promise<Float32Array[]> {
    const patches = this.manifest.outputs.patches
    if (!patches) throw new OneclassError('BACKBONE_INVALID', `The backbone "${this.id}" has no patch features.`)
    const size = patches.channels * patches.height * patches.width
    const maps: Float32Array[] = []
    for (let from = 0; from < images.length; from += this.#batch) {
      const some = images.slice(from, from + this.#batch)
      const data = await this.#run(toTensor(some, this.manifest.input, false), some.length, patches.name, size)
      for (let i = 0; i < some.length; i++) maps.push(data.slice(i * size, (i + 1) * size))
    }
    return maps
  }

  /** The session stays for the next opening; it goes when another network is opened. */
  async close(): Promise<void> {
    if (!this.#closed) this.#onClose()
    this.#closed = true
  }

  /** @returns `count` rows of `size` values; a network of a fixed batch gets zeros for what is missing */
  async #run(tensor: Float32Array, count: number, output: string, size: number): Promise<Float32Array> {
    if (this.#closed) throw new OneclassError('INTERNAL', `The backbone "${this.id}" was closed.`)
    const { Tensor } = await loadRuntime()
    const { name, width, height, layout } = this.manifest.input
    const fixed = fixedBatch(this.#session)
    const step = fixed ?? count
    const image = width * height * 3
    const rows = new Float32Array(count * size)
    for (let from = 0; from < count; from += step) {
      const used = Math.min(step, count - from)
      let part = tensor.subarray(from * image, (from + used) * image)
      if (used < step) {
        const padded = new Float32Array(step * image)
        padded.set(part)
        part = padded
      }
      const shape = layout === 'NCHW' ? [step, 3, height, width] : [step, height, width, 3]
      const found = await this.#session.run({ [name]: new Tensor('float32', part, shape) }, [output])
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
        rows.set(data.subarray(start, start + size), (from + i) * size)
      }
    }
    return rows
  }

  #isTokens(output: string): boolean {
    const { embedding } = this.manifest.outputs
    return embedding.token === 'first' && embedding.name === output
  }
}

/** @param outputs tensors that must be readable, be they outputs of the network or inside it */
export async function createSession(
  weights: Uint8Array,
  threads: number,
  outputs: readonly string[],
): Promise<InferenceSession> {
  const { InferenceSession } = await loadRuntime()
  let model = weights
  const declared = outputs.length === 0 ? undefined : readGraph(weights)
  for (const name of outputs) {
    const inside = declared?.nodes.some((node) => node.outputs.includes(name)) && !declared.outputs.includes(name)
    if (inside) model = withOutput(model, name)
  }
  return InferenceSession.create(model, {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
  })
}

export async function loadRuntime(): Promise<typeof import('onnxruntime-node')> {
  try {
    return await import('onnxruntime-node')
  } catch (error) {
    throw new OneclassError(
      'DEPENDENCY_MISSING',
      'ONNX Runtime does not load here. Run "npm install onnxruntime-node --onnxruntime-node-install=skip" (the flag spares a download of CUDA libraries, which are not used).',
      { cause: error },
    )
  }
}

/** Frees the sessions that nobody uses, but the one wanted now. */
async function releaseIdle(wanted: string): Promise<void> {
  for (const [key, open] of sessions) {
    if (key === wanted || open.users > 0) continue
    sessions.delete(key)
    await open.session.then((session) => session.release()).catch(() => {})
  }
}

function fixedBatch(session: InferenceSession): number | undefined {
  const first = session.inputMetadata[0]
  const batch = first?.isTensor ? first.shape[0] : undefined
  return typeof batch === 'number' && batch > 0 ? batch : undefined
}

function checkSession(session: InferenceSession, manifest: BackboneManifest): void {
  const { input, outputs } = manifest
  const found = session.inputMetadata.find((candidate) => candidate.name === input.name)
  const invalid = (message: string) =>
    new OneclassError('BACKBONE_INVALID', `The backbone "${manifest.id}" ${message}.`)
  if (!found?.isTensor) throw invalid(`has no input "${input.name}" (it has ${session.inputNames.join(', ')})`)
  if (session.inputNames.length > 1) throw invalid(`needs ${session.inputNames.length} inputs, one is supported`)
  if (found.type !== 'float32') throw invalid(`takes ${found.type} input, float32 is supported`)
  const wanted = input.layout === 'NCHW' ? [3, input.height, input.width] : [input.height, input.width, 3]
  const shape = found.shape.slice(1)
  if (shape.length !== 3 || shape.some((side, i) => typeof side === 'number' && side > 0 && side !== wanted[i])) {
    throw invalid(`takes input of shape ${found.shape.join(' x ')}, its manifest says n x ${wanted.join(' x ')}`)
  }
  const { name, dim } = outputs.embedding
  const output = session.outputMetadata.find((candidate) => candidate.name === name)
  if (!output?.isTensor) throw invalid(`has no output "${name}" (it has ${session.outputNames.join(', ')})`)
  if (outputs.embedding.token === 'first') {
    const last = output.shape[2]
    if (output.shape.length === 3 && (typeof last !== 'number' || last <= 0 || last === dim)) return
    throw invalid(`has an output "${name}" of shape ${output.shape.join(' x ')}, its manifest says n x tokens x ${dim}`)
  }
  const width = output.shape.slice(1).filter((side) => side !== 1)
  if (width.length > 1 || (typeof width[0] === 'number' && width[0] > 0 && width[0] !== dim)) {
    throw invalid(`has an output "${name}" of shape ${output.shape.join(' x ')}, its manifest says n x ${dim}`)
  }
}
