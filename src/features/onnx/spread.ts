/**
 * Many images through one network on all CPUs. ONNX Runtime divides a run badly: two threads take .69 of the time of one, and the thread
 * that called is held. So many images are spread over threads with a session each, while the calling thread decodes the next and scores
 * the last. Few images need no such threads, which take a quarter of a second to start: the own session looks at them.
 */
import { OneclassError, present } from '../../errors.ts'
import type { Pixels } from '../../images/pixels.ts'
import { readDevice } from '../../system/config.ts'
import { usableCpus } from '../../system/cpus.ts'
import { type CallThread, startThread } from '../../system/thread-call.ts'
import type { Backbone, BackboneManifest, Look, MapOutput } from '../backbone.ts'
import type { NetworkCalls } from './network-thread.ts'
import { type OnnxOptions, openOnnx } from './onnx.ts'

/** Images, known to come or seen already, from which on threads are worth their start. */
const manyImages = 48
/** Each holds some 80 MB. With more of them the calling thread, which decodes and scores, is what all wait for. */
const mostThreads = 4
/** Threads that had nothing to do for so long end; they start again when many images come. */
const idleMs = 60_000

/** As `openOnnx`; where the number of threads is not given, many images are spread over all CPUs. */
export async function openSpread(
  weights: Uint8Array,
  manifest: BackboneManifest,
  options: OnnxOptions,
): Promise<Backbone> {
  const own = await openOnnx(weights, manifest, options)
  const count = Math.min(mostThreads, usableCpus())
  if (options.threads !== undefined || count < 2 || readDevice() !== 'cpu') return own
  return spread(own, count, { weights, manifest })
}

/**
 * @param own answers until the threads are ready, and single images always
 * @param patience milliseconds after which idle threads end
 */
export function spread(
  own: Backbone,
  count: number,
  network: NetworkCalls['open']['input'],
  patience = idleMs,
): Backbone {
  const started: CallThread<NetworkCalls>[] = []
  /** Those that have opened the network. */
  const ready: CallThread<NetworkCalls>[] = []
  let seen = 0
  let underWay = 0
  let idle: NodeJS.Timeout | undefined

  const endThreads = async (): Promise<void> => {
    clearTimeout(idle)
    seen = 0
    ready.length = 0
    await Promise.all(started.splice(0).map((thread) => thread.end()))
  }
  const inUse = async <T>(work: Promise<T>): Promise<T> => {
    clearTimeout(idle)
    underWay++
    try {
      return await work
    } finally {
      underWay--
      if (underWay === 0 && started.length > 0) idle = setTimeout(() => void endThreads(), patience).unref()
    }
  }

  const expect = (images: number): void => {
    if (images < manyImages || started.length > 0) return
    for (let i = 0; i < count; i++) {
      const thread = startThread<NetworkCalls>(new URL('./network-thread.js', import.meta.url))
      started.push(thread)
      // a thread that cannot open it is not needed: the own session works
      inUse(thread.call('open', network)).then(
        () => ready.push(thread),
        () => {},
      )
    }
  }

  /** In equal parts, in order. */
  const inThreads = async (
    images: readonly Pixels[],
    asked: readonly MapOutput[],
  ): Promise<(Look | OneclassError)[]> => {
    const size = Math.ceil(images.length / ready.length)
    const parts = ready.map((thread, i) =>
      thread.call('see', { images: images.slice(i * size, (i + 1) * size), maps: asked }),
    )
    const seenBy = await inUse(Promise.all(parts))
    return seenBy.flat().map((one) => ('embedding' in one ? one : new OneclassError(one.code, one.message)))
  }

  const isForThreads = (images: readonly Pixels[]): boolean => {
    if (images.length < 2) return false
    seen += images.length
    expect(seen)
    return ready.length > 0
  }

  const { id, hash, dim, target, maps } = own
  return {
    id,
    hash,
    dim,
    target,
    ...(maps && { maps }),
    expect,
    async embed(images) {
      if (!isForThreads(images)) return await own.embed(images)
      return (await inThreads(images, [])).map((one) => (one instanceof OneclassError ? one : one.embedding))
    },
    async look(images, asked = maps ?? []) {
      if (isForThreads(images)) return await inThreads(images, asked)
      return await present(own.look, 'the maps of a network').call(own, images, asked)
    },
    async close() {
      await Promise.all([own.close(), endThreads()])
    },
  }
}
