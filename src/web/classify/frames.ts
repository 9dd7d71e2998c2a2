/**
 * Verdicts on a running camera: always about the newest frame. Only so many are asked about at once, and a frame is taken when one
 * of them is answered, so frames are dropped and the delay stays what one answer takes, however slow the service is. A picture is
 * asked about once: of a camera that stands still there is no verdict.
 */
import { client } from '../service/api.ts'
import { takesRequests } from '../service/health.ts'
import type { ClassifyResult } from '../service/types.ts'
import { contextOf } from '../ui/canvas.ts'
import { picturesOf } from './camera-stream.ts'

export interface Frame {
  readonly result: ClassifyResult
  readonly image: Blob
  /** Milliseconds from the moment the frame was taken to its answer. */
  readonly delay: number
}

/** One is answered while the next is on its way; more would only queue. */
const sideBySide = 2
/** Verdicts a second beyond which nobody sees a difference. */
const mostPerSecond = 12
/** Longest side that is sent: the network looks at less. */
const side = 384
const pauseMs = 500
const seconds = 3

export interface Frames {
  /** Verdicts a second over the last seconds. */
  rate(): number
  stop(): void
}

export function watchFrames(
  video: HTMLVideoElement,
  model: string,
  onFrame: (frame: Frame) => void,
  onError: (error: unknown) => void,
): Frames {
  const controller = new AbortController()
  const canvas = document.createElement('canvas')
  let answered: number[] = []
  let running = 0
  let lastTaken = 0
  let newest = 0
  let pictures = 0
  let isOpen = true
  let timer: ReturnType<typeof setTimeout> | undefined

  /** One timer for all that waits: one for each answer would be more and more of them. */
  const later = (ms: number) => {
    clearTimeout(timer)
    if (isOpen) timer = setTimeout(() => void take(), ms)
  }
  const take = async (): Promise<void> => {
    if (!isOpen || running >= sideBySide) return
    const wait = lastTaken + 1000 / mostPerSecond - performance.now()
    if (wait > 0 || picturesOf(video) === pictures || !takesRequests.peek() || document.hidden)
      return later(Math.max(wait, 20))
    running++
    const taken = performance.now()
    lastTaken = taken
    pictures = picturesOf(video)
    let pause = 0
    try {
      const image = await jpegOf(video, canvas)
      later(0)
      const result = await client.classify(
        model,
        { name: 'camera.jpg', bytes: image },
        { waitSeconds: 10, drift: false, signal: controller.signal },
      )
      answered.push(performance.now())
      // answers may overtake each other: what is shown never goes back in time
      if (isOpen && taken > newest) {
        newest = taken
        onFrame({ result, image, delay: performance.now() - taken })
      }
    } catch (error) {
      if (isOpen) onError(error)
      pause = pauseMs
    }
    running--
    later(pause)
  }
  void take()

  return {
    rate() {
      const since = performance.now() - seconds * 1000
      answered = answered.filter((at) => at >= since)
      return answered.length / seconds
    },
    stop() {
      isOpen = false
      clearTimeout(timer)
      controller.abort()
    },
  }
}

async function jpegOf(video: HTMLVideoElement, canvas: HTMLCanvasElement): Promise<Blob> {
  const scale = Math.min(1, side / Math.max(video.videoWidth, video.videoHeight))
  canvas.width = Math.round(video.videoWidth * scale)
  canvas.height = Math.round(video.videoHeight * scale)
  contextOf(canvas).drawImage(video, 0, 0, canvas.width, canvas.height)
  return await new Promise((resolve, reject) =>
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('the frame has no picture'))), 'image/jpeg', 0.9),
  )
}
