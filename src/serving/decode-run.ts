/** One image in one decode process, watched from outside. */
import { OneclassError } from '../errors.ts'
import type { DecodeAnswer } from '../images/decode-process.ts'
import type { ImageLimits } from '../images/limits.ts'
import type { DecodeTarget, Pixels } from '../images/pixels.ts'
import type { UsedSamples } from '../images/sample-range.ts'
import { cancelled, throwIfAborted } from '../system/cancelled.ts'
import type { Frame } from '../system/frames.ts'
import type { DecodeChild } from './decode-child.ts'
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

const watchMs = 50
/** Resident memory of an idle process. */
const idleMebibytes = 110
/** A process that uses no CPU time for so long is stuck; on a busy machine one that works may take long too. */
const stuckMs = 120_000

/** `watch` stopped it: the image goes on in the slow lane. */
export class MovedAway extends Error {}

/**
 * Decodes one image in a process, until it is done or stopped: by its signal, its limits, or `watch`, which is asked again and again.
 * @throws IMAGE_..., CANCELLED, MovedAway, any other Error for a fault of the machine
 */
export async function decodeIn(
  child: DecodeChild,
  request: DecodeRequest,
  limits: ImageLimits,
  watch: (cpuMs: number) => 'on' | 'stop',
  mostIdleMs = stuckMs,
): Promise<Decoded> {
  const { name, bytes, target, thumbnail = false, measure = false, signal } = request
  const before = child.usage()
  const started = performance.now()
  let lastWork = { cpuMs: 0, wallMs: 0 }
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
    if (cpuMs > lastWork.cpuMs) lastWork = { cpuMs, wallMs }
    const memory = (now?.mebibytes ?? 0) - (2 * bytes.length) / 2 ** 20
    if (cpuMs > limits.maxMilliseconds) stop(tooSlow(name, limits))
    else if (memory > limits.maxMebibytes + idleMebibytes) stop(tooMuchMemory(name, limits))
    else if (wallMs - lastWork.wallMs > mostIdleMs) stop(new Error('a decode process was stuck'))
    else if (watch(cpuMs) === 'stop') stop(new MovedAway())
  }, watchMs)
  try {
    throwIfAborted(signal)
    const answer = await child.ask({ name, target, thumbnail, measure, limits }, bytes)
    if (stopped) throw stopped // its answer was on its way when it was stopped
    return read(answer)
  } catch (error) {
    throw stopped ?? error
  } finally {
    clearInterval(timer)
    signal?.removeEventListener('abort', onAbort)
  }
}

function read({ header, bytes }: Frame<DecodeAnswer>): Decoded {
  if ('error' in header) {
    if (header.error.code === 'INTERNAL') throw new Error(header.error.message)
    throw new OneclassError(header.error.code, header.error.message)
  }
  const { pixels, used, ...about } = header
  const thumbnail = bytes.length > pixels ? Uint8Array.prototype.slice.call(bytes, pixels) : undefined
  return { pixels: { ...about, data: bytes.subarray(0, pixels) }, thumbnail, used }
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
