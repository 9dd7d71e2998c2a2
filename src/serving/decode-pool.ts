/**
 * Decoding where it can be killed. libvips cannot be stopped from outside: a thread that it runs on ends when the image
 * does. So images are decoded by processes, one image each at a time, with limits of CPU time and memory that are kept
 * from here and by the system.
 *
 *   quick   images of ordinary cost, as many at once as there are cores; single images before those of batches
 *   slow    images that are dear by their header, or that turned out to be: one at a time, at low priority, the cheapest first
 *
 * An image that uses more CPU time than `quickMs` in the quick lane leaves it: it goes on in the slow lane where that is
 * free, and else is killed and waits there for its turn. So an ordinary image waits for a hostile one `quickMs` at most.
 * A process that dies is replaced; its image is tried once more, alone, before it is called unreadable.
 */
import { OneclassError } from '../errors.ts'
import { checkCost } from '../images/cost.ts'
import type { DecodeAnswer } from '../images/decode-process.ts'
import { detectFormat } from '../images/format.ts'
import { type ImageLimits, imageLimits } from '../images/limits.ts'
import type { DecodeTarget, Pixels } from '../images/pixels.ts'
import type { UsedSamples } from '../images/sample-range.ts'
import type { Frame } from '../system/frames.ts'
import { type DecodeChild, startDecodeChild } from './decode-child.ts'
import type { Lane } from './micro-batcher.ts'

export interface DecodeRequest {
  /** Used in messages only. */
  readonly name: string
  readonly bytes: Uint8Array
  /** Undefined: only a thumbnail. */
  readonly target?: DecodeTarget
  readonly thumbnail?: boolean
  /** Instead of pixels: what the image uses of its samples. */
  readonly measure?: boolean
  readonly lane: Lane
  readonly signal?: AbortSignal | undefined
}

export interface Decoded {
  /** Width 0 without a target. */
  readonly pixels: Pixels
  /** WebP; undefined when it was not asked for or could not be made. */
  readonly thumbnail: Uint8Array | undefined
  /** With `measure`; undefined of 8-bit images. */
  readonly used?: UsedSamples | undefined
}

export interface DecodePool {
  /** Errors of the image (IMAGE_...), CANCELLED at the abort of the signal, any other Error for a fault of the machine. */
  decode(request: DecodeRequest): Promise<Decoded>
  close(): void
}

export interface DecodePoolOptions {
  /** Images decoded at once in the quick lane. */
  readonly cores: number
  readonly limits?: ImageLimits
  /** CPU milliseconds in the quick lane. Default 300. */
  readonly quickMs?: number
  /** A place on the CPU for a quick image; released when it is done or leaves the quick lane. */
  readonly enter?: (lane: Lane) => Promise<() => void>
}

interface Job {
  readonly request: DecodeRequest
  readonly estimate: number
  died: number
  /** Set while it is in the slow queue. */
  leaveQueue?: () => void
  resolve(decoded: Decoded): void
  reject(error: unknown): void
}

/** Estimates beyond these go to the slow lane at once: they are upper ones, three times what is used and more. */
const quickEstimate = { milliseconds: 900, mebibytes: 160 }
const watchMs = 50
/** Resident memory of an idle process, and of one that is worth replacing. */
const idleMebibytes = 110
const staleMebibytes = 220
/** Wall time after which a process that uses no CPU either is taken for stuck. */
const stuckMs = 120_000

export function createDecodePool(options: DecodePoolOptions): DecodePool {
  const limits = options.limits ?? imageLimits
  const quickMs = options.quickMs ?? 300
  const enter = options.enter ?? (async () => () => {})
  const children = new Set<DecodeChild>()
  const idle: DecodeChild[] = []
  const waitingForChild: { resolve(child: DecodeChild): void; reject(error: Error): void }[] = []
  const slowQueue: Job[] = []
  let isSlowBusy = false
  let isClosed = false
  let failedStarts = 0

  const startChild = (): void => {
    // twice the memory of an image and its bytes is beyond what an honest one takes; the watch below stops earlier
    const child = startDecodeChild(2 * limits.maxMebibytes + 512, () => {
      children.delete(child)
      const at = idle.indexOf(child)
      if (at >= 0) idle.splice(at, 1)
      fill()
    })
    children.add(child)
    child.ready.then(
      () => {
        failedStarts = 0
        giveBack(child)
      },
      () => {
        if (!isClosed && ++failedStarts > 20) throw new Error('decode processes cannot be started')
      },
    )
  }

  /** One for each core and one for the slow lane; never fewer than three, so that one is ready when another is killed. */
  const fill = (): void => {
    if (isClosed) return
    while (children.size < Math.max(3, options.cores + 1)) startChild()
  }

  const giveBack = (child: DecodeChild): void => {
    if (child.isDead) return
    if ((child.usage()?.mebibytes ?? 0) > staleMebibytes) {
      child.kill()
      return
    }
    const next = waitingForChild.shift()
    if (next) next.resolve(child)
    else idle.push(child)
  }

  const takeChild = (): Promise<DecodeChild> =>
    new Promise((resolve, reject) => {
      const child = idle.pop()
      if (isClosed) reject(closed())
      else if (child) resolve(child)
      else waitingForChild.push({ resolve, reject })
    })

  /** Runs one image in a process until it is done or stopped. */
  const runIn = async (child: DecodeChild, job: Job, watch: (cpuMs: number) => 'on' | 'stop'): Promise<Decoded> => {
    const { request } = job
    const { name, bytes, target, thumbnail = false, measure = false, signal } = request
    const before = child.usage()
    const started = performance.now()
    let stopped: OneclassError | Error | undefined
    const stop = (why: OneclassError | Error): void => {
      stopped ??= why
      child.kill()
    }
    const onAbort = (): void => stop(cancelled())
    signal?.addEventListener('abort', onAbort)
    const timer = setInterval(() => {
      const wallMs = performance.now() - started
      const now = child.usage()
      const cpuMs = now && before ? (now.cpuSeconds - before.cpuSeconds) * 1000 : wallMs
      const memory = (now?.mebibytes ?? 0) - (2 * bytes.length) / 2 ** 20
      if (cpuMs > limits.maxMilliseconds) stop(tooSlow(name, limits))
      else if (memory > limits.maxMebibytes + idleMebibytes) stop(tooMuchMemory(name, limits))
      else if (wallMs > stuckMs) stop(new Error('a decode process was stuck'))
      else if (watch(cpuMs) === 'stop') stop(new MovedAway())
    }, watchMs)
    try {
      if (signal?.aborted) throw cancelled()
      return read(await child.ask({ name, target, thumbnail, measure, limits }, bytes))
    } catch (error) {
      throw stopped ?? error
    } finally {
      clearInterval(timer)
      signal?.removeEventListener('abort', onAbort)
    }
  }

  const runQuick = async (job: Job): Promise<void> => {
    const leave = await enter(job.request.lane)
    if (job.request.signal?.aborted) {
      leave()
      return job.reject(cancelled())
    }
    let ownsSlowLane = false
    const child = await takeChild().catch((error: unknown) => {
      leave()
      throw error
    })
    const watch = (cpuMs: number): 'on' | 'stop' => {
      if (ownsSlowLane || cpuMs < quickMs) return 'on'
      if (isSlowBusy) return 'stop'
      isSlowBusy = true
      ownsSlowLane = true
      child.yieldCpu()
      leave()
      return 'on'
    }
    try {
      job.resolve(await runIn(child, job, watch))
    } catch (error) {
      settleFailure(job, error)
    } finally {
      leave()
      if (ownsSlowLane) {
        child.kill() // its priority cannot be raised again
        isSlowBusy = false
        runSlow()
      } else giveBack(child)
    }
  }

  const runSlow = (): void => {
    if (isSlowBusy || slowQueue.length === 0) return
    isSlowBusy = true
    const rank = ({ request, estimate }: Job): number => (request.lane === 'single' ? 0 : 1e9) + estimate
    const job = slowQueue.reduce((best, other) => (rank(other) < rank(best) ? other : best))
    slowQueue.splice(slowQueue.indexOf(job), 1)
    job.leaveQueue?.()
    const run = async (): Promise<void> => {
      if (job.request.signal?.aborted) return job.reject(cancelled())
      const child = await takeChild()
      child.yieldCpu()
      try {
        job.resolve(await runIn(child, job, () => 'on'))
      } catch (error) {
        settleFailure(job, error)
      } finally {
        child.kill()
      }
    }
    void run()
      .catch((error: unknown) => job.reject(error))
      .finally(() => {
        isSlowBusy = false
        runSlow()
      })
  }

  const enqueueSlow = (job: Job): void => {
    slowQueue.push(job)
    const { signal } = job.request
    const drop = (): void => {
      const at = slowQueue.indexOf(job)
      if (at < 0) return
      slowQueue.splice(at, 1)
      job.reject(cancelled())
    }
    // one signal serves all images of a fit: what listens to it would hold their bytes to its end
    signal?.addEventListener('abort', drop)
    job.leaveQueue = () => signal?.removeEventListener('abort', drop)
    runSlow()
  }

  const settleFailure = (job: Job, error: unknown): void => {
    if (error instanceof MovedAway) enqueueSlow(job)
    else if (error instanceof OneclassError || isClosed) job.reject(error)
    else if (++job.died < 2)
      enqueueSlow(job) // alone, where nothing else can be blamed
    else
      job.reject(
        new OneclassError(
          'IMAGE_UNREADABLE',
          `"${job.request.name}" ended the decoder twice: it is damaged or made to.`,
          {
            cause: error,
          },
        ),
      )
  }

  fill()
  return {
    async decode(request) {
      if (request.signal?.aborted) throw cancelled()
      const { bytes, name } = request
      if (bytes.length > limits.maxBytes)
        throw new OneclassError('IMAGE_TOO_LARGE', `"${name}" has more than the ${limits.maxBytes} bytes accepted.`)
      const cost = checkCost(bytes, detectFormat(bytes, name), name, limits)
      const isQuick =
        cost === undefined ||
        (cost.milliseconds <= quickEstimate.milliseconds && cost.mebibytes <= quickEstimate.mebibytes)
      return await new Promise<Decoded>((resolve, reject) => {
        const job: Job = { request, estimate: cost?.milliseconds ?? 0, died: 0, resolve, reject }
        if (isQuick) runQuick(job).catch(reject)
        else enqueueSlow(job)
      })
    },
    close() {
      isClosed = true
      for (const { reject } of waitingForChild.splice(0)) reject(closed())
      for (const { reject } of slowQueue.splice(0)) reject(closed())
      for (const child of children) child.kill()
    },
  }
}

/** The image goes on in the slow lane. */
class MovedAway extends Error {}

function read({ header, bytes }: Frame<DecodeAnswer>): Decoded {
  if ('error' in header) {
    if (header.error.code === 'INTERNAL') throw new Error(header.error.message)
    throw new OneclassError(header.error.code, header.error.message)
  }
  const { width, height, pixels, original, notes, used } = header
  const thumbnail = bytes.length > pixels ? Uint8Array.prototype.slice.call(bytes, pixels) : undefined
  const data = bytes.subarray(0, pixels)
  return { pixels: { width, height, data, ...(original && { original }), ...(notes && { notes }) }, thumbnail, used }
}

function closed(): Error {
  return new Error('the decode processes are stopping')
}

function cancelled(): OneclassError {
  return new OneclassError('CANCELLED', 'The work was cancelled.')
}

function tooSlow(name: string, { maxMilliseconds }: ImageLimits): OneclassError {
  return new OneclassError(
    'IMAGE_TOO_LARGE',
    `"${name}" took more than ${maxMilliseconds / 1000} s of CPU time to decode: make it smaller, or save it as a plain JPEG.`,
  )
}

function tooMuchMemory(name: string, { maxMebibytes }: ImageLimits): OneclassError {
  return new OneclassError(
    'IMAGE_TOO_LARGE',
    `"${name}" took more than ${maxMebibytes} MiB to decode: make it smaller, or save it as a plain JPEG.`,
  )
}
