/**
 * Decoding where it can be killed. libvips cannot be stopped from outside: a thread that it runs on ends when the image
 * does. So images are decoded by processes, one image each at a time, with limits of CPU time and memory that are kept
 * from here and by the system.
 *
 *   here    small plain JPEG files, which need no process (`images/jpeg/decode-plain.ts`)
 *   quick   images of ordinary cost, as many at once as there are cores; single images before those of batches
 *   slow    images that are dear by their header, or that turned out to be: one at a time, at low priority; single images and those of
 *           batches take turns, the cheaper and those that have waited longer first, so that each comes to its turn
 *
 * An image that uses more CPU time than `quickMs` in the quick lane leaves it: it goes on in the slow lane where that is
 * free, and else is killed and waits there for its turn. So an ordinary image waits for a hostile one `quickMs` at most.
 * A process that dies is replaced; its image is tried once more, alone, before it is called unreadable.
 */
import { OneclassError } from '../errors.ts'
import { checkCost } from '../images/cost.ts'
import { decodeSmall } from '../images/decode.ts'
import { detectFormat } from '../images/format.ts'
import { type ImageLimits, imageLimits } from '../images/limits.ts'
import type { Pixels } from '../images/pixels.ts'
import { cancelled, throwIfAborted } from '../system/cancelled.ts'
import { poolClosed, startDecodeChildren } from './decode-children.ts'
import { type Decoded, type DecodeRequest, decodeIn, MovedAway } from './decode-run.ts'
import type { Lane } from './micro-batcher.ts'

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
  /** When it came to the slow queue, in milliseconds. */
  since: number
  /** Set while it is in the slow queue. */
  leaveQueue?: () => void
  resolve(decoded: Decoded): void
  reject(error: unknown): void
}

/** Estimates beyond these go to the slow lane at once: they are upper ones, three times what is used and more. */
const quickEstimate = { milliseconds: 900, mebibytes: 160 }

/** An image in the slow queue waits this many times its estimate for cheaper ones that come after it. */
const patience = 4

/**
 * Small plain JPEG files are decoded in this process: in WebAssembly, which reaches no other memory, with a size that bounds the time.
 * Undefined of all other images.
 */
async function decodeHere({ bytes, target, thumbnail, measure }: DecodeRequest): Promise<Pixels | undefined> {
  return target && !thumbnail && !measure ? await decodeSmall(bytes, target) : undefined
}

export function createDecodePool(options: DecodePoolOptions): DecodePool {
  const limits = options.limits ?? imageLimits
  const quickMs = options.quickMs ?? 300
  const enter = options.enter ?? (async () => () => {})
  // twice the memory of an image and its bytes is beyond what an honest one takes; its watch stops it earlier
  const children = startDecodeChildren(options.cores, 2 * limits.maxMebibytes + 512)
  const slowQueue: Job[] = []
  let isSlowBusy = false
  let lastSlow: Lane = 'bulk'
  let isClosed = false

  const runQuick = async (job: Job): Promise<void> => {
    const leave = await enter(job.request.lane)
    if (job.request.signal?.aborted) {
      leave()
      return job.reject(cancelled())
    }
    const small = await decodeHere(job.request)
    if (small) {
      leave()
      return job.resolve({ pixels: small, thumbnail: undefined })
    }
    let ownsSlowLane = false
    const child = await children.take().catch((error: unknown) => {
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
      job.resolve(await decodeIn(child, job.request, limits, watch))
    } catch (error) {
      settleFailure(job, error)
    } finally {
      leave()
      if (ownsSlowLane) {
        child.kill() // its priority cannot be raised again
        isSlowBusy = false
        runSlow()
      } else children.giveBack(child)
    }
  }

  const nextSlow = (): Job => {
    const others = slowQueue.filter(({ request }) => request.lane !== lastSlow)
    const rank = ({ since, estimate }: Job): number => since + patience * estimate
    return (others.length > 0 ? others : slowQueue).reduce((best, job) => (rank(job) < rank(best) ? job : best))
  }

  const runSlow = (): void => {
    if (isSlowBusy || slowQueue.length === 0) return
    isSlowBusy = true
    const job = nextSlow()
    slowQueue.splice(slowQueue.indexOf(job), 1)
    job.leaveQueue?.()
    lastSlow = job.request.lane
    const run = async (): Promise<void> => {
      if (job.request.signal?.aborted) return job.reject(cancelled())
      const child = await children.take()
      child.yieldCpu()
      try {
        job.resolve(await decodeIn(child, job.request, limits, () => 'on'))
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
    job.since = performance.now()
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

  return {
    async decode(request) {
      throwIfAborted(request.signal)
      const { bytes, name } = request
      if (bytes.length > limits.maxBytes)
        throw new OneclassError('IMAGE_TOO_LARGE', `"${name}" has more than the ${limits.maxBytes} bytes accepted.`)
      const cost = checkCost(bytes, detectFormat(bytes, name), name, limits)
      const isQuick =
        cost === undefined ||
        (cost.milliseconds <= quickEstimate.milliseconds && cost.mebibytes <= quickEstimate.mebibytes)
      return await new Promise<Decoded>((resolve, reject) => {
        const job: Job = { request, estimate: cost?.milliseconds ?? 0, died: 0, since: 0, resolve, reject }
        if (isQuick) runQuick(job).catch(reject)
        else enqueueSlow(job)
      })
    },
    close() {
      isClosed = true
      for (const { reject } of slowQueue.splice(0)) reject(poolClosed())
      children.close()
    },
  }
}
