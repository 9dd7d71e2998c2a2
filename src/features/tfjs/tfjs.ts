/**
 * The TensorFlow.js adapter of the `Backbone` port: a `model.json` (layers or graph model) from disk, run in a thread of its own.
 * The hash in a manifest beside it is over model.json followed by its weight files.
 */
import { basename, dirname, extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { OneclassError } from '../../errors.ts'
import type { Pixels } from '../../images/pixels.ts'
import type { Backbone, BackboneManifest } from '../backbone.ts'
import { idFrom, manifestName } from '../inferred-manifest.ts'
import { backboneHash } from '../manifest.ts'
import { manifestBeside } from '../manifest-beside.ts'
import { toTensor } from '../tensor.ts'
import { readTfjsFiles, type TfjsFiles } from './tfjs-files.ts'
import type { TfjsDescription, TfjsReply, TfjsRequest } from './tfjs-worker.ts'

const batchSize = 8
const defaultSide = 224

/** @throws BACKBONE_NOT_FOUND, BACKBONE_INVALID, DEPENDENCY_MISSING */
export async function openTfjs(
  path: string,
  options: { readonly onNotice?: (sentence: string) => void } = {},
): Promise<TfjsBackbone> {
  const files = await readTfjsFiles(path)
  const beside = await manifestBeside(path)
  if (beside && beside.sha256 !== files.sha256) {
    throw new OneclassError(
      'BACKBONE_INVALID',
      `"${path}" is damaged or another version: its sha256 (with its weights) is ${files.sha256}, the manifest says ${beside.sha256}.`,
    )
  }
  const thread = await TfjsThread.start(files, path)
  try {
    const manifest = beside ?? infer(path, files, thread.description, options.onNotice)
    return new TfjsBackbone(thread, manifest)
  } catch (error) {
    await thread.stop()
    throw error
  }
}

class TfjsBackbone implements Backbone {
  readonly id: string
  readonly hash: string
  readonly dim: number
  readonly target: Backbone['target']
  readonly manifest: BackboneManifest
  readonly #thread: TfjsThread

  constructor(thread: TfjsThread, manifest: BackboneManifest) {
    const { width, height, resize } = manifest.input
    this.id = manifest.id
    this.hash = backboneHash(manifest)
    this.dim = manifest.outputs.embedding.dim
    this.target = { width, height, resize }
    this.manifest = manifest
    this.#thread = thread
  }

  async embed(images: readonly Pixels[]): Promise<(Float32Array | OneclassError)[]> {
    const { dim } = this
    const { input, outputs, tta } = this.manifest
    const flip = tta?.includes('flip') ?? false
    const results: Float32Array[] = []
    for (let from = 0; from < images.length; from += batchSize) {
      const some = images.slice(from, from + batchSize)
      const count = some.length * (flip ? 2 : 1)
      const shape =
        input.layout === 'NCHW' ? [count, 3, input.height, input.width] : [count, input.height, input.width, 3]
      const rows = await this.#thread.run(toTensor(some, input, flip), shape, outputs.embedding.name)
      if (rows.length !== count * dim) {
        throw new OneclassError(
          'BACKBONE_INVALID',
          `The backbone "${this.id}" gave ${rows.length / count} values an image, its manifest says ${dim}.`,
        )
      }
      for (let i = 0; i < some.length; i++) {
        const embedding = rows.slice(i * dim, (i + 1) * dim)
        if (flip) for (let j = 0; j < dim; j++) embedding[j] = (embedding[j]! + rows[(some.length + i) * dim + j]!) / 2
        results.push(embedding)
      }
    }
    return results
  }

  async close(): Promise<void> {
    await this.#thread.stop()
  }
}

/** The thread and the requests that wait for it. */
class TfjsThread {
  readonly description: TfjsDescription
  readonly #worker: Worker
  readonly #waiting = new Map<number, { resolve(rows: Float32Array): void; reject(error: Error): void }>()
  #next = 0

  static async start(files: TfjsFiles, path: string): Promise<TfjsThread> {
    const worker = new Worker(new URL('./tfjs-worker.js', import.meta.url), {
      workerData: files,
      stdout: true,
      stderr: true,
    })
    try {
      const first = await new Promise<TfjsReply>((resolve, reject) => {
        worker.once('message', resolve)
        worker.once('error', reject)
      })
      if (first.kind === 'ready') return new TfjsThread(worker, first.description)
      if (first.kind === 'failed' && first.missing !== null) {
        throw new OneclassError(
          'DEPENDENCY_MISSING',
          `A TensorFlow.js backbone needs optional packages: run "npm install ${first.missing}".`,
        )
      }
      throw new Error(first.kind === 'failed' ? first.message : 'no answer')
    } catch (error) {
      await worker.terminate()
      if (error instanceof OneclassError) throw error
      const reason = error instanceof Error ? error.message.replace(/\s+/g, ' ').slice(0, 200) : String(error)
      throw new OneclassError('BACKBONE_INVALID', `"${path}" cannot be loaded as a TensorFlow.js network: ${reason}`, {
        cause: error,
      })
    }
  }

  private constructor(worker: Worker, description: TfjsDescription) {
    this.#worker = worker
    this.description = description
    worker.removeAllListeners('error')
    worker.on('message', (reply: TfjsReply) => {
      if (reply.kind === 'ready' || reply.id === null) return
      const waiting = this.#waiting.get(reply.id)
      this.#waiting.delete(reply.id)
      if (reply.kind === 'rows') waiting?.resolve(reply.rows)
      else
        waiting?.reject(
          new OneclassError('BACKBONE_INVALID', `The TensorFlow.js network failed: ${reply.message.slice(0, 200)}`),
        )
    })
    worker.on('error', (error) => this.#fail(error))
    worker.on('exit', () => this.#fail(new Error('the thread ended')))
    // an open backbone does not keep the process alive, a running request does
    worker.unref()
  }

  async run(tensor: Float32Array, shape: readonly number[], output: string): Promise<Float32Array> {
    const id = this.#next++
    this.#worker.ref()
    try {
      return await new Promise((resolve, reject) => {
        this.#waiting.set(id, { resolve, reject })
        this.#worker.postMessage({ id, tensor, shape, output } satisfies TfjsRequest, [tensor.buffer as ArrayBuffer])
      })
    } finally {
      if (this.#waiting.size === 0) this.#worker.unref()
    }
  }

  async stop(): Promise<void> {
    await this.#worker.terminate()
  }

  #fail(error: unknown): void {
    for (const { reject } of this.#waiting.values()) {
      reject(
        new OneclassError(
          'BACKBONE_INVALID',
          `The TensorFlow.js network stopped: ${error instanceof Error ? error.message : String(error)}.`,
        ),
      )
    }
    this.#waiting.clear()
  }
}

function infer(
  path: string,
  files: TfjsFiles,
  found: TfjsDescription,
  onNotice?: (sentence: string) => void,
): BackboneManifest {
  const file = basename(path)
  const [, first, second, third] = found.inputShape
  const embedding = found.outputs[0]
  const layout = third === 3 ? 'NHWC' : first === 3 ? 'NCHW' : undefined
  if (found.inputs !== 1 || found.inputShape.length !== 4 || !layout || !embedding) {
    throw new OneclassError(
      'BACKBONE_INVALID',
      `"${file}" cannot be used without a manifest: its input is ${found.inputShape.map((side) => side ?? 'n').join(' x ')}. Write "${manifestName(file)}" beside it, with sha256 ${files.sha256}.`,
    )
  }
  const [height, width] = layout === 'NHWC' ? [first, second] : [second, third]
  onNotice?.(
    `"${file}" has no manifest beside it: RGB scaled to -1..1 (x / 127.5 - 1) and "${embedding.name}" (${embedding.dim} values) as embedding are assumed. If that is wrong, write "${manifestName(file)}".`,
  )
  const stem = basename(file, extname(file))
  const half = [0.5, 0.5, 0.5]
  return {
    id: idFrom(stem === 'model' ? basename(dirname(path)) : stem, 'tfjs'),
    version: 1,
    file,
    sha256: files.sha256,
    bytes: files.bytes,
    input: {
      name: found.inputName,
      width: width ?? defaultSide,
      height: height ?? defaultSide,
      resize: 'stretch',
      layout,
      channels: 'RGB',
      mean: half,
      std: half,
    },
    outputs: { embedding },
  }
}
